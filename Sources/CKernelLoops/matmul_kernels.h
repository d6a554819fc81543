// The kernels of matmul.c for one scalar type: T, its vector V of W lanes, its mask M, and NAME(x), which makes names
// for it.

typedef const T *NAME(in);

// Computes a tile of C, `rows` × (`vectors` · W) elements, by one rank-1 update after the other in registers. `mask`
// says which lanes of the last vector exist. Unless `first`, the sums are added to C.
INLINE AVX512 void NAME(tile)(
  const int rows, const int vectors, ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, ptrdiff_t a_column, NAME(in) b, ptrdiff_t b_row,
  T *c, ptrdiff_t c_row, M mask, bool first, NAME(in) bias, bool relu
) {
  V sum[MOST_ROWS][4];
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      // C is fetched into the cache while the sums are computed.
      __builtin_prefetch(c + r * c_row + v * W, 1, 3);
      sum[r][v] = (V){};
    }
  }
  // One pointer serves three rows: the processor's addressing modes reach all three from it.
  NAME(in) p[(MOST_ROWS + 2) / 3];
  UNROLL for (int r = 0; r < rows; r += 3) p[r / 3] = a + r * a_row;
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = 0; i < k; i++) {
    V x[4];
    UNROLL for (int v = 0; v < vectors; v++) x[v] = LOAD(v == vectors - 1 ? mask : (M)-1, b + v * W);
    UNROLL for (int r = 0; r < rows; r++) {
      const V y = SPLAT(p[r / 3][r % 3 * a_row]);
      UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = __builtin_elementwise_fma(y, x[v], sum[r][v]);
    }
    UNROLL for (int r = 0; r < rows; r += 3) p[r / 3] += a_column;
    b += b_row;
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      const M lanes = v == vectors - 1 ? mask : (M)-1;
      V y = sum[r][v];
      if (!first) y += LOAD(lanes, c + r * c_row + v * W);
      if (bias) y += LOAD(lanes, bias + v * W);
      if (relu) y = POSITIVE(y);
      STORE(c + r * c_row + v * W, lanes, y);
    }
  }
}

typedef void NAME(tile_function)(
  ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, ptrdiff_t a_column, NAME(in) b, ptrdiff_t b_row, T *c, ptrdiff_t c_row, M mask, bool first,
  NAME(in) bias, bool relu);

#define TILE_OF(ROWS, VECTORS) \
  static AVX512 void NAME(tile_##ROWS##_##VECTORS)( \
    ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, ptrdiff_t a_column, NAME(in) b, ptrdiff_t b_row, T *c, ptrdiff_t c_row, M mask, bool first, \
    NAME(in) bias, bool relu) { \
    NAME(tile)(ROWS, VECTORS, k, a, a_row, a_column, b, b_row, c, c_row, mask, first, bias, relu); \
  }
#define LOW_TILES(VECTORS) \
  TILE_OF(1, VECTORS) TILE_OF(2, VECTORS) TILE_OF(3, VECTORS) TILE_OF(4, VECTORS) TILE_OF(5, VECTORS) TILE_OF(6, VECTORS)
#define HIGH_TILES(VECTORS) \
  TILE_OF(7, VECTORS) TILE_OF(8, VECTORS) TILE_OF(9, VECTORS) TILE_OF(10, VECTORS) TILE_OF(11, VECTORS) TILE_OF(12, VECTORS) \
  TILE_OF(13, VECTORS) TILE_OF(14, VECTORS)
LOW_TILES(1) HIGH_TILES(1) LOW_TILES(2) HIGH_TILES(2) LOW_TILES(4)
#undef TILE_OF
#undef LOW_TILES
#undef HIGH_TILES

