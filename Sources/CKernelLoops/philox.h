// Philox 4x32-10: blocks side by side, and a cursor over the blocks of one element.
#ifndef MARTLET_PHILOX_H
#define MARTLET_PHILOX_H

#include "clones.h"

// The number of blocks generated side by side, and of 32-bit words in them.
enum { LANES = 16, WORDS = 4 * LANES };

// w[4 * j + k] is word k of block `counter + j`.
INLINE void philox_lanes(uint64_t key, uint64_t stream, uint64_t counter, int lanes, uint32_t *w) {
  for (int j = 0; j < lanes; j++) {
    const uint64_t at = counter + (uint64_t)j;
    uint32_t c0 = (uint32_t)at, c1 = (uint32_t)(at >> 32), c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    _Pragma("clang loop unroll(full)") for (int round = 0; round < 10; round++) {
      const uint64_t p0 = (uint64_t)0xD2511F53 * c0, p1 = (uint64_t)0xCD9E8D57 * c2;
      c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
      c1 = (uint32_t)p1;
      c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
      c3 = (uint32_t)p0;
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    w[4 * j] = c0;
    w[4 * j + 1] = c1;
    w[4 * j + 2] = c2;
    w[4 * j + 3] = c3;
  }
}

static CLONES void philox_words(uint64_t key, uint64_t stream, uint64_t counter, uint32_t *w) {
  philox_lanes(key, stream, counter, LANES, w);
}

INLINE uint64_t wide_word(const uint32_t *w, int j) { return (uint64_t)w[2 * j + 1] << 32 | w[2 * j]; }

// The blocks that belong to one element: `counter` is the element, the stream counts its blocks. The first one may have
// been made already, side by side with those of other elements.
typedef struct {
  uint64_t key, counter, block;
  const uint32_t *first;
} cursor;

typedef struct { uint64_t a, b; } words;

INLINE words next_words(cursor *c) {
  uint32_t w[4];
  const uint32_t *from = w;
  if (c->block == 0 && c->first) {
    from = c->first;
  } else {
    philox_lanes(c->key, c->block, c->counter, 1, w);
  }
  c->block++;
  return (words){wide_word(from, 0), wide_word(from, 1)};
}

// In (0, 1), in steps of 2^-52, from the upper bits; the lower 12 are not used.
INLINE double unit(uint64_t w) { return ((double)(int64_t)(w >> 12) + 0.5) * 0x1p-52; }

#endif
