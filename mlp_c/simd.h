/* What C the kernels need: the precision of this build, its vectors, and one fused multiply-add for each.

   One source serves both precisions: the macro MLP_F32 makes `real` a float, without it `real` is a double. One
   source serves every instruction set: `full` is the widest vector, `half` and `quarter` are narrower ones for
   narrow layers, `single` is one number; where a width does not exist its name stands for `single`.

   Every operation rounds in `real`, lane by lane; none may be contracted or reassociated (-ffp-contract=off).
   fma is one intrinsic: written as a loop over lanes, gcc keeps the accumulators in memory. */
#ifndef MLP_SIMD_H
#define MLP_SIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef MLP_F32
typedef float real;
typedef uint32_t bits;
#define REAL_BYTES 4
#define REAL_FMA(a, b, c) __builtin_fmaf(a, b, c) /* not fma: it would round twice */
#define REAL_ABS(a) __builtin_fabsf(a)
#define MANTISSA 23
#define EXPONENT_BIAS 127
#define SQRT_HALF_BITS 0x3f3504f3u
#else
typedef double real;
typedef uint64_t bits;
#define REAL_BYTES 8
#define REAL_FMA(a, b, c) __builtin_fma(a, b, c)
#define REAL_ABS(a) __builtin_fabs(a)
#define MANTISSA 52
#define EXPONENT_BIAS 1023
#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdu
#endif

/* 2**MANTISSA + an integer has that integer in its lowest bits; with half as much again, a negative one too. */
#define SHIFTED ((real)((bits)1 << MANTISSA))
#define ROUNDER ((real)1.5 * SHIFTED)
#define ONE_BITS ((bits)EXPONENT_BIAS << MANTISSA)
#define SHIFTED_BITS ((bits)(EXPONENT_BIAS + MANTISSA) << MANTISSA)
#define ROUNDER_BITS (SHIFTED_BITS | (bits)1 << (MANTISSA - 1))

