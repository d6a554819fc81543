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
#endif
