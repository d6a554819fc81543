// Matrix products with AVX2 and FMA: 16 registers of 32 bytes. Masked loads take twice as long as others and masked
// stores ten times on some processors, so that only edges have the former, and nothing the latter.
#include "matmul_levels.h"

#if defined(MARTLET_X86)
#include <immintrin.h>

#define LEVEL __attribute__((target("avx2,fma")))

// What these are is said in matmul_avx512.c.
enum {
  MOST_ROWS = 6,  // with two vectors in a row, 12 of the 16 registers hold sums
  LOW_ROWS = 4,
  WIDE = 3,
  PAGE_ROWS = MOST_ROWS,
  STRIP = 8,
  PACKS_ROWS = 1,
  FAR_APART = 1024,
  DOT_ROWS = 3,
  DOT_COLUMNS = 4,
  MASKS = 0,
};
#define IS_EDGE(v, vectors) (vectors == 1)

#define LOW_TILES(DO, V) DO(1, V) DO(2, V) DO(3, V) DO(4, V)
#define HIGH_TILES(DO, V) DO(5, V) DO(6, V)
#define TILES(DO) LOW_TILES(DO, 1) HIGH_TILES(DO, 1) LOW_TILES(DO, 2) HIGH_TILES(DO, 2) LOW_TILES(DO, 3)
#define DOTS(DO, R) DO(R, 1) DO(R, 2) DO(R, 3) DO(R, 4)
#define DOT_TILES(DO) DOTS(DO, 1) DOTS(DO, 2) DOTS(DO, 3)

// The mask of `lanes` words begins at word 8 - lanes.
static const int32_t mask_words[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
INLINE LEVEL __m256i mask_of(ptrdiff_t words) { return _mm256_loadu_si256((const __m256i_u *)(mask_words + 8 - words)); }

// A mask is the number of its lanes, 0 … W.
#define M ptrdiff_t
#define LOAD_ALL(p) (*(const NAME(unaligned) *)(p))
#define STORE_ALL(p, x) (*(NAME(unaligned) *)(p) = (x))
#define LOAD(mask, p) NAME(load)(mask, p)
#define STORE(p, mask, x) NAME(store)(p, mask, x)
#define ADD_LANES(x) NAME(add_lanes)(x)
#define SHUFFLE __builtin_shufflevector

#define W 8
#define T float
#define V __m256
#define NAME(x) x##_f32
#define SPLAT(x) _mm256_set1_ps(x)
#define POSITIVE(x) _mm256_and_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_NLE_UQ), x)
typedef V unaligned_f32 __attribute__((aligned(4), may_alias));
INLINE M mask_f32(ptrdiff_t lanes) { return lanes >= W ? W : lanes <= 0 ? 0 : lanes; }
INLINE LEVEL V load_f32(M lanes, const T *p) { return _mm256_maskload_ps(p, mask_of(lanes)); }
INLINE LEVEL void store_f32(T *p, M lanes, V x) {
  if (lanes == W) {
    STORE_ALL(p, x);
    return;
  }
  __m128 part = _mm256_castps256_ps128(x);
  if (lanes & 4) {
    _mm_storeu_ps(p, part);
    part = _mm256_extractf128_ps(x, 1);
    p += 4;
  }
  if (lanes & 2) {
    _mm_storel_pi((__m64 *)p, part);
    part = _mm_movehl_ps(part, part);
    p += 2;
  }
  if (lanes & 1) _mm_store_ss(p, part);
}
INLINE LEVEL T add_lanes_f32(V x) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return two[0] + two[1];
}
INLINE LEVEL void exchange_f32(const int d, V *x, V *y) {
  const V a = *x, b = *y;
  *x = d == 1 ? SHUFFLE(a, b, 0, 8, 2, 10, 4, 12, 6, 14) : d == 2 ? SHUFFLE(a, b, 0, 1, 8, 9, 4, 5, 12, 13) : SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
  *y = d == 1 ? SHUFFLE(a, b, 1, 9, 3, 11, 5, 13, 7, 15) : d == 2 ? SHUFFLE(a, b, 2, 3, 10, 11, 6, 7, 14, 15) : SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}
#include "matmul_kernels.h"
#undef W
#undef T
#undef V
#undef NAME
#undef SPLAT
#undef POSITIVE

#define W 4
#define T double
#define V __m256d
#define NAME(x) x##_f64
#define SPLAT(x) _mm256_set1_pd(x)
#define POSITIVE(x) _mm256_and_pd(_mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_NLE_UQ), x)
typedef V unaligned_f64 __attribute__((aligned(8), may_alias));
INLINE M mask_f64(ptrdiff_t lanes) { return lanes >= W ? W : lanes <= 0 ? 0 : lanes; }
INLINE LEVEL V load_f64(M lanes, const T *p) { return _mm256_maskload_pd(p, mask_of(2 * lanes)); }
INLINE LEVEL void store_f64(T *p, M lanes, V x) {
  if (lanes == W) {
    STORE_ALL(p, x);
    return;
  }
  __m128d part = _mm256_castpd256_pd128(x);
  if (lanes & 2) {
    _mm_storeu_pd(p, part);
    part = _mm256_extractf128_pd(x, 1);
    p += 2;
  }
  if (lanes & 1) _mm_store_sd(p, part);
}
INLINE LEVEL T add_lanes_f64(V x) {
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
  return two[0] + two[1];
}
INLINE LEVEL void exchange_f64(const int d, V *x, V *y) {
  const V a = *x, b = *y;
  *x = d == 1 ? SHUFFLE(a, b, 0, 4, 2, 6) : SHUFFLE(a, b, 0, 1, 4, 5);
  *y = d == 1 ? SHUFFLE(a, b, 1, 5, 3, 7) : SHUFFLE(a, b, 2, 3, 6, 7);
}
#include "matmul_kernels.h"

MATMUL_KERNELS(mk_matmul_avx2)
#endif
