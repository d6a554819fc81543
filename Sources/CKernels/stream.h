// Stores past the caches, for results too large to stay there: an ordinary store first reads the line that it overwrites.
#ifndef MARTLET_STREAM_H
#define MARTLET_STREAM_H

#include "clones.h"

enum { LINE = 64, STREAM_TILE = 4096 };
typedef uint32_t line __attribute__((vector_size(64), may_alias));

// Bytes from y to the start of the next line.
INLINE ptrdiff_t bytes_to_line(const void *y) { return (ptrdiff_t)(-(uintptr_t)y & (LINE - 1)); }

// Copies bytes to a place at a line's start; what does not fill a line is stored as ever.
INLINE void stream_lines(const char *restrict x, char *restrict y, ptrdiff_t bytes) {
  ptrdiff_t i = 0;
  for (; i + LINE <= bytes; i += LINE) {
    line v;
    memcpy(&v, x + i, LINE);
    __builtin_nontemporal_store(v, (line *)(y + i));
  }
  memcpy(y + i, x + i, (size_t)(bytes - i));
}

// Such stores are not ordered with others: before another thread is told of the result.
INLINE void stream_end(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#endif
