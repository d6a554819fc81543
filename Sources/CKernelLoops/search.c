// Places in sorted rows, bins and counts, and runs of equal elements.
#include "order.h"

#include <CPlatform.h>
#include <string.h>

#include "clones.h"
#include "families.h"
#include "order_rules.h"

// Without a branch on what was compared, which a processor could not foresee.
#define SEARCH(S, TYPE) \
  static inline ptrdiff_t place_##S(bool right, const TYPE *sorted, ptrdiff_t n, TYPE value) { \
    ptrdiff_t low = 0; \
    while (n > 0) { \
      const ptrdiff_t half = n / 2; \
      const TYPE probe = sorted[low + half]; \
      const bool isBelow = right ? !LESS(value, probe) : LESS(probe, value); \
      low = isBelow ? low + half + 1 : low; \
      n = isBelow ? n - half - 1 : half; \
    } \
    return low; \
  } \
  static void search_sorted_##S(bool right, const TYPE *sorted, ptrdiff_t n, const TYPE *values, int64_t *y, ptrdiff_t rows, ptrdiff_t count) { \
    for (ptrdiff_t r = 0; r < rows; r++, sorted += n, values += count, y += count) \
      for (ptrdiff_t i = 0; i < count; i++) y[i] = place_##S(right, sorted, n, values[i]); \
  } \
  static void bins_##S(const TYPE *edges, ptrdiff_t bins, const TYPE *x, int64_t *y, ptrdiff_t n) { \
    const TYPE first = edges[0], last = edges[bins]; \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const ptrdiff_t bin = place_##S(true, edges, bins + 1, x[i]) - 1; \
      y[i] = !(x[i] >= first && x[i] <= last) ? bins : bin < bins ? bin : bins - 1; \
    } \
  }
SEARCH(f32, float)
SEARCH(f64, double)
SEARCH(i32, int32_t)
SEARCH(i64, int64_t)
SEARCH(u8, uint8_t)

// The quotient may be off where x is within rounding of an edge: the edges themselves decide.
#define EVEN_BINS(S, TYPE) \
  static void even_bins_##S(const TYPE *edges, ptrdiff_t bins, const TYPE *x, int64_t *y, ptrdiff_t n) { \
    const TYPE first = edges[0], last = edges[bins], width = last - first; \
    for (ptrdiff_t i = 0; i < n; i++) { \
      if (!(x[i] >= first && x[i] <= last)) { \
        y[i] = bins; \
        continue; \
      } \
      const TYPE quotient = (x[i] - first) / width * (TYPE)bins; \
      ptrdiff_t bin = quotient < (TYPE)bins ? (ptrdiff_t)quotient : bins - 1; \
      while (bin > 0 && x[i] < edges[bin]) bin--; \
      while (bin < bins - 1 && x[i] >= edges[bin + 1]) bin++; \
      y[i] = bin; \
    } \
  }
EVEN_BINS(f32, float)
EVEN_BINS(f64, double)

void mk_search_sorted(bool right, mk_type type, const void *sorted, ptrdiff_t n, const void *values, int64_t *y, ptrdiff_t rows, ptrdiff_t count) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC(type, search_sorted, right, sorted, n, values, y, rows, count)
  mk_end_keeping(mode);
}

void mk_bins(bool even, mk_type type, const void *edges, ptrdiff_t bins, const void *x, int64_t *y, ptrdiff_t n) {
  const uint32_t mode = mk_keep_denormals();
  if (even) BY_FLOATING(type, even_bins, edges, bins, x, y, n)
  else BY_NUMERIC(type, bins, edges, bins, x, y, n)
  mk_end_keeping(mode);
}

// Tables by turns: an element equal to the one before would wait for that one's count to be stored. What is left out has
// a place of its own.
enum { FEW_COUNTS = 1024 };
#define COUNT(S, TYPE) \
  static void count_few_##S(const TYPE *restrict index, int64_t *restrict counts, ptrdiff_t length, ptrdiff_t n) { \
    int64_t table[4][FEW_COUNTS + 1]; \
    for (int t = 0; t < 4; t++) memset(table[t], 0, (size_t)(length + 1) * sizeof table[t][0]); \
    ptrdiff_t i = 0; \
    for (; i + 4 <= n; i += 4) \
      for (int t = 0; t < 4; t++) table[t][(int64_t)index[i + t] < length ? index[i + t] : length]++; \
    for (; i < n; i++) table[0][(int64_t)index[i] < length ? index[i] : length]++; \
    for (ptrdiff_t k = 0; k < length; k++) counts[k] += table[0][k] + table[1][k] + table[2][k] + table[3][k]; \
  } \
  static void count_##S(const TYPE *restrict index, int64_t *restrict counts, ptrdiff_t length, ptrdiff_t n) { \
    if (length <= FEW_COUNTS && n >= 8 * length) { \
      count_few_##S(index, counts, length, n); \
      return; \
    } \
    for (ptrdiff_t i = 0; i < n; i++) \
      if ((int64_t)index[i] < length) counts[index[i]]++; \
  }
COUNT(i32, int32_t)
COUNT(i64, int64_t)
COUNT(u8, uint8_t)

void mk_count(mk_type type, const void *index, int64_t *counts, ptrdiff_t length, ptrdiff_t n) {
  BY_INTEGER(type, count, index, counts, length, n)
}

#define RUNS(S, TYPE) \
  static CLONES void element_starts_##S(bool merges, const TYPE *restrict x, uint8_t *restrict y, ptrdiff_t n) { \
    for (ptrdiff_t i = 1; i < n; i++) y[i] = (x[i] != x[i - 1]) & !(merges & (x[i] != x[i]) & (x[i - 1] != x[i - 1])); \
  } \
  static void run_starts_##S(bool merges, const TYPE *x, uint8_t *y, ptrdiff_t n, ptrdiff_t width) { \
    if (n > 0) y[0] = 1; \
    if (width == 1) { \
      element_starts_##S(merges, x, y, n); \
      return; \
    } \
    for (ptrdiff_t i = 1; i < n; i++) { \
      const TYPE *a = x + (i - 1) * width, *b = x + i * width; \
      bool differs = false; \
      for (ptrdiff_t c = 0; c < width && !differs; c++) differs = a[c] != b[c] && !(merges && a[c] != a[c] && b[c] != b[c]); \
      y[i] = differs; \
    } \
  } \
  static void longest_run_##S(const TYPE *x, int64_t *position, int64_t *length, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += n) { \
      ptrdiff_t start = 0, best = 0, most = 1; \
      for (ptrdiff_t i = 1; i < n; i++) { \
        if (x[i] != x[start] && !(x[i] != x[i] && x[start] != x[start])) start = i; \
        if (i - start + 1 > most) { \
          most = i - start + 1; \
          best = start; \
        } \
      } \
      position[r] = best; \
      length[r] = most; \
    } \
  }
RUNS(f32, float)
RUNS(f64, double)
RUNS(i32, int32_t)
RUNS(i64, int64_t)
RUNS(u8, uint8_t)

void mk_run_starts(bool merges, mk_type type, const void *x, uint8_t *y, ptrdiff_t n, ptrdiff_t width) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC(type, run_starts, merges, x, y, n, width)
  mk_end_keeping(mode);
}

void mk_longest_run(mk_type type, const void *x, int64_t *position, int64_t *length, ptrdiff_t rows, ptrdiff_t n) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC(type, longest_run, x, position, length, rows, n)
  mk_end_keeping(mode);
}
