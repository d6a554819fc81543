// Counter-based random numbers: Philox 4x32-10 (Salmon et al., SC 2011).
// Element i of a draw depends on key, stream and counter + i / (elements in a block) alone, so a draw can be split
// anywhere, among any number of threads. `counter` is the low 64 bits of the 128-bit counter, `stream` the high 64.
#ifndef MARTLET_RANDOM_H
#define MARTLET_RANDOM_H
#include "types.h"

// One block: four 32-bit words.
void mk_philox_block(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]);
// Each of the following fills y[0 ..< n] with elements first ..< first + n of a draw. A block makes 4 elements of
// float32 or 2 of float64.
// Uniform in [low, high): float32 from 24 bits, float64 from 53 bits.
void mk_random_uniform(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, double low, double high, void *y, ptrdiff_t first, ptrdiff_t n);
// Normal by Box-Muller within a block.
void mk_random_normal(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, double mean, double deviation, void *y, ptrdiff_t first, ptrdiff_t n);
// Integers in [low, high): a 64-bit word (two 32-bit words) is multiplied into the range, so a block makes 2 elements
// of any type.
void mk_random_integers(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, int64_t low, int64_t high, void *y, ptrdiff_t first, ptrdiff_t n);
// y[i] = u < probability, with u as in mk_random_uniform for float32; a block makes 4 elements.
void mk_random_bernoulli(uint64_t key, uint64_t stream, uint64_t counter, double probability, uint8_t *y, ptrdiff_t first, ptrdiff_t n);
// y[i] = e^x[i], with the same bits on every processor.
void mk_random_exp(mk_type type, const void *x, void *y, ptrdiff_t n);
// The numbers 0 ..< n in random order. Takes n - 1 blocks.
void mk_random_permutation(uint64_t key, uint64_t stream, uint64_t counter, int64_t *y, ptrdiff_t n);

// Distributions whose elements are drawn one by one, with as many blocks as each needs: block j of element i is that of
// stream j and counter i. Parameters are float64 and valid, and are computed with as float64.
typedef enum mk_sample : uint8_t {
  MK_SAMPLE_EXPONENTIAL,       // of scale 1
  MK_SAMPLE_GUMBEL,            // of location 0 and scale 1
  MK_SAMPLE_LAPLACE,           // of location 0 and scale 1
  MK_SAMPLE_TRUNCATED_NORMAL,  // standard, within [a, b]
  MK_SAMPLE_GAMMA,             // of concentration a and scale b
  MK_SAMPLE_BETA,              // of concentrations a and b
  MK_SAMPLE_VON_MISES,         // of mean a and concentration b
  MK_SAMPLE_BERNOULLI,         // 1 with probability a, else 0
  MK_SAMPLE_BINOMIAL,          // of a trials of probability b
  MK_SAMPLE_POISSON,           // of rate a
  MK_SAMPLE_GEOMETRIC,         // the trials until the first success of probability a, at least 1
  MK_SAMPLE_RACE,              // log(exponential / weight a): the smallest are a choice without replacement
  MK_SAMPLE_COUNT
} mk_sample;
// Fills y[0 ..< n] of any numeric type or bool with elements first ..< first + n. Element i's parameters are a[i * as]
// and b[i * bs]. A number that an integer type cannot hold becomes the nearest that it can.
void mk_random_sample(mk_sample kind, uint64_t key, const double *a, ptrdiff_t as, const double *b, ptrdiff_t bs, mk_type type, void *y, ptrdiff_t first, ptrdiff_t n);
// Integers in [low, high) for each element.
void mk_random_between(uint64_t key, const int64_t *low, ptrdiff_t ls, const int64_t *high, ptrdiff_t hs, mk_type type, void *y, ptrdiff_t first, ptrdiff_t n);
// The first of n parameters that does not lie within the bounds, of which either may be excluded; n if all do. NaN lies
// nowhere. With `whole`, integers are wanted.
ptrdiff_t mk_first_outside(const double *x, ptrdiff_t n, double low, bool excludes_low, double high, bool excludes_high, bool whole);

// Rows of k weights. Returns the first row without a finite positive sum or with a weight that is negative or NaN; the
// number of rows if there is none.
ptrdiff_t mk_first_bad_weights(const double *w, ptrdiff_t rows, ptrdiff_t k);
// Weights from their logarithms, e^(x - the largest); the first row without a finite largest one, as above.
ptrdiff_t mk_weights_of_logits(const double *x, double *w, ptrdiff_t rows, ptrdiff_t k);
// What categorical and multinomial draws read: running sums; each weight's share of those from it on.
void mk_weight_sums(const double *w, double *sums, ptrdiff_t rows, ptrdiff_t k);
void mk_weight_shares(const double *w, double *shares, ptrdiff_t rows, ptrdiff_t k);
// y[0 ..< n] are indices with the probabilities that sums[i * stride ...] tell, for elements first ..< first + n.
void mk_random_categorical(uint64_t key, const double *sums, ptrdiff_t stride, ptrdiff_t k, int64_t *y, ptrdiff_t first, ptrdiff_t n);
// Rows of k counts that add up to trials[i * ts].
void mk_random_multinomial(uint64_t key, const double *shares, ptrdiff_t stride, const double *trials, ptrdiff_t ts, ptrdiff_t k, mk_type type, void *y, ptrdiff_t first, ptrdiff_t n);
// Rows of k numbers that add up to 1.
void mk_random_dirichlet(uint64_t key, const double *concentration, ptrdiff_t stride, ptrdiff_t k, double *y, ptrdiff_t first, ptrdiff_t n);
#endif
