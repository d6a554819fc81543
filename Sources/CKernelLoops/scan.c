// Running sums and products.
#include "scan.h"

#include "clones.h"
#include "families.h"

// Sums of float32 are kept in double, because a float stops growing at 2^24 times what is added to it. One strip of
// columns at a time is summed down all rows.
enum { STRIP = 256, ROWS = 8 };
static CLONES void sums_f32(bool from_back, const float *x, float *y, ptrdiff_t n, ptrdiff_t inner, ptrdiff_t width) {
  const ptrdiff_t step = from_back ? -inner : inner;
  double carry[STRIP];
  for (ptrdiff_t c = 0; c < width; c++) y[c] = x[c], carry[c] = (double)x[c];
  ptrdiff_t i = 1;
  // Several rows at a time, so that the sums stay in registers meanwhile.
  for (; i + ROWS <= n; i += ROWS) {
    IN_PLACE for (ptrdiff_t c = 0; c < width; c++) {
      double sum = carry[c];
      _Pragma("clang loop unroll(full)") for (int r = 1; r <= ROWS; r++) {
        sum += (double)x[r * step + c];
        y[r * step + c] = (float)sum;
      }
      carry[c] = sum;
    }
    x += ROWS * step;
    y += ROWS * step;
  }
  for (; i < n; i++) {
    x += step;
    y += step;
    IN_PLACE for (ptrdiff_t c = 0; c < width; c++) {
      carry[c] += (double)x[c];
      y[c] = (float)carry[c];
    }
  }
}

// Sums along a row of float32 or float64 are kept in double. In a long row they begin anew in each chain of CHAIN elements,
// and what came before the chain is added to them, so that several threads can share the row; CHAINS of their sums,
// which do not wait for each other, are computed at a time. -0 is added to begin with, because it changes no number.
enum { CHAIN = 512, CHAINS = 8, LONG = 8192 };
_Static_assert(CHAIN == MK_CHAIN && LONG == MK_LONG_ROW, "as the interface says");

#define ROW_SUMS(S, TYPE) \
  static void short_sums_##S(const TYPE *x, TYPE *y, ptrdiff_t n, ptrdiff_t step) { \
    double sum = -0.0; \
    for (ptrdiff_t i = 0; i < n; i++) y[i * step] = (TYPE)(sum += (double)x[i * step]); \
  } \
  static void chain_sums_##S(const TYPE *x, double *sums, ptrdiff_t n, ptrdiff_t step, ptrdiff_t first, ptrdiff_t count) { \
    ptrdiff_t c = first; \
    const ptrdiff_t end = first + count; \
    for (; c + CHAINS <= end && (c + CHAINS) * CHAIN <= n; c += CHAINS) { \
      double sum[CHAINS]; \
      for (int k = 0; k < CHAINS; k++) sum[k] = -0.0; \
      for (ptrdiff_t i = c * CHAIN; i < (c + 1) * CHAIN; i++) \
        _Pragma("clang loop unroll(full)") for (int k = 0; k < CHAINS; k++) sum[k] += (double)x[(i + k * CHAIN) * step]; \
      for (int k = 0; k < CHAINS; k++) sums[c - first + k] = sum[k]; \
    } \
    for (; c < end; c++) { \
      double sum = -0.0; \
      for (ptrdiff_t i = c * CHAIN; i < n && i < (c + 1) * CHAIN; i++) sum += (double)x[i * step]; \
      sums[c - first] = sum; \
    } \
  } \
  static void chain_scan_##S(const TYPE *x, const double *before, TYPE *y, ptrdiff_t n, ptrdiff_t step, ptrdiff_t first, ptrdiff_t count) { \
    for (ptrdiff_t c = first; c < first + count; c++) { \
      double sum = -0.0; \
      for (ptrdiff_t i = c * CHAIN; i < n && i < (c + 1) * CHAIN; i++) \
        y[i * step] = (TYPE)(before[c - first] + (sum += (double)x[i * step])); \
    } \
  } \
  static void row_sums_##S(const TYPE *x, TYPE *y, ptrdiff_t n, ptrdiff_t step) { \
    if (n < LONG) { \
      short_sums_##S(x, y, n, step); \
      return; \
    } \
    double total = -0.0; \
    for (ptrdiff_t start = 0; start < n; start += CHAIN) { \
      double sum = -0.0; \
      for (ptrdiff_t i = start; i < n && i < start + CHAIN; i++) y[i * step] = (TYPE)(total + (sum += (double)x[i * step])); \
      total += sum; \
    } \
  }
ROW_SUMS(f32, float)
ROW_SUMS(f64, double)

void mk_chain_sums(bool from_back, mk_type type, const void *x, double *sums, ptrdiff_t n, ptrdiff_t first, ptrdiff_t count) {
  const ptrdiff_t last = from_back ? n - 1 : 0, step = from_back ? -1 : 1;
  if (type == MK_FLOAT32) chain_sums_f32((const float *)x + last, sums, n, step, first, count);
  else if (type == MK_FLOAT64) chain_sums_f64((const double *)x + last, sums, n, step, first, count);
  else mk_unsupported_type(__func__, type);
}

