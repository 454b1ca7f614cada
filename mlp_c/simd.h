/* What C the kernels need: the precision of this build and one fused multiply-add.

   One source serves both precisions: the macro MLP_F32 makes `real` a float, without it `real` is a double.
   Every function here rounds in `real`; none may be contracted or reassociated (-ffp-contract=off). */
#ifndef MLP_SIMD_H
#define MLP_SIMD_H

#include <math.h>

#ifdef MLP_F32
typedef float real;
#define REAL_FMA(a, b, c) __builtin_fmaf(a, b, c) /* not fma: it would round twice */
#define REAL_EXP(a) expf(a)
#define REAL_LOG(a) logf(a)
#define REAL_ABS(a) __builtin_fabsf(a)
#else
typedef double real;
#define REAL_FMA(a, b, c) __builtin_fma(a, b, c)
#define REAL_EXP(a) exp(a)
#define REAL_LOG(a) log(a)
#define REAL_ABS(a) __builtin_fabs(a)
#endif

#endif