#define LOW_TILES(V) \
  NAME(tile_1_##V), NAME(tile_2_##V), NAME(tile_3_##V), NAME(tile_4_##V), NAME(tile_5_##V), NAME(tile_6_##V)
#define HIGH_TILES(V) \
  NAME(tile_7_##V), NAME(tile_8_##V), NAME(tile_9_##V), NAME(tile_10_##V), NAME(tile_11_##V), NAME(tile_12_##V), NAME(tile_13_##V), \
    NAME(tile_14_##V)
static NAME(tile_function) *const NAME(tiles)[3][MOST_ROWS] = {
  {LOW_TILES(1), HIGH_TILES(1)}, {LOW_TILES(2), HIGH_TILES(2)}, {LOW_TILES(4)}};
#undef LOW_TILES
#undef HIGH_TILES

INLINE AVX512 M NAME(mask)(ptrdiff_t lanes) { return lanes >= W ? (M)-1 : (M)(((uint32_t)1 << lanes) - 1); }

// The most rows of a strip. Cache lines of rows that are whole pages apart share one set of the first-level cache, so
// that fewer of them stay there.
INLINE ptrdiff_t NAME(most_rows)(const mk_product *q) {
  return q->a_column == 1 && q->a_row * (ptrdiff_t)sizeof(T) % PAGE == 0 ? LOW_ROWS : MOST_ROWS;
}

static AVX512 void NAME(direct)(const mk_product *q) {
  const bool relu = q->activation == MK_EPILOGUE_RELU;
  // Tiles with few rows are wide, so that enough independent sums hide the latency of a multiply-add.
  const ptrdiff_t most = NAME(most_rows)(q), strips = (q->m + most - 1) / most, height = (q->m + strips - 1) / strips, widest = height <= LOW_ROWS ? 4 : 2;
  const ptrdiff_t parts = parts_of(q->k), depth = (q->k + parts - 1) / parts;
  // The columns of B that stay in the first-level cache while all strips of A pass; a strip writes whole rows of C for
  // them.
  const ptrdiff_t fitting = HALF_CACHE / (ptrdiff_t)sizeof(T) / depth / (widest * W) * (widest * W);
  const ptrdiff_t width = fitting > widest * W ? fitting : widest * W;
  for (ptrdiff_t from = 0; from < q->n; from += width) {
    const ptrdiff_t to = q->n - from < width ? q->n : from + width;
    for (ptrdiff_t p = 0; p < q->k; p += depth) {
      const ptrdiff_t k = q->k - p < depth ? q->k - p : depth;
      const bool last = p + k == q->k;
      for (ptrdiff_t s = 0; s < strips; s++) {
        const ptrdiff_t i = q->m * s / strips, rows = q->m * (s + 1) / strips - i;
        NAME(in) a = (NAME(in))q->a + i * q->a_row + p * q->a_column;
        for (ptrdiff_t j = from, vectors; j < to; j += vectors * W) {
          const ptrdiff_t left = (to - j + W - 1) / W;
          vectors = left >= widest ? widest : left >= 2 ? 2 : 1;
          NAME(tiles)[vectors >> 1][rows - 1](
            k, a, q->a_row, q->a_column, (NAME(in))q->b + p * q->b_row + j, q->b_row, (T *)q->c + i * q->c_row + j, q->c_row,
            NAME(mask)(to - j - (vectors - 1) * W), p == 0, q->bias && last ? (NAME(in))q->bias + j : 0, relu && last);
        }
      }
    }
  }
}

// Transposes W rows of W elements.
INLINE AVX512 void NAME(transpose)(V x[W]) {
  UNROLL for (int d = 1; d < W; d *= 2) {
    I low, high;
    UNROLL for (int l = 0; l < W; l++) {
      low[l] = l & d ? W + l - d : l;
      high[l] = l & d ? W + l : l + d;
    }
    UNROLL for (int i = 0; i < W; i++) {
      if (i & d) continue;
      const V upper = x[i], lower = x[i + d];
      x[i] = PERMUTE(upper, low, lower);
      x[i + d] = PERMUTE(upper, high, lower);
    }
  }
}

// Packs rows p ..< p + k and columns j ..< j + columns of B, at most 2 W, as rows of 2 W elements, `row` elements
// apart; missing columns are zero.
static AVX512 void NAME(pack_b)(const mk_product *q, ptrdiff_t p, ptrdiff_t k, ptrdiff_t j, ptrdiff_t columns, T *to, ptrdiff_t row) {
  NAME(in) b = (NAME(in))q->b + p * q->b_row + j * q->b_column;
  if (q->b_column == 1) {
    const M low = NAME(mask)(columns), high = columns > W ? NAME(mask)(columns - W) : 0;
    for (ptrdiff_t i = 0; i < k; i++, b += q->b_row, to += row) {
      STORE(to, (M)-1, LOAD(low, b));
      STORE(to + W, (M)-1, LOAD(high, b + W));
    }
    return;
  }
  for (ptrdiff_t half = 0; half < 2; half++) {
    for (ptrdiff_t i = 0; i < k; i += W) {
      const M mask = NAME(mask)(k - i);
      V x[W];
      UNROLL for (int r = 0; r < W; r++) x[r] = half * W + r < columns ? LOAD(mask, b + (half * W + r) * q->b_column + i) : (V){};
      NAME(transpose)(x);
      const int rows = k - i < W ? (int)(k - i) : W;
      T *const at = to + i * row + half * W;
      if (rows == W) {
        UNROLL for (int r = 0; r < W; r++) STORE(at + r * row, (M)-1, x[r]);
      } else {
        UNROLL for (int r = 0; r < W; r++) if (r < rows) STORE(at + r * row, (M)-1, x[r]);
      }
    }
  }
}

// Packs rows i ..< i + rows and columns p ..< p + k of A as columns of 16 elements. A's columns are contiguous.
static AVX512 void NAME(pack_a)(const mk_product *q, ptrdiff_t i, ptrdiff_t rows, ptrdiff_t p, ptrdiff_t k, T *to) {
  NAME(in) a = (NAME(in))q->a + i + p * q->a_column;
  const M low = NAME(mask)(rows), high = rows > W ? NAME(mask)(rows - W) : 0;
  for (ptrdiff_t r = 0; r < k; r++, a += q->a_column, to += 16) {
    STORE(to, (M)-1, LOAD(low, a));
    if (W < 16) STORE(to + W, (M)-1, LOAD(high, a + W));
  }
}

static AVX512 void NAME(packed)(const mk_product *q, T *workspace) {
  const bool relu = q->activation == MK_EPILOGUE_RELU;
  const ptrdiff_t most = NAME(most_rows)(q), widest = most <= LOW_ROWS ? 4 : 2;
  const ptrdiff_t strips = (q->m + most - 1) / most, parts = parts_of(q->k), depth = (q->k + parts - 1) / parts;
  const ptrdiff_t width = widest * W, panels = (q->n + width - 1) / width, fitting = WIDTH * (ptrdiff_t)sizeof(float) / (ptrdiff_t)sizeof(T) / width;
  const ptrdiff_t blocks = (panels + fitting - 1) / fitting;
  // Where columns of A lie a page or more apart, those of a strip are copied together.
  const bool packs = q->a_column != 1 && q->a_column * (ptrdiff_t)sizeof(T) >= PAGE && panels >= 8;
  T *const strip = workspace, *const packed = workspace + 16 * DEPTH;
  for (ptrdiff_t block = 0; block < blocks; block++) {
    const ptrdiff_t from = panels * block / blocks, to = panels * (block + 1) / blocks;
    for (ptrdiff_t p = 0; p < q->k; p += depth) {
      const ptrdiff_t k = q->k - p < depth ? q->k - p : depth;
      const bool last = p + k == q->k;
      for (ptrdiff_t j = from * width; j < to * width && j < q->n; j += 2 * W) {
        const ptrdiff_t panel = j / width;
        NAME(pack_b)(q, p, k, j, q->n - j < 2 * W ? q->n - j : 2 * W, packed + (panel - from) * depth * width + j % width, width);
      }
      for (ptrdiff_t s = 0; s < strips; s++) {
        const ptrdiff_t i = q->m * s / strips, rows = q->m * (s + 1) / strips - i;
        NAME(in) a = packs ? strip : (NAME(in))q->a + i * q->a_row + p * q->a_column;
        const ptrdiff_t a_row = q->a_row, a_column = packs ? 16 : q->a_column;
        if (packs) NAME(pack_a)(q, i, rows, p, k, strip);
        for (ptrdiff_t j = from * width, vectors; j < to * width && j < q->n; j += vectors * W) {
          const ptrdiff_t panel = j / width, left = (q->n - j + W - 1) / W;
          vectors = left >= widest ? widest : left >= 2 ? 2 : 1;
          NAME(tiles)[vectors >> 1][rows - 1](
            k, a, a_row, a_column, packed + (panel - from) * depth * width + j % width, width, (T *)q->c + i * q->c_row + j, q->c_row,
            NAME(mask)(q->n - j - (vectors - 1) * W), p == 0, q->bias && last ? (NAME(in))q->bias + j : 0, relu && last);
        }
      }
    }
  }
}

// `rows` × `columns` dot products at a time. Each is summed in W lanes, which are then added in a fixed order.
INLINE AVX512 void NAME(dots)(
  const int rows, const int columns, ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, NAME(in) b, ptrdiff_t b_column, T *c, ptrdiff_t c_row,
  NAME(in) bias, bool relu
) {
  V sum[4][6];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int j = 0; j < columns; j++) sum[r][j] = (V){};
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = 0; i < k; i += W) {
    const M mask = NAME(mask)(k - i);
    V x[4];
    UNROLL for (int r = 0; r < rows; r++) x[r] = LOAD(mask, a + r * a_row + i);
    UNROLL for (int j = 0; j < columns; j++) {
      const V y = LOAD(mask, b + j * b_column + i);
      UNROLL for (int r = 0; r < rows; r++) sum[r][j] = __builtin_elementwise_fma(x[r], y, sum[r][j]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int j = 0; j < columns; j++) {
      T y = ADD_LANES(sum[r][j]);
      if (bias) y += bias[j];
      if (relu) y = y <= 0 ? 0 : y;
      c[r * c_row + j] = y;
    }
  }
}

typedef void NAME(dots_function)(
  ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, NAME(in) b, ptrdiff_t b_column, T *c, ptrdiff_t c_row, NAME(in) bias, bool relu);
#define DOTS_OF(ROWS, COLUMNS) \
  static AVX512 void NAME(dots_##ROWS##_##COLUMNS)( \
    ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, NAME(in) b, ptrdiff_t b_column, T *c, ptrdiff_t c_row, NAME(in) bias, bool relu) { \
    NAME(dots)(ROWS, COLUMNS, k, a, a_row, b, b_column, c, c_row, bias, relu); \
  }
#define DOTS(ROWS) \
  DOTS_OF(ROWS, 1) DOTS_OF(ROWS, 2) DOTS_OF(ROWS, 3) DOTS_OF(ROWS, 4) DOTS_OF(ROWS, 5) DOTS_OF(ROWS, 6)
DOTS(1) DOTS(2) DOTS(3) DOTS(4)
#undef DOTS_OF
#undef DOTS
#define DOTS(R) {NAME(dots_##R##_1), NAME(dots_##R##_2), NAME(dots_##R##_3), NAME(dots_##R##_4), NAME(dots_##R##_5), NAME(dots_##R##_6)}
static NAME(dots_function) *const NAME(dots_functions)[4][6] = {DOTS(1), DOTS(2), DOTS(3), DOTS(4)};
#undef DOTS

static AVX512 void NAME(dot)(const mk_product *q) {
  const bool relu = q->activation == MK_EPILOGUE_RELU;
  const ptrdiff_t across = (q->n + 5) / 6, down = (q->m + 3) / 4;
  for (ptrdiff_t s = 0; s < across; s++) {
    const ptrdiff_t j = q->n * s / across, columns = q->n * (s + 1) / across - j;
    for (ptrdiff_t t = 0; t < down; t++) {
      const ptrdiff_t i = q->m * t / down, rows = q->m * (t + 1) / down - i;
      NAME(dots_functions)[rows - 1][columns - 1](
        q->k, (NAME(in))q->a + i * q->a_row, q->a_row, (NAME(in))q->b + j * q->b_column, q->b_column, (T *)q->c + i * q->c_row + j,
        q->c_row, q->bias ? (NAME(in))q->bias + j : 0, relu);
    }
  }
}