void mk_chain_scan(bool from_back, mk_type type, const void *x, const double *before, void *y, ptrdiff_t n, ptrdiff_t first, ptrdiff_t count) {
  const ptrdiff_t last = from_back ? n - 1 : 0, step = from_back ? -1 : 1;
  if (type == MK_FLOAT32) chain_scan_f32((const float *)x + last, before, (float *)y + last, n, step, first, count);
  else if (type == MK_FLOAT64) chain_scan_f64((const double *)x + last, before, (double *)y + last, n, step, first, count);
  else mk_unsupported_type(__func__, type);
}

static void strips_of_sums_f32(bool from_back, const float *x, float *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner, ptrdiff_t columns) {
  const ptrdiff_t first = from_back ? (n - 1) * inner : 0;
  for (ptrdiff_t b = 0; b < blocks; b++, x += n * inner, y += n * inner)
    for (ptrdiff_t c = 0; c < columns; c += STRIP)
      sums_f32(from_back, x + first + c, y + first + c, n, inner, columns - c < STRIP ? columns - c : STRIP);
}

// Integers wrap: they are added as their unsigned counterparts. The value of a single column stays in a register.
#define ONE_COLUMN(OP) \
  for (ptrdiff_t i = 0; i < n; i++, row += step, out += step) *out = value = (T)(value OP *row);
#define CUMULATIVE(S) \
  static void one_column_##S(bool product, const T *row, T *out, ptrdiff_t n, ptrdiff_t step) { \
    T value = product ? 1 : 0; \
    if (product) ONE_COLUMN(*) \
    else ONE_COLUMN(+) \
  } \
  static CLONES void cumulative_##S(bool product, bool from_back, const T *x, T *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner, ptrdiff_t columns) { \
    const ptrdiff_t step = from_back ? -inner : inner, first = from_back ? (n - 1) * inner : 0; \
    for (ptrdiff_t b = 0; b < blocks; b++, x += n * inner, y += n * inner) { \
      const T *row = x + first; \
      T *out = y + first; \
      if (columns == 1) { \
        one_column_##S(product, row, out, n, step); \
        continue; \
      } \
      IN_PLACE for (ptrdiff_t c = 0; c < columns; c++) out[c] = row[c]; \
      for (ptrdiff_t i = 1; i < n; i++) { \
        const T *before = out; \
        row += step; \
        out += step; \
        if (product) { \
          IN_PLACE for (ptrdiff_t c = 0; c < columns; c++) out[c] = (T)(before[c] * row[c]); \
        } else { \
          IN_PLACE for (ptrdiff_t c = 0; c < columns; c++) out[c] = (T)(before[c] + row[c]); \
        } \
      } \
    } \
  }
#define T float
CUMULATIVE(f32)
#undef T
#define T double
CUMULATIVE(f64)
#undef T
#define T uint32_t
CUMULATIVE(i32)
#undef T
#define T uint64_t
CUMULATIVE(i64)
#undef T
#define T uint8_t
CUMULATIVE(u8)
#undef T

void mk_cumulative(bool product, bool from_back, mk_type type, const void *x, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner, ptrdiff_t columns) {
  if (n <= 0 || columns <= 0) return;
  if (is_floating(type) && !product && inner == 1) {
    const ptrdiff_t last = from_back ? n - 1 : 0, step = from_back ? -1 : 1;
    for (ptrdiff_t at = last; at < blocks * n; at += n) {
      if (type == MK_FLOAT32) row_sums_f32((const float *)x + at, (float *)y + at, n, step);
      else row_sums_f64((const double *)x + at, (double *)y + at, n, step);
    }
    return;
  }
  if (type == MK_FLOAT32 && !product) {
    strips_of_sums_f32(from_back, x, y, blocks, n, inner, columns);
    return;
  }
  BY_NUMERIC(type, cumulative, product, from_back, x, y, blocks, n, inner, columns)
}

#define RECURRENCE(S, TYPE) \
  static CLONES void recurrence_##S(bool from_back, const TYPE *a, const TYPE *g, TYPE *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) { \
    const ptrdiff_t step = from_back ? -inner : inner, first = from_back ? (n - 1) * inner : 0; \
    for (ptrdiff_t b = 0; b < blocks; b++, a += n * inner, g += n * inner, y += n * inner) { \
      ptrdiff_t row = first; \
      IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) y[row + c] = g[row + c]; \
      for (ptrdiff_t i = 1; i < n; i++) { \
        const TYPE *before = y + row; \
        row += step; \
        IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) y[row + c] = g[row + c] + a[row + c] * before[c]; \
      } \
    } \
  }
RECURRENCE(f32, float)
RECURRENCE(f64, double)

void mk_linear_recurrence(bool from_back, mk_type type, const void *a, const void *g, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) {
  if (n <= 0 || inner <= 0) return;
  BY_FLOATING(type, recurrence, from_back, a, g, y, blocks, n, inner)
}
