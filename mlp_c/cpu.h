/* Which instruction sets this CPU, and its operating system, can run. Compiled for the baseline. */
#ifndef MLP_CPU_H
#define MLP_CPU_H

#include <string.h>

static int cpu_can(const char *level) {
    if (!strcmp(level, "baseline") || !strcmp(level, "portable") || !strcmp(level, "neon"))
        return 1; /* neon is part of every 64-bit ARM, the only place where it is built */
#if defined(__x86_64__)
    /* Feature by feature: clang 14 refuses "x86-64-v3" here. The builtin also asks the operating system
       whether it saves the wide registers. */
    __builtin_cpu_init();
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
             __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx");
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11 /* clang 14 does not know these names */
    v3 = v3 && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("movbe") && __builtin_cpu_supports("f16c");
#endif
    if (!strcmp(level, "v3"))
        return v3;
    if (!strcmp(level, "v4"))
        return v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return 0;
}

#endif
