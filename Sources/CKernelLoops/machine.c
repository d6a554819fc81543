// Kernels that measure the machine: arithmetic without memory traffic, and memory traffic with hardly any arithmetic.
#include "machine.h"

#include "clones.h"
#include "families.h"

typedef float lanes_f32 __attribute__((vector_size(64), aligned(4)));
typedef double lanes_f64 __attribute__((vector_size(64), aligned(8)));

// How many independent chains there may be: 12 suit two 512-bit units with a latency of 4, 6 processors where 64 bytes
// take two of sixteen registers, and 3 those where they take four.
#define COUNTS(DO) DO(3) DO(4) DO(5) DO(6) DO(8) DO(10) DO(12) DO(16) DO(24)

#define CHAINS_OF(N, S, TYPE, LANES) \
  static CLONES void chains_##N##_##S(void *x, TYPE factor, TYPE addend, ptrdiff_t repeats) { \
    _Pragma("clang fp contract(fast)"); \
    LANES chain[N]; \
    memcpy(chain, x, sizeof chain); \
    for (ptrdiff_t r = 0; r < repeats; r++) { \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < N; i++) chain[i] = chain[i] * factor + addend; \
    } \
    memcpy(x, chain, sizeof chain); \
  }
#define CHAINS(N) CHAINS_OF(N, f32, float, lanes_f32) CHAINS_OF(N, f64, double, lanes_f64)
COUNTS(CHAINS)

int mk_multiply_add_count(int index) {
#define COUNT(N) N,
  static const int counts[] = {COUNTS(COUNT) 0};
  return counts[index];
}

bool mk_multiply_add(mk_type type, int vectors, void *x, double factor, double addend, ptrdiff_t repeats) {
  switch (vectors) {
#define CALL(N) \
  case N: \
    BY_FLOATING(type, chains_##N, x, factor, addend, repeats) \
    return true;
    COUNTS(CALL)
  }
  return false;
}

static CLONES void triad(float *restrict a, const float *restrict b, const float *restrict c, float factor, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) a[i] = b[i] + factor * c[i];
}

static CLONES void triad_streaming(float *a, const float *b, const float *c, float factor, ptrdiff_t n) {
  typedef float aligned __attribute__((vector_size(64)));
  for (ptrdiff_t i = 0; i < n; i += 16) {
    __builtin_nontemporal_store(*(const lanes_f32 *)(b + i) + factor * *(const lanes_f32 *)(c + i), (aligned *)(a + i));
  }
  // Nothing weaker than a full fence orders streaming stores.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void mk_triad(bool streaming, float *a, const float *b, const float *c, float factor, ptrdiff_t n) {
  if (streaming) triad_streaming(a, b, c, factor, n);
  else triad(a, b, c, factor, n);
}
