/* Large pages for large work memory: with small ones, the packed path's blocks need more entries than the processor's
   table of pages has. Only asked for, never needed; NumPy does the same for its arrays. */
#ifndef MLP_PAGES_H
#define MLP_PAGES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#define LARGE_PAGES_FROM ((size_t)4 << 20)

static void ask_for_large_pages(void *memory, size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (bytes >= LARGE_PAGES_FROM) {
        uintptr_t begin = ((uintptr_t)memory + 4095) / 4096 * 4096;
        madvise((void *)begin, bytes - (begin - (uintptr_t)memory), MADV_HUGEPAGE);
    }
#else
    (void)memory, (void)bytes;
#endif
}

#endif
