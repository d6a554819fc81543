// The order of elements: a stable merge sort of indices.
#include "families.h"
#include "include/scan.h"

// NaN is larger than everything.
#define LESS(a, b) ((a) < (b) || ((b) != (b) && (a) == (a)))

#define ARGSORT(S, TYPE) \
  /* Whether i, which stands before j, must come after it. */ \
  static inline bool misplaced_##S(bool descending, const TYPE *x, int64_t i, int64_t j) { \
    return descending ? LESS(x[i], x[j]) : LESS(x[j], x[i]); \
  } \
  static void argsort_##S(bool descending, const TYPE *x, int64_t *order, int64_t *scratch, ptrdiff_t n) { \
    enum { RUN = 16 }; \
    for (ptrdiff_t start = 0; start < n; start += RUN) { \
      const ptrdiff_t end = start + RUN < n ? start + RUN : n; \
      for (ptrdiff_t i = start; i < end; i++) { \
        ptrdiff_t place = i; \
        while (place > start && misplaced_##S(descending, x, order[place - 1], i)) { \
          order[place] = order[place - 1]; \
          place--; \
        } \
        order[place] = i; \
      } \
    } \
    int64_t *from = order, *to = scratch; \
    for (ptrdiff_t width = RUN; width < n; width *= 2) { \
      for (ptrdiff_t start = 0; start < n; start += 2 * width) { \
        const ptrdiff_t middle = start + width < n ? start + width : n, end = start + 2 * width < n ? start + 2 * width : n; \
        ptrdiff_t a = start, b = middle, out = start; \
        while (a < middle && b < end) to[out++] = misplaced_##S(descending, x, from[a], from[b]) ? from[b++] : from[a++]; \
        while (a < middle) to[out++] = from[a++]; \
        while (b < end) to[out++] = from[b++]; \
      } \
      int64_t *swap = from; \
      from = to; \
      to = swap; \
    } \
    if (from != order) \
      for (ptrdiff_t i = 0; i < n; i++) order[i] = from[i]; \
  } \
  static void argsort_rows_##S(bool descending, const TYPE *x, int64_t *order, int64_t *scratch, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++) argsort_##S(descending, x + r * n, order + r * n, scratch, n); \
  }
ARGSORT(f32, float)
ARGSORT(f64, double)
ARGSORT(i32, int32_t)
ARGSORT(i64, int64_t)
ARGSORT(u8, uint8_t)

void mk_argsort_rows(bool descending, mk_type type, const void *x, int64_t *order, int64_t *scratch, ptrdiff_t rows, ptrdiff_t n) {
  BY_NUMERIC_OR_BOOL(type, argsort_rows, descending, x, order, scratch, rows, n)
}
