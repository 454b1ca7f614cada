/* What the processor can do at most: not a contestant.

   fma_peak: flop/s of one core by independent chains of vector fma, in the widest vectors and in half of them, the
   better one. An fma takes 4 cycles (5 on some) and two start in each, so 8 to 10 chains are needed; 12 are taken,
   since 16 registers must also hold two factors. fma_latency: nanoseconds of one fma in a chain of them. */
#include <time.h>

#ifdef __AVX512F__
#define WIDEST 64
#elif defined(__AVX__)
#define WIDEST 32
#else
#define WIDEST 16
#endif
#define CHAINS 12
#define ROUNDS 2000

typedef REAL wide __attribute__((vector_size(WIDEST)));
typedef REAL half __attribute__((vector_size(WIDEST > 16 ? WIDEST / 2 : 16)));

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

/* The empty asm keeps every sum in a register and hides its value, so that no chain is shortened or moved. */
#define DEFINE_BURST(name, vec)                                                                                        \
    static double name(void) {                                                                                         \
        vec a = (vec){0} + (REAL)0.999, b = (vec){0} + (REAL)1e-3, sum[CHAINS];                                        \
        _Pragma("GCC unroll 12")                                                                                       \
        for (int c = 0; c < CHAINS; c++)                                                                               \
            sum[c] = b * (REAL)c;                                                                                      \
        __asm__ volatile("" : "+v"(a), "+v"(b));                                                                       \
        double begin = now();                                                                                          \
        for (int round = 0; round < ROUNDS; round++)                                                                   \
            _Pragma("GCC unroll 12")                                                                                   \
            for (int c = 0; c < CHAINS; c++) {                                                                         \
                sum[c] = sum[c] * a + b;                                                                               \
                __asm__ volatile("" : "+v"(sum[c]));                                                                   \
            }                                                                                                          \
        double seconds = now() - begin;                                                                                \
        return 2.0 * ROUNDS * CHAINS * (sizeof(vec) / sizeof(REAL)) / seconds;                                         \
    }

DEFINE_BURST(wide_burst, wide)
DEFINE_BURST(half_burst, half)

/* The median-free way: the fastest burst of some microseconds, since nothing makes a core faster than it is. */
double fma_peak(double seconds) {
    double best = 0, end = now() + seconds;
    do {
        double rates[] = {wide_burst(), half_burst()};
        for (int i = 0; i < 2; i++)
            best = rates[i] > best ? rates[i] : best;
    } while (now() < end);
    return best;
}

double fma_latency(void) {
    double best = 1e9;
    for (int repeat = 0; repeat < 200; repeat++) {
        REAL sum = 1, a = (REAL)0.999, b = (REAL)1e-3;
        __asm__ volatile("" : "+v"(a), "+v"(b));
        double begin = now();
        for (int round = 0; round < 10 * ROUNDS; round++) {
            sum = sum * a + b;
            __asm__ volatile("" : "+v"(sum));
        }
        double each = (now() - begin) * 1e9 / (10 * ROUNDS);
        best = each < best ? each : best;
    }
    return best;
}
