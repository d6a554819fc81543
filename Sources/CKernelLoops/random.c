// Random numbers by Philox, in whole tiles of blocks. Nothing here is contracted or reassociated, so that the numbers are
// the same on every processor.
#include "random.h"

#include <math.h>

#include "families.h"
#include "philox.h"
#include "random_math.h"

void mk_philox_block(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]) {
  philox_lanes(key, stream, counter, 1, out);
}

// Fills y with elements first ..< first + n. For each tile of words that they come from, the statement makes PER_TILE
// elements of the words, and those asked for are copied.
typedef struct { uint64_t key, stream, counter; } source;
#define TILES(TYPE, PER_TILE, ...) \
  { \
    uint32_t w[WORDS]; \
    TYPE made[PER_TILE]; \
    TYPE *out = y; \
    for (ptrdiff_t done = 0; done < n;) { \
      const ptrdiff_t at = first + done, tile = at / (PER_TILE), skip = at % (PER_TILE); \
      const ptrdiff_t left = (PER_TILE) - skip, count = n - done < left ? n - done : left; \
      philox_words(from.key, from.stream, from.counter + (uint64_t)tile * LANES, w); \
      __VA_ARGS__; \
      memcpy(out + done, made + skip, (size_t)count * sizeof *out); \
      done += count; \
    } \
  }

// A range [low, high). Rounding might reach `high`, so `most`, the number below it, is the limit.
typedef struct { float low, span, most; } range_f32;
typedef struct { double low, span, most; } range_f64;

static CLONES void uniform_tile_f32(const uint32_t *w, range_f32 range, float *y) {
  for (int j = 0; j < WORDS; j++) {
    const float v = range.low + (float)(int32_t)(w[j] >> 8) * 0x1p-24f * range.span;
    y[j] = v > range.most ? range.most : v;
  }
}

static CLONES void uniform_tile_f64(const uint32_t *w, range_f64 range, double *y) {
  for (int j = 0; j < WORDS / 2; j++) {
    const double v = range.low + (double)(int64_t)(wide_word(w, j) >> 11) * 0x1p-53 * range.span;
    y[j] = v > range.most ? range.most : v;
  }
}

static void uniform_f32(source from, float low, float high, float *y, ptrdiff_t first, ptrdiff_t n) {
  const range_f32 range = {low, high - low, low < high ? nextafterf(high, low) : low};
  TILES(float, WORDS, uniform_tile_f32(w, range, made))
}
static void uniform_f64(source from, double low, double high, double *y, ptrdiff_t first, ptrdiff_t n) {
  const range_f64 range = {low, high - low, low < high ? nextafter(high, low) : low};
  TILES(double, WORDS / 2, uniform_tile_f64(w, range, made))
}

void mk_random_uniform(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, double low, double high, void *y, ptrdiff_t first, ptrdiff_t n) {
  const source from = {key, stream, counter};
  BY_FLOATING(type, uniform, from, low, high, y, first, n)
}

// log(u) for normal u in (0, 1]. The logarithm in vector_math.h may be contracted; this one is not.
INLINE float log_unit(float u) {
  const uint32_t root = 0x3f3504f3, bits = bits_f32(u) - root;
  const float f = from_bits_f32((bits & 0x7fffff) + root) - 1.0f, k = (float)((int32_t)bits >> 23), z = f * f;
  float p = -0x1.41b2cap-4f;
  p = p * f + 0x1.0804fcp-3f;
  p = p * f + -0x1.0cffecp-3f;
  p = p * f + 0x1.2268dp-3f;
  p = p * f + -0x1.547546p-3f;
  p = p * f + 0x1.99a5cp-3f;
  p = p * f + -0x1.00022ap-2f;
  p = p * f + 0x1.55554ap-2f;
  const float tail = (f * z * p - 0.5f * z) + k * -0x1.bd0106p-13f;
  return (f + tail) + k * 0x1.63p-1f;
}

// Sine and cosine of the angle 2 pi w / 2^32, split into the nearest quarter turn and the rest.
INLINE void sin_cos_turn(uint32_t w, float *sine, float *cosine) {
  const uint32_t quarter = (w + 0x20000000) >> 30;
  const float r = (float)(int32_t)(w - (quarter << 30)) * 0x1.921fb6p-30f, z = r * r;
  const float s = r + r * z * ((-0x1.9951e6p-13f * z + 0x1.110774p-7f) * z + -0x1.555546p-3f);
  const float c = (1.0f - 0.5f * z) + z * z * ((0x1.99df14p-16f * z + -0x1.6c0c16p-10f) * z + 0x1.55554ap-5f);
  const float a = quarter & 1 ? c : s, b = quarter & 1 ? s : c;
  *sine = from_bits_f32(bits_f32(a) ^ (quarter & 2) << 30);
  *cosine = from_bits_f32(bits_f32(b) ^ ((quarter + 1) & 2) << 30);
}

