// Elements at index tensors: positions, gathers, writes and scatters.
#include "index.h"

#include "clones.h"
#include "families.h"

static CLONES bool any_outside(const int64_t *index, int64_t lowest, uint64_t count, ptrdiff_t n) {
  uint64_t outside = 0;
  for (ptrdiff_t i = 0; i < n; i++) outside |= (uint64_t)index[i] - (uint64_t)lowest >= count;
  return outside;
}

ptrdiff_t mk_first_index_outside(const int64_t *index, int64_t lowest, int64_t length, ptrdiff_t n) {
  enum { BLOCK = 1024 };
  const uint64_t count = (uint64_t)length - (uint64_t)lowest;
  for (ptrdiff_t start = 0; start < n; start += BLOCK) {
    const ptrdiff_t end = start + BLOCK < n ? start + BLOCK : n;
    if (!any_outside(index + start, lowest, count, end - start)) continue;
    for (ptrdiff_t i = start; i < end; i++)
      if ((uint64_t)index[i] - (uint64_t)lowest >= count) return i;
  }
  return n;
}

static CLONES ptrdiff_t count_true(const uint8_t *x, ptrdiff_t n) {
  ptrdiff_t sum = 0;
  for (ptrdiff_t i = 0; i < n; i++) sum += x[i];
  return sum;
}

ptrdiff_t mk_count_true(const uint8_t *x, ptrdiff_t n) { return count_true(x, n); }

// Without a branch on the element, which would be mispredicted; only the last store may be past what is kept, so that
// the last elements are looked at one by one.
ptrdiff_t mk_true_positions(const uint8_t *x, ptrdiff_t n, int64_t first, int64_t *y) {
  ptrdiff_t found = 0;
  ptrdiff_t last = n;
  while (last > 0 && !x[last - 1]) last--;
  for (ptrdiff_t i = 0; i < last; i++) {
    y[found] = first + i;
    found += x[i];
  }
  return found;
}

static CLONES void combine_indices(
  const int64_t *outer, const int64_t *index, ptrdiff_t xs, int64_t length, int64_t *y, ptrdiff_t n) {
  if (!outer) {
    for (ptrdiff_t i = 0; i < n; i++) {
      const int64_t k = index[i * xs];
      y[i] = k + (k < 0 ? length : 0);
    }
    return;
  }
  for (ptrdiff_t i = 0; i < n; i++) {
    const int64_t k = index[i * xs];
    y[i] = outer[i] * length + k + (k < 0 ? length : 0);
  }
}

void mk_combine_indices(const int64_t *outer, const int64_t *index, ptrdiff_t xs, int64_t length, int64_t *y, ptrdiff_t n) {
  combine_indices(outer, index, xs, length, y, n);
}

static CLONES void scaled_indices(const int64_t *index, int64_t stride, int64_t *y, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) y[i] = index[i] * stride;
}

void mk_index_offsets(const int64_t *index, const ptrdiff_t *lengths, const ptrdiff_t *strides, ptrdiff_t axes, int64_t *y, ptrdiff_t n) {
  if (axes == 1) {
    scaled_indices(index, strides[0], y, n);
    return;
  }
  for (ptrdiff_t i = 0; i < n; i++) {
    int64_t rest = index[i], offset = 0;
    for (ptrdiff_t axis = axes - 1; axis > 0; axis--) {
      offset += rest % lengths[axis] * strides[axis];
      rest /= lengths[axis];
    }
    y[i] = offset + (axes > 0 ? rest * strides[0] : 0);
  }
}

