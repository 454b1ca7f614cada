"""simd.h for Cython: `real` is float64 or float32, by build; literals are written <real>2, never 2.0."""

cdef extern from "simd.h" nogil:
    ctypedef double real
    real fma "REAL_FMA" (real a, real b, real c)     # a * b + c, rounded once
    real exp "REAL_EXP" (real a)
    real log "REAL_LOG" (real a)
    real absolute "REAL_ABS" (real a)
