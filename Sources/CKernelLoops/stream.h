// Streaming (non-temporal) stores, which bypass the caches, for results too large to stay there: an ordinary store
// first reads the cache line that it overwrites.
#ifndef MARTLET_STREAM_H
#define MARTLET_STREAM_H

#include "clones.h"
#include "elementwise.h"

// Bytes of a cache line, of the part of a result that is computed in the cache before it is streamed, and of a group of
// lines that is streamed from registers.
enum { LINE = 64, STREAM_TILE = 4096, GROUP = 256 };
typedef uint32_t line __attribute__((vector_size(64), may_alias));

// Bytes from y to the start of the next cache line.
INLINE ptrdiff_t bytes_to_line(const void *y) { return (ptrdiff_t)(-(uintptr_t)y & (LINE - 1)); }

// Copies bytes to y, which begins at a cache line; what does not fill a line is stored as usual.
INLINE void stream_lines(const char *restrict x, char *restrict y, ptrdiff_t bytes) {
  ptrdiff_t i = 0;
  for (; i + LINE <= bytes; i += LINE) {
    line v;
    memcpy(&v, x + i, LINE);
    __builtin_nontemporal_store(v, (line *)(y + i));
  }
  memcpy(y + i, x + i, (size_t)(bytes - i));
}

// Streaming stores are not ordered with other stores: call this before another thread may read the result.
INLINE void stream_end(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// `streams_arithmetic` says whether a row's results can be streamed from registers. If so, `stream_arithmetic` streams
// whole groups to y, which begins at a cache line, without a fence, and returns how many elements those are.
bool streams_arithmetic(mk_binary_op op, mk_type type, ptrdiff_t as, ptrdiff_t bs);
ptrdiff_t stream_arithmetic(mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n);

#endif
