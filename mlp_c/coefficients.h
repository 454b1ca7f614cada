/* The numbers of exp and log, in both precisions: minimax polynomials (Remez), rounded to `real`.

   LN2 in two parts: the first has so few bits that n * LN2_HIGH is exact for every exponent n.
   EXP[k]   (exp(r) - 1 - r) / r**2 = sum EXP[k] r**k   for abs(r) <= log(2) / 2;    error 2e-19, 8e-9 (float32)
   LOG[k]   (log((1+s)/(1-s)) / s - 2) / s**2 = sum LOG[k] s**(2k)  for s <= 0.172;  error 5e-18, 3e-9 (float32) */
#ifndef MLP_COEFFICIENTS_H
#define MLP_COEFFICIENTS_H

#include "simd.h"

#ifdef MLP_F32
#define LOG2_E 1.44269504f
#define LN2_HIGH 0.693145751953125f
#define LN2_LOW 1.42860682030941723e-6f
#define EXP_LOWEST -110.0f /* below it exp is 0 */
#define EXP_CNT 5
#define LOG_CNT 3
static const real EXP[EXP_CNT] = {0.5000000027015336f, 0.1666657682628897f, 0.04166637466509261f, 0.008363205156839165f,
                                  0.0013941165993112147f};
static const real LOG[LOG_CNT] = {0.6666668532280883f, 0.3998869583408542f, 0.2958308773116671f};
#else
#define LOG2_E 1.44269504088896340736
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 1.908214929270587816144e-10
#define EXP_LOWEST -750.0
#define EXP_CNT 11
#define LOG_CNT 7
static const real EXP[EXP_CNT] = {0.5, 0.1666666666666667100844, 0.04166666666666668386474, 0.008333333333326111551827,
                                  0.001388888888887435134745, 0.0001984126987490275261223, 0.00002480158734745102641315,
                                  0.000002755725529631941818239, 2.755725280476994264026e-7, 2.51052601469882434459e-8,
                                  2.092162575541840034685e-9};
static const real LOG[LOG_CNT] = {0.6666666666666669748736, 0.3999999999989788552779, 0.2857142862665203682327,
                                  0.2222221103168957752219, 0.1818289620992989593643, 0.1533149773423788222793,
                                  0.1461909697208717429075};
#endif

#endif