/* One vector type and its operations.

   load, store      at any address of a `real`
   of               the same number in every lane
   relu             z <= 0 ? +0 : z, by masking: NaN passes, -0 becomes +0
   sign             1, -1, +0, or NaN for NaN: h + 0 turns -0 into +0 and keeps NaN
   sign_of_relu     the same for a ReLU's output: positive, +0 or NaN
   pick             x < 0 ? a : b
   power            2**n from ROUNDER + n
   mantissa         of x > 0 as x = m * 2**k: m from sqrt(1/2) to sqrt(2), and k into a second place */
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
    }                                                                                                          \
    static inline vec vec##_sign_of_relu(vec h) {                                                              \
        vec##_bits up = h > (vec){0};                                                                          \
        return (vec)((up & (vec##_bits)vec##_of(1)) | (~up & (vec##_bits)h));                                  \
    }                                                                                                          \
    static inline vec vec##_abs(vec x) { return (vec)((vec##_bits)x & ~(vec##_bits)vec##_of((real)-0.0)); }    \
    static inline vec vec##_pick(vec x, vec a, vec b) {                                                        \
        vec##_bits below = x < (vec){0};                                                                       \
        return (vec)((below & (vec##_bits)a) | (~below & (vec##_bits)b));                                      \
    }                                                                                                          \
    static inline vec vec##_power(vec t) {                                                                     \
        return (vec)(((vec##_bits)t - ROUNDER_BITS + EXPONENT_BIAS) << MANTISSA);                              \
    }                                                                                                          \
    static inline vec vec##_mantissa(vec x, vec *k) {                                                          \
        vec##_bits all = (vec##_bits)x + (ONE_BITS - SQRT_HALF_BITS);                                          \
        *k = (vec)(all >> MANTISSA | SHIFTED_BITS) - vec##_of(SHIFTED + EXPONENT_BIAS);                        \
        return (vec)((all & (((bits)1 << MANTISSA) - 1)) + SQRT_HALF_BITS);                                    \
    }

/* Two vectors zipped, a0 b0 a1 b1 ...: the lower half of that, and the upper one; `lanes` is their number. */
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (full_bits){__VA_ARGS__})
#endif
#define ZIP_2(a, b, from) SHUFFLE(a, b, from, 2 + from)
#define ZIP_4(a, b, from) SHUFFLE(a, b, from, 4 + from, from + 1, 5 + from)
#define ZIP_8(a, b, from) \
    SHUFFLE(a, b, from, 8 + from, from + 1, 9 + from, from + 2, 10 + from, from + 3, 11 + from)
#define ZIP_16(a, b, from)                                                                                     \
    SHUFFLE(a, b, from, 16 + from, from + 1, 17 + from, from + 2, 18 + from, from + 3, 19 + from, from + 4,    \
            20 + from, from + 5, 21 + from, from + 6, 22 + from, from + 7, 23 + from)
#define MLP_ZIP(lanes)                                                                                         \
    static inline full full_zip_low(full a, full b) { return ZIP_##lanes(a, b, 0); }                           \
    static inline full full_zip_high(full a, full b) { return ZIP_##lanes(a, b, (lanes / 2)); }

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
static inline single single_sign_of_relu(single h) { return h > 0 ? (real)1 : h; }
static inline single single_abs(single x) { return REAL_ABS(x); }
static inline single single_pick(single x, single a, single b) { return x < 0 ? a : b; }
static inline single single_of_bits(bits b) { union { bits b; single r; } both = {b}; return both.r; }
static inline bits single_to_bits(single r) { union { single r; bits b; } both = {r}; return both.b; }
static inline single single_power(single t) {
    return single_of_bits((single_to_bits(t) - ROUNDER_BITS + EXPONENT_BIAS) << MANTISSA);
}
static inline single single_mantissa(single x, single *k) {
    bits all = single_to_bits(x) + (ONE_BITS - SQRT_HALF_BITS);
    *k = single_of_bits(all >> MANTISSA | SHIFTED_BITS) - (SHIFTED + EXPONENT_BIAS);
    return single_of_bits((all & (((bits)1 << MANTISSA) - 1)) + SQRT_HALF_BITS);
}

#define MLP_ALIAS(vec)                                                                                         \
    typedef single vec;                                                                                        \
    static inline vec vec##_load(const real *p) { return *p; }                                                 \
    static inline void vec##_store(real *p, vec v) { *p = v; }                                                 \
    static inline vec vec##_of(real a) { return a; }                                                           \
    static inline vec vec##_fma(vec a, vec b, vec c) { return single_fma(a, b, c); }                           \
    static inline vec vec##_relu(vec z) { return single_relu(z); }                                             \
    static inline vec vec##_sign(vec h) { return single_sign(h); }                                             \
    static inline vec vec##_sign_of_relu(vec h) { return single_sign_of_relu(h); }                             \
    static inline vec vec##_abs(vec x) { return single_abs(x); }                                               \
    static inline vec vec##_pick(vec x, vec a, vec b) { return single_pick(x, a, b); }                         \
    static inline vec vec##_power(vec t) { return single_power(t); }                                           \
    static inline vec vec##_mantissa(vec x, vec *k) { return single_mantissa(x, k); }

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

/* Ask for the cache line at p: to be written soon, to be read soon. */
static inline void prefetch(const real *p) { __builtin_prefetch(p, 1, 3); }
static inline void prefetch_to_read(const real *p) { __builtin_prefetch(p, 0, 3); }

/* p, of which the compiler shall know nothing: what is read through it is read where it is used, not kept in a register
   (that is, on the stack) from outside a loop that mostly runs once, or over a loop that needs all registers. */
static inline const void *afresh(const void *p) {
    __asm__ volatile("" : "+r"(p));
    return p;
}

#ifdef MLP_F32
#if FULL_BYTES == 64
MLP_ZIP(16)
#elif FULL_BYTES == 32
MLP_ZIP(8)
#elif FULL_BYTES == 16
MLP_ZIP(4)
#endif
#else
#if FULL_BYTES == 64
MLP_ZIP(8)
#elif FULL_BYTES == 32
MLP_ZIP(4)
#elif FULL_BYTES == 16
MLP_ZIP(2)
#endif
#endif
#if FULL_BYTES == REAL_BYTES /* never called: one lane needs no zipping */
static inline full full_zip_low(full a, full b) { return a + 0 * b; }
static inline full full_zip_high(full a, full b) { return b + 0 * a; }
#endif

#define FULL_LANES (FULL_BYTES / REAL_BYTES)
#define HALF_LANES (HALF_BYTES / REAL_BYTES)
#define QUARTER_LANES (QUARTER_BYTES / REAL_BYTES)

#endif