#define AT(BITS) \
  static void gather_at_##BITS( \
    const raw_##BITS *x, ptrdiff_t xs, const int64_t *offset, raw_##BITS *y, ptrdiff_t yi, ptrdiff_t count, \
    ptrdiff_t n) { \
    if (n == 1) { \
      for (ptrdiff_t i = 0; i < count; i++) y[i * yi] = x[offset[i]]; \
    } else if (xs == 1) { \
      for (ptrdiff_t i = 0; i < count; i++) memcpy(y + i * yi, x + offset[i], (size_t)n * (BITS / 8)); \
    } else { \
      for (ptrdiff_t i = 0; i < count; i++) \
        for (ptrdiff_t j = 0; j < n; j++) y[i * yi + j] = x[offset[i] + j * xs]; \
    } \
  } \
  static void put_at_##BITS( \
    const raw_##BITS *x, ptrdiff_t xi, ptrdiff_t xs, const int64_t *offset, raw_##BITS *y, ptrdiff_t ys, \
    ptrdiff_t count, ptrdiff_t n) { \
    if (n == 1) { \
      for (ptrdiff_t i = 0; i < count; i++) y[offset[i]] = x[i * xi]; \
    } else if (xs == 1 && ys == 1) { \
      for (ptrdiff_t i = 0; i < count; i++) memcpy(y + offset[i], x + i * xi, (size_t)n * (BITS / 8)); \
    } else { \
      for (ptrdiff_t i = 0; i < count; i++) \
        for (ptrdiff_t j = 0; j < n; j++) y[offset[i] + j * ys] = x[i * xi + j * xs]; \
    } \
  } \
  static CLONES void fill_where_##BITS( \
    const uint8_t *restrict mask, ptrdiff_t ms, const raw_##BITS *value, raw_##BITS *restrict y, ptrdiff_t n) { \
    const raw_##BITS fill = *value; \
    if (ms == 1) { \
      for (ptrdiff_t i = 0; i < n; i++) y[i] = mask[i] ? fill : y[i]; \
    } else { \
      for (ptrdiff_t i = 0; i < n; i++) y[i] = mask[i * ms] ? fill : y[i]; \
    } \
  }
AT(8)
AT(16)
AT(32)
AT(64)

void mk_gather_at(size_t size, const void *x, ptrdiff_t xs, const int64_t *offset, void *y, ptrdiff_t yi, ptrdiff_t count, ptrdiff_t n) {
  BY_SIZE(size, gather_at, x, xs, offset, y, yi, count, n)
}

void mk_put_at(size_t size, const void *x, ptrdiff_t xi, ptrdiff_t xs, const int64_t *offset, void *y, ptrdiff_t ys, ptrdiff_t count, ptrdiff_t n) {
  BY_SIZE(size, put_at, x, xi, xs, offset, y, ys, count, n)
}

void mk_fill_where(size_t size, const uint8_t *mask, ptrdiff_t ms, const void *value, void *y, ptrdiff_t n) {
  BY_SIZE(size, fill_where, mask, ms, value, y, n)
}

#define ADD(NAME, TYPE, U) \
  static CLONES void add_at_##NAME( \
    const TYPE *x, ptrdiff_t xi, ptrdiff_t xs, const int64_t *offset, TYPE *y, ptrdiff_t ys, ptrdiff_t count, \
    ptrdiff_t n) { \
    if (n == 1) { \
      for (ptrdiff_t i = 0; i < count; i++) y[offset[i]] = (TYPE)((U)y[offset[i]] + (U)x[i * xi]); \
      return; \
    } \
    for (ptrdiff_t i = 0; i < count; i++) { \
      TYPE *out = y + offset[i]; \
      const TYPE *in = x + i * xi; \
      if (xs == 1 && ys == 1) { \
        for (ptrdiff_t j = 0; j < n; j++) out[j] = (TYPE)((U)out[j] + (U)in[j]); \
      } else { \
        for (ptrdiff_t j = 0; j < n; j++) out[j * ys] = (TYPE)((U)out[j * ys] + (U)in[j * xs]); \
      } \
    } \
  } \
  static CLONES void add_strided_##NAME(const TYPE *x, ptrdiff_t xs, TYPE *y, ptrdiff_t ys, ptrdiff_t n) { \
    if (xs == 1 && ys == 1) { \
      for (ptrdiff_t i = 0; i < n; i++) y[i] = (TYPE)((U)y[i] + (U)x[i]); \
    } else { \
      for (ptrdiff_t i = 0; i < n; i++) y[i * ys] = (TYPE)((U)y[i * ys] + (U)x[i * xs]); \
    } \
  }
