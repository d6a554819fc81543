// What the loops that put elements in order share.
#pragma once

// NaN is larger than everything.
#define LESS(a, b) ((a) < (b) || ((b) != (b) && (a) == (a)))

// Merges n indices in `order`, of which each `first` in a row are in order, until all are. IS_SECOND_FIRST is an expression that
// tells whether the index from[b], of the second of two parts, comes before from[a] of the first. `scratch` has room for n.
#define MERGE_RUNS(order, scratch, n, first, IS_SECOND_FIRST) \
  do { \
    int64_t *from = (order), *to = (scratch); \
    for (ptrdiff_t run = (first); run < (n); run *= 2) { \
      for (ptrdiff_t start = 0; start < (n); start += 2 * run) { \
        const ptrdiff_t middle = start + run < (n) ? start + run : (n), end = start + 2 * run < (n) ? start + 2 * run : (n); \
        ptrdiff_t a = start, b = middle, out = start; \
        while (a < middle && b < end) to[out++] = (IS_SECOND_FIRST) ? from[b++] : from[a++]; \
        while (a < middle) to[out++] = from[a++]; \
        while (b < end) to[out++] = from[b++]; \
      } \
      int64_t *swap = from; \
      from = to; \
      to = swap; \
    } \
    if (from != (order)) \
      for (ptrdiff_t i = 0; i < (n); i++) (order)[i] = from[i]; \
  } while (0)
