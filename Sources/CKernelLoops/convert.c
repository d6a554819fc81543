// Conversions between scalar types.
#include "families.h"
#include "copy.h"
#include "vector_math.h"

// Integers wrap into narrower types, as casts do. Floats saturate, because a cast alone is undefined out of range.
#define SATURATE(TYPE, LEAST, MOST, v) \
  ((v) != (v) ? (TYPE)0 : (v) <= (LEAST) ? (TYPE)(LEAST) : (v) >= (MOST) ? (TYPE)~(TYPE)(LEAST) : (TYPE)(v))
#define CAST(TYPE, v) ((TYPE)(v))
#define TO_I32(v) SATURATE(int32_t, -0x1p31, 0x1p31, (double)(v))
#define TO_I64(v) SATURATE(int64_t, -0x1p63, 0x1p63, (double)(v))
#define TO_U8(v) ((v) != (v) ? (uint8_t)0 : (v) <= 0 ? (uint8_t)0 : (v) >= 255 ? (uint8_t)255 : (uint8_t)(v))

#define LOOP(TO, ...) \
  { \
    TO *out = y; \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) { \
      const T v = x[i]; \
      out[i] = __VA_ARGS__; \
    } \
    break; \
  }

#define FROM_FLOAT(NAME, TYPE) \
  static CLONES void NAME(const TYPE *x, mk_type to, void *y, ptrdiff_t n) { \
    switch (to) { \
      case MK_FLOAT32: LOOP(float, (float)v) \
      case MK_FLOAT64: LOOP(double, (double)v) \
      case MK_INT32: LOOP(int32_t, TO_I32(v)) \
      case MK_INT64: LOOP(int64_t, TO_I64(v)) \
      case MK_UINT8: LOOP(uint8_t, TO_U8(v)) \
      case MK_BOOL: LOOP(uint8_t, v != 0) \
      default: mk_unsupported_type("mk_convert", to); \
    } \
  }
#define FROM_INTEGER(NAME, TYPE) \
  static CLONES void NAME(const TYPE *x, mk_type to, void *y, ptrdiff_t n) { \
    switch (to) { \
      case MK_FLOAT32: LOOP(float, (float)v) \
      case MK_FLOAT64: LOOP(double, (double)v) \
      case MK_INT32: LOOP(int32_t, (int32_t)v) \
      case MK_INT64: LOOP(int64_t, (int64_t)v) \
      case MK_UINT8: LOOP(uint8_t, (uint8_t)v) \
      case MK_BOOL: LOOP(uint8_t, v != 0) \
      default: mk_unsupported_type("mk_convert", to); \
    } \
  }

#define T float
FROM_FLOAT(convert_f32, float)
#undef T
#define T double
FROM_FLOAT(convert_f64, double)
#undef T
#define T int32_t
FROM_INTEGER(convert_i32, int32_t)
#undef T
#define T int64_t
FROM_INTEGER(convert_i64, int64_t)
#undef T
#define T uint8_t
FROM_INTEGER(convert_u8, uint8_t)
#undef T

// The 16-bit types are converted by bit arithmetic, which needs no compiler support and vectorises.
INLINE float widen_half(uint16_t h) {
  const uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = (uint32_t)(h & 0x7fff) << 13;
  // A denormal h gets the exponent of 2^-14, which adds 2^-14 to its value; the subtraction takes that off again.
  const uint32_t finite = bits_f32(from_bits_f32(rest + (112u << 23)));
  const uint32_t denormal = bits_f32(from_bits_f32(rest + (113u << 23)) - 0x1p-14f);
  const uint32_t special = rest + (224u << 23);
  const uint32_t u = (h & 0x7c00) == 0 ? denormal : (h & 0x7c00) == 0x7c00 ? special : finite;
  return from_bits_f32(sign | u);
}

INLINE uint16_t narrow_half(float v) {
  const uint32_t u = bits_f32(v), sign = u >> 16 & 0x8000, a = u & 0x7fffffff;
  // Rounds half to even: just under half of the last place kept, and the last bit kept, are added before cutting off.
  const uint32_t normal = (a - (112u << 23) + 0xfff + (a >> 13 & 1)) >> 13;
  const uint32_t denormal = bits_f32(from_bits_f32(a) + 0.5f) - bits_f32(0.5f);
  const uint32_t special = a > 0x7f800000 ? 0x7e00 : 0x7c00;
  const uint32_t h = a >= 0x477ff000 ? special : a < 0x38800000 ? denormal : normal;
  return (uint16_t)(sign | h);
}

INLINE float widen_bfloat(uint16_t h) { return from_bits_f32((uint32_t)h << 16); }

