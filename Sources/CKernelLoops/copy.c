// Copies, fills and sequences.
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
