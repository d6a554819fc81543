// Transposes: a matrix stored by columns is written by rows.
#include "clones.h"
#include "families.h"
#include "copy.h"
#include "stream.h"

// A square of vectors is transposed by swapping its two off-diagonal quarters, then those of each quarter, and so on.
typedef uint32_t vector_32 __attribute__((vector_size(64), may_alias));
typedef uint64_t vector_64 __attribute__((vector_size(64), may_alias));

#define FROM(N, D, J) ((J) & (D) ? (N) + (J) - (D) : (J))
#define PAST(N, D, J) ((J) & (D) ? (N) + (J) : (J) + (D))
#define INDICES_8(F, N, D, J) \
  F(N, D, J), F(N, D, J + 1), F(N, D, J + 2), F(N, D, J + 3), F(N, D, J + 4), F(N, D, J + 5), F(N, D, J + 6), F(N, D, J + 7)
#define INDICES_16(F, N, D, J) INDICES_8(F, N, D, 0), INDICES_8(F, N, D, 8)

#define SWAP_HALVES(N, D) \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < N; i++) { \
    if (i & D) continue; \
    const __typeof__(v[0]) a = v[i], b = v[i + D]; \
    v[i] = __builtin_shufflevector(a, b, INDICES_##N(FROM, N, D, 0)); \
    v[i + D] = __builtin_shufflevector(a, b, INDICES_##N(PAST, N, D, 0)); \
  }

#define LOAD(N) _Pragma("clang loop unroll(full)") for (int i = 0; i < N; i++) memcpy(&v[i], x + i * xs, sizeof v[i]);
#define STORE(N) \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < N; i++) { \
    if (streamed) __builtin_nontemporal_store(v[i], (__typeof__(&v[0]))(y + i * ys)); \
    else memcpy(y + i * ys, &v[i], sizeof v[i]); \
  }

INLINE void square_32(const raw_32 *x, ptrdiff_t xs, raw_32 *y, ptrdiff_t ys, bool streamed) {
  vector_32 v[16];
  LOAD(16)
  SWAP_HALVES(16, 8)
  SWAP_HALVES(16, 4)
  SWAP_HALVES(16, 2)
  SWAP_HALVES(16, 1)
  STORE(16)
}

INLINE void square_64(const raw_64 *x, ptrdiff_t xs, raw_64 *y, ptrdiff_t ys, bool streamed) {
  vector_64 v[8];
  LOAD(8)
  SWAP_HALVES(8, 4)
  SWAP_HALVES(8, 2)
  SWAP_HALVES(8, 1)
  STORE(8)
}

#define PLAIN_SQUARE(BITS) \
  INLINE void square_##BITS(const raw_##BITS *x, ptrdiff_t xs, raw_##BITS *y, ptrdiff_t ys, bool streamed) { \
    (void)streamed; \
    for (int r = 0; r < 16; r++) \
      for (int c = 0; c < 16; c++) y[r * ys + c] = x[c * xs + r]; \
  }
PLAIN_SQUARE(8)
PLAIN_SQUARE(16)

// Blocks of BLOCK × BLOCK keep few pages in use at a time. The edges that no square covers are copied element by
// element.
enum { BLOCK = 64 };

#define TRANSPOSE(BITS, SIDE) \
  INLINE void tiles_##BITS(const raw_##BITS *restrict x, ptrdiff_t xs, raw_##BITS *restrict y, ptrdiff_t ys, ptrdiff_t rows, ptrdiff_t cols, bool streamed) { \
    const ptrdiff_t whole_rows = rows - rows % SIDE, whole_cols = cols - cols % SIDE; \
    for (ptrdiff_t r0 = 0; r0 < whole_rows; r0 += BLOCK) { \
      const ptrdiff_t r1 = r0 + BLOCK < whole_rows ? r0 + BLOCK : whole_rows; \
      for (ptrdiff_t c0 = 0; c0 < whole_cols; c0 += BLOCK) { \
        const ptrdiff_t c1 = c0 + BLOCK < whole_cols ? c0 + BLOCK : whole_cols; \
        for (ptrdiff_t r = r0; r < r1; r += SIDE) \
          for (ptrdiff_t c = c0; c < c1; c += SIDE) square_##BITS(x + c * xs + r, xs, y + r * ys + c, ys, streamed); \
      } \
    } \
    for (ptrdiff_t r = 0; r < whole_rows; r++) \
      for (ptrdiff_t c = whole_cols; c < cols; c++) y[r * ys + c] = x[c * xs + r]; \
    for (ptrdiff_t c = 0; c < cols; c++) \
      for (ptrdiff_t r = whole_rows; r < rows; r++) y[r * ys + c] = x[c * xs + r]; \
  } \
  static CLONES void transpose_##BITS(const raw_##BITS *x, ptrdiff_t xs, raw_##BITS *y, ptrdiff_t ys, ptrdiff_t rows, ptrdiff_t cols) { \
    tiles_##BITS(x, xs, y, ys, rows, cols, false); \
  }
TRANSPOSE(8, 16)
TRANSPOSE(16, 16)
TRANSPOSE(32, 16)
TRANSPOSE(64, 8)

void mk_transpose(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t rows, ptrdiff_t cols) {
  BY_SIZE(size, transpose, x, xs, y, ys, rows, cols)
}

#define STREAMED(BITS) \
  static CLONES void transpose_streamed_##BITS(const raw_##BITS *x, ptrdiff_t xs, raw_##BITS *y, ptrdiff_t ys, ptrdiff_t rows, ptrdiff_t cols) { \
    tiles_##BITS(x, xs, y, ys, rows, cols, true); \
  }
STREAMED(32)
STREAMED(64)

void mk_transpose_streamed(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t rows, ptrdiff_t cols) {
  if (size < 4 || bytes_to_line(y) || ys * (ptrdiff_t)size % LINE) {
    mk_transpose(size, x, xs, y, ys, rows, cols);
    return;
  }
  BY_WORD_SIZE(size, transpose_streamed, x, xs, y, ys, rows, cols)
  stream_end();
}
