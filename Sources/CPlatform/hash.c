// A hash of bytes, to tell two data sets apart: no protection against those who want two to look the same.
#include "CPlatform.h"

#include <string.h>

static inline uint64_t mixed(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
  return hash ^ hash >> 29;
}

uint64_t mk_hash(const void *bytes, size_t count, uint64_t seed) {
  const unsigned char *next = bytes;
  // Four independent chains, so that a multiplication need not wait for the one before.
  uint64_t lanes[4] = {seed + 1, seed + 2, seed + 3, seed + 4};
  size_t left = count;
  for (; left >= 32; left -= 32, next += 32) {
    uint64_t words[4];
    memcpy(words, next, 32);
    for (int lane = 0; lane < 4; lane++) lanes[lane] = mixed(lanes[lane], words[lane]);
  }
  uint64_t hash = mixed(seed, count);
  for (int lane = 0; lane < 4; lane++) hash = mixed(hash, lanes[lane]);
  while (left-- > 0) hash = mixed(hash, *next++);
  return mixed(hash, hash >> 32);
}
