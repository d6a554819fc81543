// Stores past the caches, for results too large to stay there: an ordinary store first reads the line that it overwrites.
#ifndef MARTLET_STREAM_H
#define MARTLET_STREAM_H

#include "clones.h"
#include "elementwise.h"

// Bytes of a result that are computed in cache before they are streamed, and of a group of lines streamed from registers.
enum { LINE = 64, STREAM_TILE = 4096, GROUP = 256 };
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

// Whether a row's results can go from registers past the caches; then this streams whole groups to a place at a line's start,
// unfenced, and returns how many elements those are.
bool streams_arithmetic(mk_binary_op op, mk_type type, ptrdiff_t as, ptrdiff_t bs);
ptrdiff_t stream_arithmetic(mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n);

#endif
