// Random numbers that are drawn element by element: a row for each distribution.
#include <math.h>

#include "families.h"
#include "random.h"
#include "sample.h"

typedef double (*sampler)(cursor *c, double a, double b);

// The rows, in the order of mk_sample: what the parameters a and b make of the element's blocks.
#define ROWS(ROW) \
  ROW(exponential, draw_exponential(c)) \
  ROW(gumbel, -log_f64(draw_exponential(c))) \
  ROW(laplace, signed_by(next_words(c))) \
  ROW(truncated_normal, draw_truncated_normal(c, a, b)) \
  ROW(gamma, b * draw_gamma(c, a)) \
  ROW(beta, draw_beta(c, a, b)) \
  ROW(von_mises, draw_von_mises(c, a, b)) \
  ROW(bernoulli, unit(next_words(c).a) < a) \
  ROW(binomial, draw_binomial(c, a, b)) \
  ROW(poisson, draw_poisson(c, a)) \
  ROW(geometric, trials(log_f64(unit(next_words(c).a)) / log1p_exact(-a))) \
  ROW(race, a > 0.0 ? log_f64(draw_exponential(c)) - log_f64(a) : (double)INFINITY)

// An exponential number with a random sign.
INLINE double signed_by(words w) {
  const double x = -log_f64(unit(w.a));
  return w.b & 1 ? -x : x;
}

INLINE double trials(double x) { return x > 1.0 ? __builtin_ceil(x) : 1.0; }

#define FUNCTION(NAME, VALUE) \
  static double one_##NAME(cursor *c, double a, double b) { \
    (void)a, (void)b; \
    return VALUE; \
  }
ROWS(FUNCTION)
#define NAME(NAME, VALUE) one_##NAME,
static const sampler samplers[MK_SAMPLE_COUNT] = {ROWS(NAME)};

// The nearest number of an integer type.
#define NEAREST(S, TYPE, LEAST, MOST) \
  INLINE TYPE nearest_##S(double x) { return x >= (double)(MOST) ? (MOST) : x <= (double)(LEAST) ? (LEAST) : (TYPE)x; }
NEAREST(i32, int32_t, INT32_MIN, INT32_MAX)
NEAREST(i64, int64_t, INT64_MIN, INT64_MAX)
NEAREST(u8, uint8_t, 0, UINT8_MAX)
#define nearest_f32(x) ((float)(x))
#define nearest_f64(x) (x)

// Stores numbers at elements at ..< at + n.
#define STORE(S, TYPE) \
  INLINE void store_##S(const double *x, void *y, ptrdiff_t at, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) ((TYPE *)y)[at + i] = nearest_##S(x[i]); \
  }
STORE(f32, float)
STORE(f64, double)
STORE(i32, int32_t)
STORE(i64, int64_t)
STORE(u8, uint8_t)

static void store(mk_type type, const double *x, void *y, ptrdiff_t at, ptrdiff_t n) {
  BY_NUMERIC_OR_BOOL(type, store, x, y, at, n)
}

// Calls the statement with the cursor `c` of each element `first + i`. First blocks are made side by side, unless there
// are too few.
#define ELEMENTS(n, ...) \
  for (ptrdiff_t tile = 0; tile < (n); tile += LANES) { \
    uint32_t ready[WORDS]; \
    const ptrdiff_t end = (n) - tile < LANES ? (n) : tile + LANES; \
    const bool is_ready = end - tile > LANES / 4; \
    if (is_ready) philox_words(key, 0, (uint64_t)(first + tile), ready); \
    for (ptrdiff_t i = tile; i < end; i++) { \
      cursor c = {key, (uint64_t)(first + i), 0, is_ready ? ready + 4 * (i - tile) : NULL}; \
      __VA_ARGS__; \
    } \
  }

void mk_random_sample(mk_sample kind, uint64_t key, const double *a, ptrdiff_t as, const double *b, ptrdiff_t bs, mk_type type, void *y, ptrdiff_t first, ptrdiff_t n) {
  const sampler draw = samplers[kind];
  double made[LANES];
  ELEMENTS(n, {
    made[i - tile] = draw(&c, a[i * as], b[i * bs]);
    if (i == end - 1) store(type, made, y, tile, end - tile);
  })
}

#define BETWEEN(S, TYPE) \
  static void between_##S(uint64_t key, const int64_t *low, ptrdiff_t ls, const int64_t *high, ptrdiff_t hs, void *y, ptrdiff_t first, ptrdiff_t n) { \
    ELEMENTS(n, { \
      const uint64_t base = (uint64_t)low[i * ls], span = (uint64_t)high[i * hs] - base; \
      ((TYPE *)y)[i] = (TYPE)(base + (uint64_t)((unsigned __int128)next_words(&c).a * span >> 64)); \
    }) \
  }
