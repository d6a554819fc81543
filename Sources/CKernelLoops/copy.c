// Copies, fills, sequences, gathers and scatters.
#include "copy.h"

#include "clones.h"
#include "families.h"

#define STRIDED(BITS) \
  static void strided_##BITS(const raw_##BITS *x, ptrdiff_t xs, raw_##BITS *y, ptrdiff_t ys, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i * ys] = x[i * xs]; \
  } \
  static void pack_##BITS(const raw_##BITS *restrict x, ptrdiff_t xs, raw_##BITS *restrict y, ptrdiff_t n) { \
    ptrdiff_t i = 0; \
    for (; i + 4 <= n; i += 4, x += 4 * xs) { \
      y[i] = x[0]; \
      y[i + 1] = x[xs]; \
      y[i + 2] = x[2 * xs]; \
      y[i + 3] = x[3 * xs]; \
    } \
    for (; i < n; i++, x += xs) y[i] = *x; \
  } \
  static CLONES void pack_pairs_##BITS(const raw_##BITS *restrict x, raw_##BITS *restrict y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = x[2 * i]; \
  } \
  static CLONES void fill_##BITS(const raw_##BITS *x, raw_##BITS *y, ptrdiff_t n) { \
    const raw_##BITS value = *x; \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = value; \
  } \
  static CLONES void reverse_##BITS(const raw_##BITS *restrict x, raw_##BITS *restrict y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = x[-i]; \
  }
STRIDED(8)
STRIDED(16)
STRIDED(32)
STRIDED(64)

void mk_copy(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n) {
  if (n <= 0) return;
  if (xs == 1) {
    memmove(y, x, (size_t)n * size);
  } else if (xs == 0) {
    mk_fill(size, x, y, n);
  } else if (xs == -1) {
    BY_SIZE(size, reverse, x, y, n)
  } else if (xs == 2) {
    BY_SIZE(size, pack_pairs, x, y, n)
  } else {
    BY_SIZE(size, pack, x, xs, y, n)
  }
}

void mk_copy_strided(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t n) {
  if (ys == 1) {
    mk_copy(size, x, xs, y, n);
    return;
  }
  BY_SIZE(size, strided, x, xs, y, ys, n)
}

void mk_fill(size_t size, const void *value, void *y, ptrdiff_t n) {
  if (n <= 0) return;
  BY_SIZE(size, fill, value, y, n)
}

// Floats are rounded once; integers wrap.
#define ARANGE(NAME, TYPE, WIDE) \
  static CLONES void NAME(WIDE start, WIDE step, TYPE *y, ptrdiff_t first, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = (TYPE)(start + (WIDE)(first + i) * step); \
  }
ARANGE(arange_f32, float, double)
ARANGE(arange_f64, double, double)
ARANGE(arange_i32, int32_t, uint64_t)
ARANGE(arange_i64, int64_t, uint64_t)
ARANGE(arange_u8, uint8_t, uint64_t)

void mk_arange(mk_type type, double start, double step, void *y, ptrdiff_t first, ptrdiff_t n) {
  BY_FLOATING(type, arange, start, step, y, first, n)
}

void mk_arange_integers(mk_type type, int64_t start, int64_t step, void *y, ptrdiff_t first, ptrdiff_t n) {
  BY_INTEGER(type, arange, (uint64_t)start, (uint64_t)step, y, first, n)
}

#define GATHER(BITS) \
  static void gather_##BITS(const char *x, ptrdiff_t xs, const int64_t *index, raw_##BITS *y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = *(const raw_##BITS *)(x + index[i] * xs); \
  }
GATHER(8)
GATHER(32)
GATHER(64)

void mk_gather_rows(size_t bytes, const void *x, ptrdiff_t xs, const int64_t *index, void *y, ptrdiff_t n) {
  switch (bytes) {
    case 1: gather_8(x, xs, index, y, n); return;
    case 4: gather_32(x, xs, index, y, n); return;
    case 8: gather_64(x, xs, index, y, n); return;
    default: break;
  }
  for (ptrdiff_t i = 0; i < n; i++) memcpy((char *)y + (size_t)i * bytes, (const char *)x + index[i] * xs, bytes);
}

#define SCATTER_ADD(NAME, TYPE, U) \
  static CLONES void NAME(const TYPE *x, const int64_t *index, TYPE *y, ptrdiff_t row, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) { \
      TYPE *out = y + index[i] * row; \
      const TYPE *in = x + i * row; \
      for (ptrdiff_t j = 0; j < row; j++) out[j] = (TYPE)((U)out[j] + (U)in[j]); \
    } \
  }
SCATTER_ADD(scatter_add_f32, float, float)
SCATTER_ADD(scatter_add_f64, double, double)
SCATTER_ADD(scatter_add_i32, int32_t, uint32_t)
SCATTER_ADD(scatter_add_i64, int64_t, uint64_t)
SCATTER_ADD(scatter_add_u8, uint8_t, uint32_t)

void mk_scatter_add_rows(mk_type type, const void *x, const int64_t *index, void *y, ptrdiff_t row, ptrdiff_t n) {
  BY_NUMERIC(type, scatter_add, x, index, y, row, n)
}

#define GATHER_ALONG(BITS) \
  static void gather_along_##BITS( \
    const raw_##BITS *x, const int64_t *index, raw_##BITS *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, \
    ptrdiff_t blocks, ptrdiff_t columns) { \
    for (ptrdiff_t b = 0; b < blocks; b++, x += length * inner) \
      for (ptrdiff_t k = 0; k < count; k++, index += inner, y += inner) \
        for (ptrdiff_t c = 0; c < columns; c++) y[c] = x[index[c] * inner + c]; \
  }
GATHER_ALONG(8)
GATHER_ALONG(16)
GATHER_ALONG(32)
GATHER_ALONG(64)

void mk_gather_along(size_t size, const void *x, const int64_t *index, void *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, ptrdiff_t blocks, ptrdiff_t columns) {
  BY_SIZE(size, gather_along, x, index, y, length, count, inner, blocks, columns)
}

#define SCATTER_ADD_ALONG(NAME, TYPE, U) \
  static void NAME( \
    const TYPE *x, const int64_t *index, TYPE *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, \
    ptrdiff_t blocks, ptrdiff_t columns) { \
    for (ptrdiff_t b = 0; b < blocks; b++, y += length * inner) \
      for (ptrdiff_t k = 0; k < count; k++, index += inner, x += inner) \
        for (ptrdiff_t c = 0; c < columns; c++) { \
          TYPE *out = y + index[c] * inner + c; \
          *out = (TYPE)((U)*out + (U)x[c]); \
        } \
  }
SCATTER_ADD_ALONG(scatter_add_along_f32, float, float)
SCATTER_ADD_ALONG(scatter_add_along_f64, double, double)
SCATTER_ADD_ALONG(scatter_add_along_i32, int32_t, uint32_t)
SCATTER_ADD_ALONG(scatter_add_along_i64, int64_t, uint64_t)
SCATTER_ADD_ALONG(scatter_add_along_u8, uint8_t, uint32_t)

void mk_scatter_add_along(mk_type type, const void *x, const int64_t *index, void *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, ptrdiff_t blocks, ptrdiff_t columns) {
  BY_NUMERIC(type, scatter_add_along, x, index, y, length, count, inner, blocks, columns)
}
