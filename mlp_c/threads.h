/* Threads by OpenMP: parts of a job, and how many threads this process may take. */
#ifndef MLP_THREADS_H
#define MLP_THREADS_H

#include <stddef.h>

#ifdef _OPENMP
#include <omp.h>
#endif

typedef void (*part_body)(void *job, int part, int parts);

/* A fixed number of parts, the same whoever does them and in whatever order: a part's number is all that it knows.
   Not inlined: the bodies are large, and there is one of each. */
static __attribute__((noinline)) void run_parts(int parts, part_body body, void *job) {
    int part;
    if (parts <= 1) {
        body(job, 0, 1);
        return;
    }
#ifdef _OPENMP
#pragma omp parallel for num_threads(parts) schedule(static, 1)
#endif
    for (part = 0; part < parts; part++)
        body(job, part, parts);
}

/* A part for each thread of a team, for parts that wait for each other; OpenMP may give fewer than asked for. */
static __attribute__((noinline)) void run_team(int parts, part_body body, void *job) {
    if (parts <= 1) {
        body(job, 0, 1);
        return;
    }
#ifdef _OPENMP
#pragma omp parallel num_threads(parts)
    body(job, omp_get_thread_num(), omp_get_num_threads());
#else
    body(job, 0, 1);
#endif
}

static inline void wait_for_team(int parts) {
    if (parts > 1) {
#ifdef _OPENMP
#pragma omp barrier
#endif
    }
}

/* The next number of a counter that the team shares. */
static inline ptrdiff_t take_turn(ptrdiff_t *next) { return __atomic_fetch_add(next, 1, __ATOMIC_RELAXED); }

static __attribute__((noinline)) void run_apart(void (*body)(void *job), void *job) { body(job); }

#ifdef MLP_THREADS_OF_PROCESS
/* A child of fork has none of its parent's threads, and libgomp waits for them forever: it gets one part. */
#if defined(_OPENMP) && !defined(_WIN32)
#include <pthread.h>
static int forked = 0;
static void after_fork(void) { forked = 1; }
static void watch_forks(void) { pthread_atfork(NULL, NULL, after_fork); }
#else
enum { forked = 0 };
static void watch_forks(void) {}
#endif

/* What OpenMP allows at this moment: OMP_NUM_THREADS, omp_set_num_threads and threadpoolctl rule it. */
static int allowed_threads(void) {
#ifdef _OPENMP
    return forked ? 1 : omp_get_max_threads();
#else
    return 1;
#endif
}
#endif

#endif