BETWEEN(i32, int32_t)
BETWEEN(i64, int64_t)
BETWEEN(u8, uint8_t)

void mk_random_between(uint64_t key, const int64_t *low, ptrdiff_t ls, const int64_t *high, ptrdiff_t hs, mk_type type, void *y, ptrdiff_t first, ptrdiff_t n) {
  BY_INTEGER(type, between, key, low, ls, high, hs, y, first, n)
}

ptrdiff_t mk_first_outside(const double *x, ptrdiff_t n, double low, bool excludes_low, double high, bool excludes_high, bool whole) {
  for (ptrdiff_t i = 0; i < n; i++) {
    const bool is_above = excludes_low ? x[i] > low : x[i] >= low, is_below = excludes_high ? x[i] < high : x[i] <= high;
    if (!is_above || !is_below || (whole && __builtin_floor(x[i]) != x[i])) return i;
  }
  return n;
}

// MARK: Rows of weights

ptrdiff_t mk_first_bad_weights(const double *w, ptrdiff_t rows, ptrdiff_t k) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    double sum = 0.0;
    bool is_good = true;
    for (ptrdiff_t j = 0; j < k; j++) {
      const double weight = w[row * k + j];
      is_good &= weight >= 0.0;
      sum += weight;
    }
    if (!is_good || !(sum > 0.0 && sum < (double)INFINITY)) return row;
  }
  return rows;
}

ptrdiff_t mk_weights_of_logits(const double *x, double *w, ptrdiff_t rows, ptrdiff_t k) {
  for (ptrdiff_t row = 0; row < rows; row++, x += k, w += k) {
    double largest = -(double)INFINITY;
    bool has_nan = false;
    for (ptrdiff_t j = 0; j < k; j++) {
      has_nan |= x[j] != x[j];
      if (x[j] > largest) largest = x[j];
    }
    if (has_nan || !(largest - largest == 0.0)) return row;
    for (ptrdiff_t j = 0; j < k; j++) w[j] = exp_f64(x[j] - largest);
  }
  return rows;
}

void mk_weight_sums(const double *w, double *sums, ptrdiff_t rows, ptrdiff_t k) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    double sum = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) sums[row * k + j] = sum += w[row * k + j];
  }
}

void mk_weight_shares(const double *w, double *shares, ptrdiff_t rows, ptrdiff_t k) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    double rest = 0.0;
    for (ptrdiff_t j = k - 1; j >= 0; j--) {
      const double weight = w[row * k + j];
      rest += weight;
      shares[row * k + j] = weight > 0.0 ? weight / rest : 0.0;
    }
  }
}

// The first sum above a random part of the last one. A category without weight has the sum of the one before it, and is
// never the first.
void mk_random_categorical(uint64_t key, const double *sums, ptrdiff_t stride, ptrdiff_t k, int64_t *y, ptrdiff_t first, ptrdiff_t n) {
  ELEMENTS(n, {
    const double *sum = sums + i * stride;
    const double wanted = unit(next_words(&c).a) * sum[k - 1];
    ptrdiff_t low = 0, high = k - 1;
    // Rounding might reach the last sum itself.
    const bool is_last = !(wanted < sum[k - 1]);
    while (low < high) {
      const ptrdiff_t middle = low + (high - low) / 2;
      if (is_last ? sum[middle] >= wanted : sum[middle] > wanted) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    y[i] = low;
  })
}

// A binomial part of what is left for each category in turn. The blocks of a row are those of its number.
void mk_random_multinomial(uint64_t key, const double *shares, ptrdiff_t stride, const double *trials, ptrdiff_t ts, ptrdiff_t k, mk_type type, void *y, ptrdiff_t first, ptrdiff_t n) {
  ELEMENTS(n, {
    double left = trials[i * ts];
    for (ptrdiff_t j = 0; j < k; j++) {
      const double share = shares[i * stride + j];
      const double count = left == 0.0 || share == 0.0 ? 0.0 : share >= 1.0 ? left : draw_binomial(&c, left, share);
      left -= count;
      store(type, &count, y, i * k + j, 1);
    }
  })
}

// Gamma numbers over their sum, by their logarithms: with small concentrations all may be too small for the type.
void mk_random_dirichlet(uint64_t key, const double *concentration, ptrdiff_t stride, ptrdiff_t k, double *y, ptrdiff_t first, ptrdiff_t n) {
  ELEMENTS(n, {
    double *row = y + i * k;
    double largest = -(double)INFINITY, sum = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) {
      row[j] = draw_log_gamma(&c, concentration[i * stride + j]);
      if (row[j] > largest) largest = row[j];
    }
    for (ptrdiff_t j = 0; j < k; j++) sum += row[j] = exp_f64(row[j] - largest);
    for (ptrdiff_t j = 0; j < k; j++) row[j] /= sum;
  })
}
