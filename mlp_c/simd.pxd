"""simd.h for Cython: `real`, the vectors of this build, and their operations under one name each.

`real` is float64 or float32, by build; literals are written <real>2, never 2.0. `lanes` stands for any of the
vector types; a function of it is compiled once for each, and the choices below are made by the compiler. A result
goes into a variable of the type wanted (`load(&v, p)`), because only an argument tells which type is meant.
"""

cdef extern from "simd.h" nogil:
    ctypedef double real
    real fma "REAL_FMA" (real a, real b, real c)     # a * b + c, rounded once
    real absolute "REAL_ABS" (real a)
    const void *afresh(const void *p)   # p, to be read through on the spot
    void prefetch(const real *p)    # its cache line will be written soon
    void prefetch_to_read(const real *p)    # its cache line will be read soon
    real ROUNDER                    # 1.5 * 2**MANTISSA

    # C knows what these are; here they are four types that Cython can tell apart, no more.
    ctypedef double full            # the widest vector of this level
    ctypedef float half             # half of it, or a single
    ctypedef long double quarter    # a quarter of it, or a single
    ctypedef long single            # one number

    cdef enum:
        FULL_LANES
        HALF_LANES
        QUARTER_LANES
        REGISTERS                   # vector registers of this level

    full full_load(const real *p)
    half half_load(const real *p)
    quarter quarter_load(const real *p)
    single single_load(const real *p)
    void full_store(real *p, full v)
    void half_store(real *p, half v)
    void quarter_store(real *p, quarter v)
    void single_store(real *p, single v)
    full full_of(real a)
    half half_of(real a)
    quarter quarter_of(real a)
    single single_of(real a)
    full full_fma(full a, full b, full c)
    half half_fma(half a, half b, half c)
    quarter quarter_fma(quarter a, quarter b, quarter c)
    single single_fma(single a, single b, single c)
    full full_relu(full z)
    half half_relu(half z)
    quarter quarter_relu(quarter z)
    single single_relu(single z)
    full full_sign(full h)
    half half_sign(half h)
    quarter quarter_sign(quarter h)
    single single_sign(single h)
    full full_sign_of_relu(full h)
    half half_sign_of_relu(half h)
    quarter quarter_sign_of_relu(quarter h)
    single single_sign_of_relu(single h)
    full full_zip_low(full a, full b)       # a0 b0 a1 b1 ..., the lower half
    full full_zip_high(full a, full b)      # and the upper one
    full full_abs(full x)
    single single_abs(single x)
    full full_pick(full x, full a, full b)
    single single_pick(single x, single a, single b)
    full full_power(full t)
    single single_power(single t)
    full full_mantissa(full x, full *k)
    single single_mantissa(single x, single *k)

ctypedef fused lanes:
    full
    half
    quarter
    single


cdef inline int lane_cnt(lanes *v) noexcept nogil:
    """How many numbers one vector of v's type holds."""
    if lanes is full:
        return FULL_LANES
    elif lanes is half:
        return HALF_LANES
    elif lanes is quarter:
        return QUARTER_LANES
    else:
        return 1


cdef inline void load(lanes *v, const real *p) noexcept nogil:
    """v = the numbers at p, at any alignment."""
    if lanes is full:
        v[0] = full_load(p)
    elif lanes is half:
        v[0] = half_load(p)
    elif lanes is quarter:
        v[0] = quarter_load(p)
    else:
        v[0] = single_load(p)


cdef inline void store(real *p, lanes v) noexcept nogil:
    """the numbers at p = v"""
    if lanes is full:
        full_store(p, v)
    elif lanes is half:
        half_store(p, v)
    elif lanes is quarter:
        quarter_store(p, v)
    else:
        single_store(p, v)


cdef inline void spread(lanes *v, real a) noexcept nogil:
    """v = a in every lane"""
    if lanes is full:
        v[0] = full_of(a)
    elif lanes is half:
        v[0] = half_of(a)
    elif lanes is quarter:
        v[0] = quarter_of(a)
    else:
        v[0] = single_of(a)


cdef inline lanes vfma(lanes a, lanes b, lanes c) noexcept nogil:
    """a * b + c, lane by lane, each rounded once."""
    if lanes is full:
        return full_fma(a, b, c)
    elif lanes is half:
        return half_fma(a, b, c)
    elif lanes is quarter:
        return quarter_fma(a, b, c)
    else:
        return single_fma(a, b, c)


cdef inline lanes vrelu(lanes z) noexcept nogil:
    """max(z, 0): NaN passes, -0.0 becomes +0.0."""
    if lanes is full:
        return full_relu(z)
    elif lanes is half:
        return half_relu(z)
    elif lanes is quarter:
        return quarter_relu(z)
    else:
        return single_relu(z)


cdef inline lanes vsign(lanes h) noexcept nogil:
    """sign(h): 1, -1, +0, and NaN for NaN."""
    if lanes is full:
        return full_sign(h)
    elif lanes is half:
        return half_sign(h)
    elif lanes is quarter:
        return quarter_sign(h)
    else:
        return single_sign(h)


cdef inline lanes vsign_of_relu(lanes h) noexcept nogil:
    """sign(h) where h came out of a ReLU: positive, +0 or NaN."""
    if lanes is full:
        return full_sign_of_relu(h)
    elif lanes is half:
        return half_sign_of_relu(h)
    elif lanes is quarter:
        return quarter_sign_of_relu(h)
    else:
        return single_sign_of_relu(h)


# ---- for the losses: the widest vector, and one number ----------------------------------------------------

ctypedef fused wide:
    full
    single


cdef inline wide vabs(wide x) noexcept nogil:
    """abs(x)"""
    if wide is full:
        return full_abs(x)
    else:
        return single_abs(x)


cdef inline wide pick(wide x, wide a, wide b) noexcept nogil:
    """a where x < 0, else b (so b where x is NaN)."""
    if wide is full:
        return full_pick(x, a, b)
    else:
        return single_pick(x, a, b)


cdef inline wide power(wide t) noexcept nogil:
    """2**n, given t = ROUNDER + n; n between the exponents of the smallest and the largest normal number."""
    if wide is full:
        return full_power(t)
    else:
        return single_power(t)


cdef inline wide mantissa(wide x, wide *k) noexcept nogil:
    """m from sqrt(1/2) to sqrt(2) with x = m * 2**k; x positive and normal."""
    if wide is full:
        return full_mantissa(x, k)
    else:
        return single_mantissa(x, k)
