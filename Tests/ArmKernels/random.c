// Random numbers, which have the same bits on every machine.
#include "record.h"

#include <stdio.h>
#include <stdlib.h>

enum { N = 1003 };
static const uint64_t key = 0x0123456789abcdef, stream = 7, counter = 0xfffffffffffffff0;

static void draws(void) {
  EACH_OF(uint64_t, start, 0, 5, 0xffffffff, 0xffffffffffffffff) {
    uint32_t block[4];
    mk_philox_block(key, stream, start, block);
    record("philox", MK_INT32, block, 4, SAME);
  }
  EACH_OF(mk_type, type, FLOATING) {
    void *y = room(type, N), *x = numbers(type, N, -80, 80);
    mk_random_uniform(type, key, stream, counter, -2, 3, y, 3, N);
    record("uniform", type, y, N, SAME);
    mk_random_normal(type, key, stream, counter, 1, 2, y, 3, N);
    record("normal", type, y, N, SAME);
    mk_random_exp(type, x, y, N);
    record("exp", type, y, N, SAME);
    free(y), free(x);
  }
  EACH_OF(mk_type, type, INTEGERS) {
    void *y = room(type, N);
    mk_random_integers(type, key, stream, counter, type == MK_UINT8 ? 3 : -1000, 200, y, 3, N);
    record("integers", type, y, N, SAME);
    const int64_t low[] = {0}, high[] = {200};
    mk_random_between(key, low, 0, high, 0, type, y, 3, N);
    record("between", type, y, N, SAME);
    free(y);
  }
  uint8_t *heads = room(MK_BOOL, N);
  mk_random_bernoulli(key, stream, counter, 0.3, heads, 3, N);
  record("bernoulli", MK_BOOL, heads, N, SAME);
  int64_t *order = room(MK_INT64, N);
  mk_random_permutation(key, stream, counter, order, N);
  record("permutation", MK_INT64, order, N, SAME);
  free(heads), free(order);
}

// Parameters for which every branch of a distribution is taken.
static void distributions(void) {
  static const struct { mk_sample kind; double a, b; } cases[] = {
    {MK_SAMPLE_EXPONENTIAL, 0, 0}, {MK_SAMPLE_GUMBEL, 0, 0}, {MK_SAMPLE_LAPLACE, 0, 0},
    {MK_SAMPLE_TRUNCATED_NORMAL, -1, 2}, {MK_SAMPLE_TRUNCATED_NORMAL, 3, 9}, {MK_SAMPLE_TRUNCATED_NORMAL, -0.1, 0.1},
    {MK_SAMPLE_GAMMA, 0.3, 2}, {MK_SAMPLE_GAMMA, 1, 1}, {MK_SAMPLE_GAMMA, 40, 0.5}, {MK_SAMPLE_BETA, 0.5, 0.5}, {MK_SAMPLE_BETA, 3, 7},
    {MK_SAMPLE_VON_MISES, 1, 1e-8}, {MK_SAMPLE_VON_MISES, 1, 2}, {MK_SAMPLE_VON_MISES, 0, 1000}, {MK_SAMPLE_BERNOULLI, 0.4, 0},
    {MK_SAMPLE_BINOMIAL, 10, 0.3}, {MK_SAMPLE_BINOMIAL, 1000, 0.4}, {MK_SAMPLE_BINOMIAL, 1e6, 0.999}, {MK_SAMPLE_POISSON, 0.5, 0}, {MK_SAMPLE_POISSON, 30, 0},
    {MK_SAMPLE_POISSON, 1e6, 0}, {MK_SAMPLE_GEOMETRIC, 0.01, 0}, {MK_SAMPLE_GEOMETRIC, 0.7, 0}, {MK_SAMPLE_RACE, 0.25, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) EACH_OF(mk_type, type, FLOATING, INTEGERS, MK_BOOL) {
    void *y = room(type, N);
    mk_random_sample(cases[i].kind, key + i, &cases[i].a, 0, &cases[i].b, 0, type, y, 3, N);
    char name[32];
    snprintf(name, sizeof name, "sample-%d", cases[i].kind);
    record(name, type, y, N, SAME);
    free(y);
  }
}

static void weights(void) {
  const ptrdiff_t rows = 3, k = 9;
  double *w = numbers(MK_FLOAT64, rows * k, 0, 2), *sums = room(MK_FLOAT64, rows * k), *shares = room(MK_FLOAT64, rows * k);
  int64_t found = mk_first_bad_weights(w, rows, k), drawn[N];
  record("bad-weights", MK_INT64, &found, 1, SAME);
  mk_weight_sums(w, sums, rows, k);
  record("weight-sums", MK_FLOAT64, sums, rows * k, SAME);
  mk_weight_shares(w, shares, rows, k);
  record("weight-shares", MK_FLOAT64, shares, rows * k, SAME);
  mk_random_categorical(key, sums, 0, k, drawn, 3, N);
  record("categorical", MK_INT64, drawn, N, SAME);
  const double trials = 50;
  EACH_OF(mk_type, type, FLOATING, INTEGERS) {
    void *y = room(type, 20 * k);
    mk_random_multinomial(key, shares, 0, &trials, 0, k, type, y, 3, 20);
    record("multinomial", type, y, 20 * k, SAME);
    free(y);
  }
  double *parts = room(MK_FLOAT64, 20 * k);
  mk_random_dirichlet(key, w, 0, k, parts, 3, 20);
  record("dirichlet", MK_FLOAT64, parts, 20 * k, SAME);
  double *logits = numbers(MK_FLOAT64, rows * k, -3, 3);
  found = mk_weights_of_logits(logits, w, rows, k);
  record("weights-of-logits", MK_FLOAT64, w, rows * k, SAME);
  found = mk_first_outside(logits, rows * k, -1, true, 1, false, false);
  record("first-outside", MK_INT64, &found, 1, SAME);
  free(w), free(sums), free(shares), free(parts), free(logits);
}

void record_random(void) {
  begin_family(51);
  draws();
  distributions();
  weights();
}