INLINE uint16_t narrow_bfloat(float v) {
  const uint32_t u = bits_f32(v);
  const uint32_t rounded = (u + 0x7fff + (u >> 16 & 1)) >> 16;
  return (uint16_t)(v != v ? (u >> 16 | 0x40) : rounded);
}

// From double, rounded once: through float, the first rounding might make a tie for the second. `one_place` is a number
// whose last place is the type's smallest denormal, so that adding it rounds to a multiple of that; `too_large` is the
// midpoint between the largest number and the power of two above it, where infinity begins.
INLINE uint16_t narrow_double(double v, int mantissa, uint64_t bias, double least_normal, double one_place, double too_large) {
  const uint64_t u = bits_f64(v), sign = u >> 48 & 0x8000, a = u & 0x7fffffffffffffff;
  const int shift = 52 - mantissa;
  const uint64_t infinity = (2 * bias + 1) << mantissa;
  const uint64_t normal = (a - ((1023 - bias) << 52) + ((1ull << (shift - 1)) - 1) + (a >> shift & 1)) >> shift;
  const uint64_t denormal = bits_f64(from_bits_f64(a) + one_place) - bits_f64(one_place);
  const uint64_t special = a > 0x7ff0000000000000 ? infinity | 1ull << (mantissa - 1) : infinity;
  const uint64_t h = a >= bits_f64(too_large) ? special : a < bits_f64(least_normal) ? denormal : normal;
  return (uint16_t)(sign | h);
}

INLINE uint16_t narrow_half_double(double v) { return narrow_double(v, 10, 15, 0x1p-14, 0x1p28, 0x1.ffep15); }
INLINE uint16_t narrow_bfloat_double(double v) { return narrow_double(v, 7, 127, 0x1p-126, 0x1p-81, 0x1.ffp127); }

// A 64-bit integer as a double that rounds to a 16-bit type as the integer itself would: if bits that do not fit were
// set, the last bit kept is set as well (rounding to odd).
INLINE double odd_double(int64_t v) {
  const uint64_t sign = (uint64_t)(v >> 63), m = ((uint64_t)v ^ sign) - sign;
  const uint64_t cut = (m & ~0x7ffull) | (uint64_t)((m & 0x7ff) != 0) << 11, kept = m >> 53 ? cut : m;
  return __builtin_copysign((double)kept, (double)v);
}
static CLONES void widen_oddly(const int64_t *restrict x, double *restrict y, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) y[i] = odd_double(x[i]);
}

#define HALF(S, WIDEN, NARROW) \
  static CLONES void widen_##S(const uint16_t *restrict x, float *restrict y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = WIDEN(x[i]); \
  } \
  static CLONES void narrow_##S(const float *restrict x, uint16_t *restrict y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = NARROW(x[i]); \
  } \
  static CLONES void narrow_double_##S(const double *restrict x, uint16_t *restrict y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = NARROW##_double(x[i]); \
  }
HALF(f16, widen_half, narrow_half)
HALF(bf16, widen_bfloat, narrow_bfloat)

// Converts contiguous elements; neither type has 16 bits.
static void convert_run(mk_type from, const void *x, mk_type to, void *y, ptrdiff_t n) {
  BY_NUMERIC_OR_BOOL(from, convert, x, to, y, n)
}

void mk_convert(mk_type from, const void *x, ptrdiff_t xs, mk_type to, void *y, ptrdiff_t n) {
  const ptrdiff_t in = (ptrdiff_t)size_of_type(from), out = (ptrdiff_t)size_of_type(to);
  if (from == to) {
    mk_copy((size_t)in, x, xs, y, n);
    return;
  }
  _Alignas(64) char packed[TILE * 8];
  float wide[TILE];
  double wider[TILE];
  for (ptrdiff_t i = 0; i < n; i += TILE) {
    const ptrdiff_t count = n - i < TILE ? n - i : TILE;
    const void *p = (const char *)x + i * xs * in;
    void *q = (char *)y + i * out;
    mk_type have = from;
    if (xs != 1) mk_copy((size_t)in, p, xs, packed, count), p = packed;
    if (is_half(from)) {
      BY_HALF(from, widen, p, wide, count)
      p = wide;
      have = MK_FLOAT32;
    }
    if (!is_half(to)) {
      convert_run(have, p, to, q, count);
    } else if (have == MK_FLOAT32) {
      BY_HALF(to, narrow, p, q, count)
    } else {
      if (have == MK_INT64) widen_oddly(p, wider, count), p = wider;
      else if (have != MK_FLOAT64) convert_run(have, p, MK_FLOAT64, wider, count), p = wider;
      BY_HALF(to, narrow_double, p, q, count)
    }
  }
}
