// A stable merge sort of indices, and the first k of an order.
#include "sort.h"

#include <CPlatform.h>

#include "clones.h"
#include "families.h"
#include "order_rules.h"

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
    MERGE_RUNS(order, scratch, n, RUN, misplaced_##S(descending, x, from[a], from[b])); \
  } \
  static void argsort_rows_##S(bool descending, const TYPE *x, int64_t *order, int64_t *scratch, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++) argsort_##S(descending, x + r * n, order + r * n, scratch, n); \
  }
ARGSORT(f32, float)
ARGSORT(f64, double)
ARGSORT(i32, int32_t)
ARGSORT(i64, int64_t)
ARGSORT(u8, uint8_t)

void mk_argsort_rows_by_merging(bool descending, mk_type type, const void *x, int64_t *order, int64_t *scratch, ptrdiff_t rows, ptrdiff_t n) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC_OR_BOOL(type, argsort_rows, descending, x, order, scratch, rows, n)
  mk_end_keeping(mode);
}

// The first k elements of the order, from a heap of the k best so far with the worst of them at its root. Blocks in which
// none is better are passed over.
enum { BLOCK = 128 };
#define TOP_K(S, TYPE) \
  /* Whether i comes after j in the order. */ \
  static inline bool after_##S(bool descending, const TYPE *x, int64_t i, int64_t j) { \
    const bool worse = descending ? LESS(x[i], x[j]) : LESS(x[j], x[i]), better = descending ? LESS(x[j], x[i]) : LESS(x[i], x[j]); \
    return worse || (!better && i > j); \
  } \
  static void sift_##S(bool descending, const TYPE *x, int64_t *heap, ptrdiff_t root, ptrdiff_t count) { \
    const int64_t moved = heap[root]; \
    for (;;) { \
      ptrdiff_t child = 2 * root + 1; \
      if (child >= count) break; \
      if (child + 1 < count && after_##S(descending, x, heap[child + 1], heap[child])) child++; \
      if (!after_##S(descending, x, heap[child], moved)) break; \
      heap[root] = heap[child]; \
      root = child; \
    } \
    heap[root] = moved; \
  } \
  /* Whether an element that comes later may be among the first k, of which `worst` is the last so far. */ \
  static CLONES bool any_better_##S(bool descending, const TYPE *x, TYPE worst, ptrdiff_t n) { \
    int found = worst != worst; \
    if (descending) { \
      for (ptrdiff_t i = 0; i < n; i++) found |= !(x[i] <= worst); \
    } else { \
      for (ptrdiff_t i = 0; i < n; i++) found |= x[i] < worst; \
    } \
    return found; \
  } \
  static void top_k_##S(bool descending, const TYPE *x, TYPE *values, int64_t *order, ptrdiff_t n, ptrdiff_t k) { \
    if (k == 0) return; \
    for (ptrdiff_t i = 0; i < k; i++) order[i] = i; \
    for (ptrdiff_t root = k / 2 - 1; root >= 0; root--) sift_##S(descending, x, order, root, k); \
    for (ptrdiff_t start = k; start < n; start += BLOCK) { \
      const ptrdiff_t end = start + BLOCK < n ? start + BLOCK : n; \
      if (!any_better_##S(descending, x + start, x[order[0]], end - start)) continue; \
      for (ptrdiff_t i = start; i < end; i++) \
        if (after_##S(descending, x, order[0], i)) { \
          order[0] = i; \
          sift_##S(descending, x, order, 0, k); \
        } \
    } \
    for (ptrdiff_t last = k - 1; last > 0; last--) { \
      const int64_t worst = order[0]; \
      order[0] = order[last]; \
      order[last] = worst; \
      sift_##S(descending, x, order, 0, last); \
    } \
    for (ptrdiff_t i = 0; i < k; i++) values[i] = x[order[i]]; \
  } \
  static void top_k_rows_##S(bool descending, const TYPE *x, TYPE *values, int64_t *order, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k) { \
    for (ptrdiff_t r = 0; r < rows; r++) top_k_##S(descending, x + r * n, values + r * k, order + r * k, n, k); \
  }
TOP_K(f32, float)
TOP_K(f64, double)
TOP_K(i32, int32_t)
TOP_K(i64, int64_t)
TOP_K(u8, uint8_t)

void mk_top_k_rows(bool largest, mk_type type, const void *x, void *values, int64_t *order, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC(type, top_k_rows, largest, x, values, order, rows, n, k)
  mk_end_keeping(mode);
}
