/* What C the kernels need: the precision of this build, its vectors, and one fused multiply-add for each.

   One source serves both precisions: the macro MLP_F32 makes `real` a float, without it `real` is a double. One
   source serves every instruction set: `full` is the widest vector, `half` and `quarter` are narrower ones for
   narrow layers, `single` is one number; where a width does not exist its name stands for `single`.

   Every operation rounds in `real`, lane by lane; none may be contracted or reassociated (-ffp-contract=off).
   fma is one intrinsic: written as a loop over lanes, gcc keeps the accumulators in memory. */
#ifndef MLP_SIMD_H
#define MLP_SIMD_H

#include <math.h>
#include <stdint.h>

#ifdef MLP_F32
typedef float real;
typedef int32_t bits;
#define REAL_BYTES 4
#define REAL_FMA(a, b, c) __builtin_fmaf(a, b, c) /* not fma: it would round twice */
#define REAL_EXP(a) expf(a)
#define REAL_LOG(a) logf(a)
#define REAL_ABS(a) __builtin_fabsf(a)
#else
typedef double real;
typedef int64_t bits;
#define REAL_BYTES 8
#define REAL_FMA(a, b, c) __builtin_fma(a, b, c)
#define REAL_EXP(a) exp(a)
#define REAL_LOG(a) log(a)
#define REAL_ABS(a) __builtin_fabs(a)
#endif

/* One vector type and its operations.

   load, store      at any address of a `real`
   of               the same number in every lane
   relu             z <= 0 ? +0 : z, by masking: NaN passes, -0 becomes +0
   sign             1, -1, +0, or NaN for NaN: h + 0 turns -0 into +0 and keeps NaN */
#define MLP_VECTOR(vec, bytes, fma_intrinsic)                                                                   \
    typedef real vec __attribute__((vector_size(bytes)));                                                      \
    typedef bits vec##_bits __attribute__((vector_size(bytes)));                                               \
    typedef vec vec##_anywhere __attribute__((aligned(REAL_BYTES), may_alias));                                \
    static inline vec vec##_load(const real *p) { return *(const vec##_anywhere *)p; }                         \
    static inline void vec##_store(real *p, vec v) { *(vec##_anywhere *)p = v; }                               \
    static inline vec vec##_of(real a) { return a - (vec){0}; }                                                \
    static inline vec vec##_fma(vec a, vec b, vec c) { return fma_intrinsic(a, b, c); }                        \
    static inline vec vec##_relu(vec z) { return (vec)((vec##_bits)z & ~(vec##_bits)(z <= (vec){0})); }        \
    static inline vec vec##_sign(vec h) {                                                                      \
        vec##_bits up = h > (vec){0}, down = h < (vec){0};                                                     \
        return (vec)((up & (vec##_bits)vec##_of(1)) | (down & (vec##_bits)vec##_of(-1)) |                      \
                     (~(up | down) & (vec##_bits)(h + (vec){0})));                                             \
    }

#if defined(__x86_64__) && defined(__FMA__) && defined(__AVX2__)
#include <immintrin.h>
#ifdef MLP_F32
#define FMA_16 _mm_fmadd_ps
#define FMA_32 _mm256_fmadd_ps
#define FMA_64 _mm512_fmadd_ps
#else
#define FMA_16 _mm_fmadd_pd
#define FMA_32 _mm256_fmadd_pd
#define FMA_64 _mm512_fmadd_pd
#endif
#ifdef __AVX512F__
MLP_VECTOR(full, 64, FMA_64)
MLP_VECTOR(half, 32, FMA_32)
MLP_VECTOR(quarter, 16, FMA_16)
#define FULL_BYTES 64
#define HALF_BYTES 32
#define QUARTER_BYTES 16
#define REGISTERS 32
#else
MLP_VECTOR(full, 32, FMA_32)
MLP_VECTOR(half, 16, FMA_16)
#define FULL_BYTES 32
#define HALF_BYTES 16
#define REGISTERS 16
#endif

#elif defined(__aarch64__)
#include <arm_neon.h>
#ifdef MLP_F32
#define FMA_16(a, b, c) vfmaq_f32(c, a, b)
#else
#define FMA_16(a, b, c) vfmaq_f64(c, a, b)
#endif
MLP_VECTOR(full, 16, FMA_16)
#define FULL_BYTES 16
#define REGISTERS 32
#endif

/* One number as a vector of one lane: the same names, so that every page below is written once. */
typedef real single;
static inline single single_load(const real *p) { return *p; }
static inline void single_store(real *p, single v) { *p = v; }
static inline single single_of(real a) { return a; }
static inline single single_fma(single a, single b, single c) { return REAL_FMA(a, b, c); }
static inline single single_relu(single z) { return z <= 0 ? (real)0 : z; }
static inline single single_sign(single h) { return h > 0 ? (real)1 : h < 0 ? (real)-1 : h + (real)0; }

#define MLP_ALIAS(vec)                                                                                         \
    typedef single vec;                                                                                        \
    static inline vec vec##_load(const real *p) { return *p; }                                                 \
    static inline void vec##_store(real *p, vec v) { *p = v; }                                                 \
    static inline vec vec##_of(real a) { return a; }                                                           \
    static inline vec vec##_fma(vec a, vec b, vec c) { return single_fma(a, b, c); }                           \
    static inline vec vec##_relu(vec z) { return single_relu(z); }                                             \
    static inline vec vec##_sign(vec h) { return single_sign(h); }

#ifndef FULL_BYTES
MLP_ALIAS(full)
#define FULL_BYTES REAL_BYTES
#define REGISTERS 16
#endif
#ifndef HALF_BYTES
MLP_ALIAS(half)
#define HALF_BYTES REAL_BYTES
#endif
#ifndef QUARTER_BYTES
MLP_ALIAS(quarter)
#define QUARTER_BYTES REAL_BYTES
#endif

#define FULL_LANES (FULL_BYTES / REAL_BYTES)
#define HALF_LANES (HALF_BYTES / REAL_BYTES)
#define QUARTER_LANES (QUARTER_BYTES / REAL_BYTES)

#endif