// Box-Muller on words 0, 1 and on words 2, 3 of each block.
static CLONES void normal_tile_f32(const uint32_t *w, float mean, float deviation, float *y) {
  for (int j = 0; j < WORDS / 2; j++) {
    // u has all 32 bits, so that the tail reaches 6.7 deviations, and is never 0.
    const float u = (float)w[2 * j] * 0x1p-32f + 0x1p-33f;
    const float radius = deviation * __builtin_elementwise_sqrt(-2.0f * log_unit(u));
    float sine, cosine;
    sin_cos_turn(w[2 * j + 1], &sine, &cosine);
    y[2 * j] = mean + radius * cosine;
    y[2 * j + 1] = mean + radius * sine;
  }
}

static CLONES void normal_tile_f64(const uint32_t *w, double mean, double deviation, double *y) {
  for (int j = 0; j < WORDS / 4; j++) {
    const double u = ((double)(int64_t)(wide_word(w, 2 * j) >> 11) + 0.5) * 0x1p-53;
    const double radius = deviation * __builtin_elementwise_sqrt(-2.0 * log_f64(u));
    double sine, cosine;
    sin_cos_turn_f64(wide_word(w, 2 * j + 1), &sine, &cosine);
    y[2 * j] = mean + radius * cosine;
    y[2 * j + 1] = mean + radius * sine;
  }
}

static void normal_f32(source from, float mean, float deviation, float *y, ptrdiff_t first, ptrdiff_t n) {
  TILES(float, WORDS, normal_tile_f32(w, mean, deviation, made))
}
static void normal_f64(source from, double mean, double deviation, double *y, ptrdiff_t first, ptrdiff_t n) {
  TILES(double, WORDS / 2, normal_tile_f64(w, mean, deviation, made))
}

void mk_random_normal(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, double mean, double deviation, void *y, ptrdiff_t first, ptrdiff_t n) {
  const source from = {key, stream, counter};
  BY_FLOATING(type, normal, from, mean, deviation, y, first, n)
}

// An integer is the high half of a 64-bit word times the size of the range.
#define INTEGERS(S, TYPE) \
  INLINE void integers_tile_##S(const uint32_t *w, int64_t low, uint64_t span, TYPE *made) { \
    _Pragma("clang loop vectorize(disable)") for (int j = 0; j < WORDS / 2; j++) \
      made[j] = (TYPE)((uint64_t)low + (uint64_t)((unsigned __int128)wide_word(w, j) * span >> 64)); \
  } \
  static void integers_##S(source from, int64_t low, uint64_t span, TYPE *y, ptrdiff_t first, ptrdiff_t n) { \
    TILES(TYPE, WORDS / 2, integers_tile_##S(w, low, span, made)) \
  }
INTEGERS(i32, int32_t)
INTEGERS(i64, int64_t)
INTEGERS(u8, uint8_t)

void mk_random_integers(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, int64_t low, int64_t high, void *y, ptrdiff_t first, ptrdiff_t n) {
  const source from = {key, stream, counter};
  const uint64_t span = (uint64_t)high - (uint64_t)low;
  BY_INTEGER(type, integers, from, low, span, y, first, n)
}

// For u = k / 2^24, u < probability is k < limit.
static CLONES void bernoulli_tile(const uint32_t *w, uint32_t limit, uint8_t *y) {
  for (int j = 0; j < WORDS; j++) y[j] = (w[j] >> 8) < limit;
}

void mk_random_bernoulli(uint64_t key, uint64_t stream, uint64_t counter, double probability, uint8_t *y, ptrdiff_t first, ptrdiff_t n) {
  const source from = {key, stream, counter};
  const double scaled = ceil(probability * 0x1p24);
  const uint32_t limit = scaled >= 0x1p24 ? 1u << 24 : scaled > 0 ? (uint32_t)scaled : 0;
  TILES(uint8_t, WORDS, bernoulli_tile(w, limit, made))
}

// The exponential, which the compiler may turn into vectors but not into other arithmetic.
#define EXP(S, TYPE) \
  static CLONES void exp_exact_##S(const TYPE *x, TYPE *y, ptrdiff_t n) { \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = (TYPE)exp_f64((double)x[i]); \
  }
EXP(f32, float)
EXP(f64, double)

void mk_random_exp(mk_type type, const void *x, void *y, ptrdiff_t n) { BY_FLOATING(type, exp_exact, x, y, n) }

// The values of Fisher and Yates' exchanges come from the first words of consecutive blocks, LANES of them at a time.
void mk_random_permutation(uint64_t key, uint64_t stream, uint64_t counter, int64_t *y, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) y[i] = i;
  uint32_t w[WORDS];
  for (ptrdiff_t i = 0; i < n - 1; i++) {
    const ptrdiff_t lane = i % LANES;
    if (lane == 0) philox_words(key, stream, counter + (uint64_t)i, w);
    const ptrdiff_t j = i + (ptrdiff_t)((unsigned __int128)wide_word(w, (int)(2 * lane)) * (uint64_t)(n - i) >> 64);
    const int64_t other = y[j];
    y[j] = y[i];
    y[i] = other;
  }
}
