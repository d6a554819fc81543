// Matrix products with AVX-512: on the operands as they are stored, on packed operands, and by dot products.
#include "matmul.h"

#include "clones.h"
#include "families.h"

#if defined(MARTLET_X86)
#include <immintrin.h>

// Not CLONES, because other processors use OpenBLAS's kernels. The features are named one by one, because naming a
// level limits vectors to 256 bits.
#define AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512cd,avx512vl")))
#define UNROLL _Pragma("clang loop unroll(full)")

enum {
  MOST_ROWS = 14,  // of a tile: with two vectors in a row, 28 of the 32 registers hold sums
  LOW_ROWS = 6,    // of a tile with four vectors in a row
  DEPTH = 256,     // of a block of k: a strip of A, 14 × 256 floats, stays in the first-level cache
  WIDTH = 768,     // floats in a row of a block of B: 256 × 768 stay in the second-level cache
  HALF_CACHE = 16 << 10,  // bytes: half of the first-level cache
  PAGE = 4096,
};

// The number of parts of k: as few as possible, of at most DEPTH each.
INLINE ptrdiff_t parts_of(ptrdiff_t k) { return (k + DEPTH - 1) / DEPTH; }

#define W 16
#define T float
#define V __m512
#define I __m512i_u32
#define M __mmask16
typedef uint32_t __m512i_u32 __attribute__((vector_size(64)));
#define NAME(x) x##_f32
#define LOAD(mask, p) _mm512_maskz_loadu_ps(mask, p)
#define STORE(p, mask, x) _mm512_mask_storeu_ps(p, mask, x)
#define PERMUTE(x, index, y) _mm512_permutex2var_ps(x, (__m512i)(index), y)
#define ADD_LANES(x) _mm512_reduce_add_ps(x)
#define SPLAT(x) _mm512_set1_ps(x)
// Keeps what is not at most 0, and so keeps NaN.
#define POSITIVE(x) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NLE_UQ), x)
#include "matmul_kernels.h"
#undef W
#undef T
#undef V
#undef I
#undef M
#undef NAME
#undef LOAD
#undef STORE
#undef PERMUTE
#undef ADD_LANES
#undef SPLAT
#undef POSITIVE

#define W 8
#define T double
#define V __m512d
#define I __m512i_u64
#define M __mmask8
typedef uint64_t __m512i_u64 __attribute__((vector_size(64)));
#define NAME(x) x##_f64
#define LOAD(mask, p) _mm512_maskz_loadu_pd(mask, p)
#define STORE(p, mask, x) _mm512_mask_storeu_pd(p, mask, x)
#define PERMUTE(x, index, y) _mm512_permutex2var_pd(x, (__m512i)(index), y)
#define ADD_LANES(x) _mm512_reduce_add_pd(x)
#define SPLAT(x) _mm512_set1_pd(x)
#define POSITIVE(x) _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_NLE_UQ), x)
#include "matmul_kernels.h"

bool mk_matmul_is_available(void) { return mk_processor_features() & 2; }

// Applies the activations that the kernels do not apply themselves.
static void finish(const mk_product *q) {
  if (q->activation >= MK_EPILOGUE_TANH) mk_finish_panel(q->type, q->activation, 0, q->c, q->c_row, q->m, q->n);
}

void mk_matmul_direct(const mk_product *q) {
  BY_FLOATING(q->type, direct, q)
  finish(q);
}

void mk_matmul_packed(const mk_product *q, void *workspace) {
  BY_FLOATING(q->type, packed, q, workspace)
  finish(q);
}

size_t mk_matmul_workspace(const mk_product *q) {
  const size_t size = size_of_type(q->type), width = 256 / size;
  size_t columns = ((size_t)q->n + width - 1) / width * width;
  const size_t most = WIDTH * sizeof(float) / size;
  if (columns > most) columns = most;
  return (16 + columns) * DEPTH * size;
}

void mk_matmul_dot(const mk_product *q) {
  BY_FLOATING(q->type, dot, q)
  finish(q);
}

#else

bool mk_matmul_is_available(void) { return false; }
void mk_matmul_direct(const mk_product *q) { (void)q; }
void mk_matmul_packed(const mk_product *q, void *workspace) { (void)q, (void)workspace; }
size_t mk_matmul_workspace(const mk_product *q) { return (void)q, 0; }
void mk_matmul_dot(const mk_product *q) { (void)q; }

#endif
