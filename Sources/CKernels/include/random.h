// Counter-based random numbers: Philox 4x32-10 (Salmon et al., SC 2011).
// Element i of a draw depends on (key, counter + i / per_block) alone, so a draw can be split anywhere at any thread count.
// counter is the low 64 bits of the 128-bit counter, `stream` the high 64.
#ifndef MARTLET_RANDOM_H
#define MARTLET_RANDOM_H
#include "types.h"

// One block: four 32-bit words.
void mk_philox_block(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]);
// Each fills elements first ..< first + n of a draw into y[0 ..< n]. Elements per block: 4 for float32, int32 and uint8, 2 for float64 and int64.
// Uniform in [low, high): float32 from 24 bits, float64 from 53 bits.
void mk_random_uniform(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, double low, double high, void *y, ptrdiff_t first, ptrdiff_t n);
// Normal by Box-Muller within a block.
void mk_random_normal(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, double mean, double deviation, void *y, ptrdiff_t first, ptrdiff_t n);
// Integers in [low, high): a 64-bit word (two 32-bit words) multiplied into the range for every type, so 2 elements a block for every type here.
void mk_random_integers(mk_type type, uint64_t key, uint64_t stream, uint64_t counter, int64_t low, int64_t high, void *y, ptrdiff_t first, ptrdiff_t n);
// y[i] = u < probability, u as in mk_random_uniform for float32; 4 a block.
void mk_random_bernoulli(uint64_t key, uint64_t stream, uint64_t counter, double probability, uint8_t *y, ptrdiff_t first, ptrdiff_t n);
#endif