ADD(f32, float, float)
ADD(f64, double, double)
ADD(i32, int32_t, uint32_t)
ADD(i64, int64_t, uint64_t)
ADD(u8, uint8_t, uint32_t)

void mk_add_at(mk_type type, const void *x, ptrdiff_t xi, ptrdiff_t xs, const int64_t *offset, void *y, ptrdiff_t ys, ptrdiff_t count, ptrdiff_t n) {
  BY_NUMERIC(type, add_at, x, xi, xs, offset, y, ys, count, n)
}

void mk_add_strided(mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t n) {
  BY_NUMERIC(type, add_strided, x, xs, y, ys, n)
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

// a is the element that is there, b the one that comes. A comparison with NaN is false, and `b != b` is NaN.
#define SET_OF(a, b, U) (b)
#define ADD_OF(a, b, U) ((U)(a) + (U)(b))
#define MULTIPLY_OF(a, b, U) ((U)(a) * (U)(b))
#define MIN_OF(a, b, U) ((b) < (a) || (b) != (b) ? (b) : (a))
#define MAX_OF(a, b, U) ((b) > (a) || (b) != (b) ? (b) : (a))

#define SCATTER_ALONG(NAME, COMBINE, TYPE, U) \
  static void NAME( \
    const TYPE *x, const int64_t *index, TYPE *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, \
    ptrdiff_t blocks, ptrdiff_t columns) { \
    for (ptrdiff_t b = 0; b < blocks; b++, y += length * inner) \
      for (ptrdiff_t k = 0; k < count; k++, index += inner, x += inner) \
        for (ptrdiff_t c = 0; c < columns; c++) { \
          TYPE *out = y + index[c] * inner + c; \
          *out = (TYPE)COMBINE(*out, x[c], U); \
        } \
  }
#define SCATTER_FAMILY(TYPE_NAME, TYPE, U) \
  SCATTER_ALONG(scatter_set_##TYPE_NAME, SET_OF, TYPE, U) \
  SCATTER_ALONG(scatter_add_##TYPE_NAME, ADD_OF, TYPE, U) \
  SCATTER_ALONG(scatter_multiply_##TYPE_NAME, MULTIPLY_OF, TYPE, U) \
  SCATTER_ALONG(scatter_min_##TYPE_NAME, MIN_OF, TYPE, U) \
  SCATTER_ALONG(scatter_max_##TYPE_NAME, MAX_OF, TYPE, U)
SCATTER_FAMILY(f32, float, float)
SCATTER_FAMILY(f64, double, double)
SCATTER_FAMILY(i32, int32_t, uint32_t)
SCATTER_FAMILY(i64, int64_t, uint64_t)
SCATTER_FAMILY(u8, uint8_t, uint32_t)

void mk_scatter_along(mk_scatter_op op, mk_type type, const void *x, const int64_t *index, void *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, ptrdiff_t blocks, ptrdiff_t columns) {
  switch (op) {
    case MK_SCATTER_SET:
      BY_NUMERIC_OR_BOOL(type, scatter_set, x, index, y, length, count, inner, blocks, columns)
      break;
    case MK_SCATTER_ADD: BY_NUMERIC(type, scatter_add, x, index, y, length, count, inner, blocks, columns) break;
    case MK_SCATTER_MULTIPLY:
      BY_NUMERIC(type, scatter_multiply, x, index, y, length, count, inner, blocks, columns)
      break;
    case MK_SCATTER_MIN: BY_NUMERIC(type, scatter_min, x, index, y, length, count, inner, blocks, columns) break;
    case MK_SCATTER_MAX: BY_NUMERIC(type, scatter_max, x, index, y, length, count, inner, blocks, columns) break;
  }
}
