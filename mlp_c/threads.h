/* Threads by OpenMP: a fixed number of parts of a job, and how many threads this process may take.

   The parts of a job are the same whoever does them and in whatever order, so a part's number is all that it knows. */
#ifndef MLP_THREADS_H
#define MLP_THREADS_H

#ifdef _OPENMP
#include <omp.h>
#endif

typedef void (*part_body)(void *job, int part, int parts);

/* Not inlined: the bodies are large, and there is one of each. */
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
