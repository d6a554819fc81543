// Matrix products with AVX-512: 32 registers of 64 bytes, and masks that cost nothing.
#include "matmul_levels.h"

#if defined(MARTLET_X86)
#include <immintrin.h>

// Not CLONES, because the kernels are written for a number of registers. The features are named one by one, because
// naming a level limits vectors to 256 bits.
#define LEVEL __attribute__((target("avx512f,avx512dq,avx512bw,avx512cd,avx512vl")))

enum {
  MOST_ROWS = 14,        // of a tile: with two vectors in a row, 28 of the 32 registers hold sums
  LOW_ROWS = 6,          // of a tile with four vectors in a row
  WIDE = 4,              // vectors in a row of a low tile
  PAGE_ROWS = LOW_ROWS,  // of a tile where A's rows are whole pages apart
  STRIP = 16,            // elements in a packed column of A
  PACKS_ROWS = 0,        // whether A's rows are packed too
  FAR_APART = PAGE,      // bytes from which on packing A pays
  DOT_ROWS = 4,
  DOT_COLUMNS = 6,
  MASKS = 1,  // whether masked loads are as fast as others
};
// Which vector of a tile's row of B is loaded by the mask.
#define IS_EDGE(v, vectors) (v == vectors - 1)

// All tiles, and all tiles of dot products: DO(rows, vectors) and DO(rows, columns).
#define LOW_TILES(DO, V) DO(1, V) DO(2, V) DO(3, V) DO(4, V) DO(5, V) DO(6, V)
#define HIGH_TILES(DO, V) DO(7, V) DO(8, V) DO(9, V) DO(10, V) DO(11, V) DO(12, V) DO(13, V) DO(14, V)
#define TILES(DO) LOW_TILES(DO, 1) HIGH_TILES(DO, 1) LOW_TILES(DO, 2) HIGH_TILES(DO, 2) LOW_TILES(DO, 4)
#define DOTS(DO, R) DO(R, 1) DO(R, 2) DO(R, 3) DO(R, 4) DO(R, 5) DO(R, 6)
#define DOT_TILES(DO) DOTS(DO, 1) DOTS(DO, 2) DOTS(DO, 3) DOTS(DO, 4)

// Exchanges the lanes of x that have the bit d with the lanes of y that lack it.
#define EXCHANGE(V, W, I, PERMUTE) \
  INLINE LEVEL void NAME(exchange)(const int d, V *x, V *y) { \
    I low, high; \
    UNROLL for (int l = 0; l < W; l++) { \
      low[l] = l & d ? W + l - d : l; \
      high[l] = l & d ? W + l : l + d; \
    } \
    const V upper = *x, lower = *y; \
    *x = PERMUTE(upper, (__m512i)low, lower); \
    *y = PERMUTE(upper, (__m512i)high, lower); \
  }
#define LOAD_ALL(p) LOAD(NAME(mask)(W), p)
#define STORE_ALL(p, x) STORE(p, NAME(mask)(W), x)

typedef uint32_t words __attribute__((vector_size(64)));
typedef uint64_t long_words __attribute__((vector_size(64)));

#define W 16
#define T float
#define V __m512
#define M __mmask16
#define NAME(x) x##_f32
#define LOAD(mask, p) _mm512_maskz_loadu_ps(mask, p)
#define STORE(p, mask, x) _mm512_mask_storeu_ps(p, mask, x)
#define ADD_LANES(x) _mm512_reduce_add_ps(x)
#define SPLAT(x) _mm512_set1_ps(x)
// Keeps what is not at most 0, and so keeps NaN.
#define POSITIVE(x) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NLE_UQ), x)
INLINE M mask_f32(ptrdiff_t lanes) { return lanes >= W ? (M)-1 : lanes <= 0 ? 0 : (M)((1u << lanes) - 1); }
EXCHANGE(V, W, words, _mm512_permutex2var_ps)
#include "matmul_kernels.h"
#undef W
#undef T
#undef V
#undef M
#undef NAME
#undef LOAD
#undef STORE
#undef ADD_LANES
#undef SPLAT
#undef POSITIVE

#define W 8
#define T double
#define V __m512d
#define M __mmask8
#define NAME(x) x##_f64
#define LOAD(mask, p) _mm512_maskz_loadu_pd(mask, p)
#define STORE(p, mask, x) _mm512_mask_storeu_pd(p, mask, x)
#define ADD_LANES(x) _mm512_reduce_add_pd(x)
#define SPLAT(x) _mm512_set1_pd(x)
#define POSITIVE(x) _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_NLE_UQ), x)
INLINE M mask_f64(ptrdiff_t lanes) { return lanes >= W ? (M)-1 : lanes <= 0 ? 0 : (M)((1u << lanes) - 1); }
EXCHANGE(V, W, long_words, _mm512_permutex2var_pd)
#include "matmul_kernels.h"

MATMUL_KERNELS(mk_matmul_avx512)
#endif
