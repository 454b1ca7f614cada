"""exp and log of our own: fused multiply-adds only, so that the bits are the same on every machine; at most 1 ulp off.

What the losses need and no more: exp of numbers up to 0, log of positive normal numbers. NaN gives NaN.
"""

from .simd cimport ROUNDER, mantissa, pick, power, real, spread, vfma, wide

cdef extern from "coefficients.h" nogil:
    enum:
        EXP_CNT
        LOG_CNT
    real LOG2_E
    real LN2_HIGH
    real LN2_LOW
    real EXP_LOWEST
    real EXP[EXP_CNT]
    real LOG[LOG_CNT]


cdef inline wide constant(wide like, real a) noexcept nogil:
    """a in every lane."""
    cdef wide v
    spread[wide](&v, a)
    return v


cdef inline wide vexp(wide x) noexcept nogil:
    """exp(x) for x <= 0:  x = n log(2) + r,  exp(x) = 2**n (1 + r + r**2 q(r)).

    2**n comes in two factors, so that results below the smallest normal number are right, too. n log(2) is taken off
    in two parts, and what the rounding of r loses comes back at the end (`lost`).
    """
    cdef wide lowest = constant[wide](x, EXP_LOWEST), rounder = constant[wide](x, ROUNDER)
    cdef wide n, t, r, r_high, r_low, lost, q, half
    cdef int k
    x = pick[wide](x - lowest, lowest, x)
    t = vfma[wide](x, constant[wide](x, LOG2_E), rounder)
    n = t - rounder
    r_high = vfma[wide](n, constant[wide](x, -LN2_HIGH), x)
    r_low = n * constant[wide](x, LN2_LOW)
    r = r_high - r_low
    lost = (r_high - r) - r_low
    q = constant[wide](x, EXP[EXP_CNT - 1])
    for k in range(EXP_CNT - 2, -1, -1):
        q = vfma[wide](q, r, constant[wide](x, EXP[k]))
    q = vfma[wide](r * r, q, lost)
    half = vfma[wide](n, constant[wide](x, <real>0.5), rounder)
    n = n - (half - rounder)
    return (constant[wide](x, 1) + (r + q)) * power[wide](half) * power[wide](n + rounder)


cdef inline wide vlog(wide x) noexcept nogil:
    """log(x) for positive normal x:  x = 2**k (1 + f),  s = f / (2 + f),
    log(1 + f) = f - f**2/2 + s (f**2/2 + s**2 L(s**2)).  Source of the form: fdlibm's e_log.
    """
    cdef wide k, f, s, z, square, L
    cdef int place
    f = mantissa[wide](x, &k) - constant[wide](x, 1)
    s = f / (constant[wide](x, 2) + f)
    z = s * s
    L = constant[wide](x, LOG[LOG_CNT - 1])
    for place in range(LOG_CNT - 2, -1, -1):
        L = vfma[wide](L, z, constant[wide](x, LOG[place]))
    square = constant[wide](x, <real>0.5) * f * f
    s = vfma[wide](s, vfma[wide](z, L, square), k * constant[wide](x, LN2_LOW))
    f = f - (square - s)
    return vfma[wide](k, constant[wide](x, LN2_HIGH), f) + constant[wide](x, 0) * x
