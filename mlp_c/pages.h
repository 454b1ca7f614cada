/* What the kernels want of the memory that they run on. Neither has any influence on a result.

   Large pages for large work memory: with small ones, the packed path's blocks need more entries than the processor's
   table of pages has. Only asked for, never needed; NumPy does the same for its arrays.

   The size of the second-level cache, where the system tells; else a usual one. */
#ifndef MLP_PAGES_H
#define MLP_PAGES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

#define LARGE_PAGES_FROM ((size_t)4 << 20)

#define USUAL_CACHE ((ptrdiff_t)512 << 10)

static inline void ask_for_large_pages(void *memory, size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (bytes >= LARGE_PAGES_FROM) {
        uintptr_t begin = ((uintptr_t)memory + 4095) / 4096 * 4096;
        madvise((void *)begin, bytes - (begin - (uintptr_t)memory), MADV_HUGEPAGE);
    }
#else
    (void)memory, (void)bytes;
#endif
}

/* Asked once; two threads that ask at the same time find the same. */
static inline ptrdiff_t second_level_cache(void) {
    static ptrdiff_t bytes = 0;
    ptrdiff_t found = __atomic_load_n(&bytes, __ATOMIC_RELAXED);
    if (found == 0) {
#if defined(__linux__) && defined(_SC_LEVEL2_CACHE_SIZE)
        found = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
        found = found > 0 ? found : USUAL_CACHE;
        __atomic_store_n(&bytes, found, __ATOMIC_RELAXED);
    }
    return found;
}

#endif
