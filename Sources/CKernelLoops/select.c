// Order without a full sort: a selection of places, and the order of whole rows.
#include "order.h"

#include <CPlatform.h>

#include "families.h"
#include "order_rules.h"

// Elements are moved together with their indices, so that memory is read in order; of equal ones the earlier is less, so
// that no two are equal and the result does not depend on how they are moved.
#define PARTITION(S, TYPE) \
  typedef struct { \
    TYPE value; \
    int64_t index; \
  } entry_##S; \
  static inline bool before_##S(entry_##S a, entry_##S b) { \
    return LESS(a.value, b.value) || (!LESS(b.value, a.value) && a.index < b.index); \
  } \
  static inline void swap_##S(entry_##S *a, entry_##S *b) { \
    const entry_##S held = *a; \
    *a = *b; \
    *b = held; \
  } \
  static void sift_entries_##S(entry_##S *heap, ptrdiff_t root, ptrdiff_t count) { \
    const entry_##S moved = heap[root]; \
    for (;;) { \
      ptrdiff_t child = 2 * root + 1; \
      if (child >= count) break; \
      if (child + 1 < count && before_##S(heap[child], heap[child + 1])) child++; \
      if (!before_##S(moved, heap[child])) break; \
      heap[root] = heap[child]; \
      root = child; \
    } \
    heap[root] = moved; \
  } \
  static void heap_sort_##S(entry_##S *e, ptrdiff_t n) { \
    for (ptrdiff_t root = n / 2 - 1; root >= 0; root--) sift_entries_##S(e, root, n); \
    for (ptrdiff_t last = n - 1; last > 0; last--) { \
      swap_##S(&e[0], &e[last]); \
      sift_entries_##S(e, 0, last); \
    } \
  } \
  /* Puts the entry of place k, of those from low to high - 1, where a sort would put it. */ \
  static void select_##S(entry_##S *e, ptrdiff_t low, ptrdiff_t high, ptrdiff_t k) { \
    enum { FEW = 24 }; \
    ptrdiff_t budget = 4; \
    for (ptrdiff_t n = high - low; n > 1; n /= 2) budget += 2; \
    while (high - low > FEW) { \
      /* Pivots that keep failing: sorting what is left bounds the time. */ \
      if (budget-- == 0) { \
        heap_sort_##S(e + low, high - low); \
        return; \
      } \
      const ptrdiff_t middle = low + (high - low) / 2; \
      if (before_##S(e[middle], e[low])) swap_##S(&e[middle], &e[low]); \
      if (before_##S(e[high - 1], e[middle])) swap_##S(&e[high - 1], &e[middle]); \
      if (before_##S(e[middle], e[low])) swap_##S(&e[middle], &e[low]); \
      const entry_##S pivot = e[middle]; \
      ptrdiff_t i = low, j = high - 1; \
      while (i <= j) { \
        while (before_##S(e[i], pivot)) i++; \
        while (before_##S(pivot, e[j])) j--; \
        if (i <= j) swap_##S(&e[i++], &e[j--]); \
      } \
      if (k <= j) high = j + 1; \
      else if (k >= i) low = i; \
      else return; \
    } \
    for (ptrdiff_t i = low + 1; i < high; i++) { \
      const entry_##S moved = e[i]; \
      ptrdiff_t place = i; \
      for (; place > low && before_##S(moved, e[place - 1]); place--) e[place] = e[place - 1]; \
      e[place] = moved; \
    } \
  } \
  /* The middle place first, so that each side is searched for its own places only. */ \
  static void select_all_##S(entry_##S *e, ptrdiff_t low, ptrdiff_t high, const int64_t *places, ptrdiff_t count) { \
    while (count > 0 && high - low > 1) { \
      const ptrdiff_t half = count / 2, k = places[half]; \
      select_##S(e, low, high, k); \
      select_all_##S(e, low, k, places, half); \
      low = k + 1; \
      places += half + 1; \
      count -= half + 1; \
    } \
  } \
  static void argpartition_rows_##S(const TYPE *x, const int64_t *places, ptrdiff_t count, int64_t *order, entry_##S *e, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += n, order += n) { \
      for (ptrdiff_t i = 0; i < n; i++) e[i] = (entry_##S){x[i], i}; \
      select_all_##S(e, 0, n, places, count); \
      for (ptrdiff_t i = 0; i < n; i++) order[i] = e[i].index; \
    } \
  }
PARTITION(f32, float)
PARTITION(f64, double)
PARTITION(i32, int32_t)
PARTITION(i64, int64_t)
PARTITION(u8, uint8_t)

void mk_argpartition_rows(mk_type type, const void *x, const int64_t *places, ptrdiff_t count, int64_t *order, void *scratch, ptrdiff_t rows, ptrdiff_t n) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC(type, argpartition_rows, x, places, count, order, scratch, rows, n)
  mk_end_keeping(mode);
}

#define WHOLE_ROWS(S, TYPE) \
  static inline bool row_less_##S(const TYPE *a, const TYPE *b, ptrdiff_t width) { \
    for (ptrdiff_t c = 0; c < width; c++) { \
      if (LESS(a[c], b[c])) return true; \
      if (LESS(b[c], a[c])) return false; \
    } \
    return false; \
  } \
  static void argsort_whole_rows_##S(const TYPE *x, int64_t *order, int64_t *scratch, ptrdiff_t n, ptrdiff_t width) { \
    for (ptrdiff_t i = 0; i < n; i++) order[i] = i; \
    MERGE_RUNS(order, scratch, n, 1, row_less_##S(x + from[b] * width, x + from[a] * width, width)); \
  }
WHOLE_ROWS(f32, float)
WHOLE_ROWS(f64, double)
WHOLE_ROWS(i32, int32_t)
WHOLE_ROWS(i64, int64_t)
WHOLE_ROWS(u8, uint8_t)

void mk_argsort_whole_rows(mk_type type, const void *x, int64_t *order, int64_t *scratch, ptrdiff_t n, ptrdiff_t width) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC(type, argsort_whole_rows, x, order, scratch, n, width)
  mk_end_keeping(mode);
}
