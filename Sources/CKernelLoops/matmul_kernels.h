// The kernels of one level for one scalar type: T, its vector V of W lanes, its mask M, and NAME(x), which makes names
// for it. matmul_avx512.c says what else a level defines.

typedef const T *NAME(in);

// Computes a tile of C, `rows` × (`vectors` · W) elements, by one rank-1 update after the other in registers. `mask`
// says which lanes of the last vector exist in C. Those that do not are missing in B too, or zero there. Unless `first`, the sums are added to C.
INLINE LEVEL void NAME(tile)(
  const int rows, const int vectors, ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, ptrdiff_t a_column, NAME(in) b, ptrdiff_t b_row,
  T *c, ptrdiff_t c_row, M mask, bool first, NAME(in) bias, bool relu
) {
  V sum[MOST_ROWS][WIDE];
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
    V x[WIDE];
    UNROLL for (int v = 0; v < vectors; v++) x[v] = IS_EDGE(v, vectors) ? LOAD(mask, b + v * W) : LOAD_ALL(b + v * W);
    UNROLL for (int r = 0; r < rows; r++) {
      const V y = SPLAT(p[r / 3][r % 3 * a_row]);
      UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = __builtin_elementwise_fma(y, x[v], sum[r][v]);
    }
    UNROLL for (int r = 0; r < rows; r += 3) p[r / 3] += a_column;
    b += b_row;
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      const bool is_last = v == vectors - 1;
      T *const to = c + r * c_row + v * W;
      V y = sum[r][v];
      if (!first) y += is_last ? LOAD(mask, to) : LOAD_ALL(to);
      if (bias) y += is_last ? LOAD(mask, bias + v * W) : LOAD_ALL(bias + v * W);
      if (relu) y = POSITIVE(y);
      if (is_last) STORE(to, mask, y);
      else STORE_ALL(to, y);
    }
  }
}

typedef void NAME(tile_function)(
  ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, ptrdiff_t a_column, NAME(in) b, ptrdiff_t b_row, T *c, ptrdiff_t c_row, M mask, bool first,
  NAME(in) bias, bool relu);

#define TILE_OF(ROWS, VECTORS) \
  static LEVEL void NAME(tile_##ROWS##_##VECTORS)( \
    ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, ptrdiff_t a_column, NAME(in) b, ptrdiff_t b_row, T *c, ptrdiff_t c_row, M mask, bool first, \
    NAME(in) bias, bool relu) { \
    NAME(tile)(ROWS, VECTORS, k, a, a_row, a_column, b, b_row, c, c_row, mask, first, bias, relu); \
  }
TILES(TILE_OF)
#undef TILE_OF

#define ENTRY(ROWS, VECTORS) [VECTORS == WIDE ? 2 : VECTORS - 1][ROWS - 1] = NAME(tile_##ROWS##_##VECTORS),
static NAME(tile_function) *const NAME(tiles)[3][MOST_ROWS] = {TILES(ENTRY)};
#undef ENTRY

// How many vectors the tile takes of `columns` columns. B may lack those that do not fill a vector, unless `padded`.
INLINE ptrdiff_t NAME(vectors)(ptrdiff_t columns, ptrdiff_t widest, bool padded) {
  const ptrdiff_t left = (columns + (padded || MASKS ? W - 1 : 0)) / W;
  return left >= widest ? widest : left >= 2 ? 2 : 1;
}

// The most rows of a strip. Cache lines of rows that are whole pages apart share one set of the first-level cache, so
// that fewer of them stay there.
INLINE ptrdiff_t NAME(most_rows)(const mk_product *q) {
  return q->a_column == 1 && q->a_row * (ptrdiff_t)sizeof(T) % PAGE == 0 ? PAGE_ROWS : MOST_ROWS;
}

static LEVEL void NAME(direct)(const mk_product *q) {
  const bool relu = q->activation == MK_EPILOGUE_RELU;
  // Tiles with few rows are wide, so that enough independent sums hide the latency of a multiply-add.
  const ptrdiff_t most = NAME(most_rows)(q), strips = (q->m + most - 1) / most, height = (q->m + strips - 1) / strips, widest = height <= LOW_ROWS ? WIDE : 2;
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
          vectors = NAME(vectors)(to - j, widest, false);
          NAME(tiles)[vectors == WIDE ? 2 : vectors - 1][rows - 1](
            k, a, q->a_row, q->a_column, (NAME(in))q->b + p * q->b_row + j, q->b_row, (T *)q->c + i * q->c_row + j, q->c_row,
            NAME(mask)(to - j - (vectors - 1) * W), p == 0, q->bias && last ? (NAME(in))q->bias + j : 0, relu && last);
        }
      }
    }
  }
}

// Transposes W rows of W elements.
INLINE LEVEL void NAME(transpose)(V x[W]) {
  UNROLL for (int d = 1; d < W; d *= 2) {
    UNROLL for (int i = 0; i < W; i++) if (!(i & d)) NAME(exchange)(d, &x[i], &x[i + d]);
  }
}

// Writes `count` vectors of k elements, `stride` apart, at most W, as k rows of W elements, `row` apart; missing ones are
// zero.
INLINE LEVEL void NAME(pack_transposed)(NAME(in) from, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t k, T *to, ptrdiff_t row) {
  for (ptrdiff_t i = 0; i < k; i += W, to += W * row) {
    const M mask = NAME(mask)(k - i);
    V x[W];
    UNROLL for (int r = 0; r < W; r++) x[r] = r < count ? LOAD(mask, from + r * stride + i) : (V){};
    NAME(transpose)(x);
    const int rows = k - i < W ? (int)(k - i) : W;
    if (rows == W) {
      UNROLL for (int r = 0; r < W; r++) STORE_ALL(to + r * row, x[r]);
    } else {
      UNROLL for (int r = 0; r < W; r++) if (r < rows) STORE_ALL(to + r * row, x[r]);
    }
  }
}

// Packs rows p ..< p + k and columns j ..< j + columns of B, at most 2 W, as rows of 2 W elements, `row` elements
// apart; missing columns are zero.
static LEVEL void NAME(pack_b)(const mk_product *q, ptrdiff_t p, ptrdiff_t k, ptrdiff_t j, ptrdiff_t columns, T *to, ptrdiff_t row) {
  NAME(in) b = (NAME(in))q->b + p * q->b_row + j * q->b_column;
  if (q->b_column == 1) {
    const M low = NAME(mask)(columns), high = NAME(mask)(columns - W);
    for (ptrdiff_t i = 0; i < k; i++, b += q->b_row, to += row) {
      STORE_ALL(to, LOAD(low, b));
      STORE_ALL(to + W, LOAD(high, b + W));
    }
    return;
  }
  for (ptrdiff_t half = 0; half < 2; half++) {
    NAME(pack_transposed)(b + half * W * q->b_column, q->b_column, columns - half * W, k, to + half * W, row);
  }
}

// Packs rows i ..< i + rows and columns p ..< p + k of A as columns of STRIP elements.
static LEVEL void NAME(pack_a)(const mk_product *q, ptrdiff_t i, ptrdiff_t rows, ptrdiff_t p, ptrdiff_t k, T *to) {
  NAME(in) a = (NAME(in))q->a + i * q->a_row + p * q->a_column;
  if (q->a_column == 1) {
    for (ptrdiff_t r = 0; r < STRIP; r += W) NAME(pack_transposed)(a + r * q->a_row, q->a_row, rows - r, k, to + r, STRIP);
    return;
  }
  const M low = NAME(mask)(rows), high = NAME(mask)(rows - W);
  for (ptrdiff_t r = 0; r < k; r++, a += q->a_column, to += STRIP) {
    STORE_ALL(to, LOAD(low, a));
    if (W < STRIP) STORE_ALL(to + W, LOAD(high, a + W));
  }
}

static LEVEL void NAME(packed)(const mk_product *q, T *workspace) {
  const bool relu = q->activation == MK_EPILOGUE_RELU;
  const ptrdiff_t most = NAME(most_rows)(q), widest = most <= LOW_ROWS ? WIDE : 2;
  const ptrdiff_t strips = (q->m + most - 1) / most, parts = parts_of(q->k), depth = (q->k + parts - 1) / parts;
  const ptrdiff_t width = widest * W, panels = (q->n + width - 1) / width, fitting = mk_matmul_block_bytes() / DEPTH / (ptrdiff_t)sizeof(T) / width;
  const ptrdiff_t blocks = (panels + fitting - 1) / fitting;
  // Where columns of A, or at some levels rows, lie far apart, those of a strip are copied together.
  const ptrdiff_t apart = (q->a_column != 1 ? q->a_column : PACKS_ROWS ? q->a_row : 0) * (ptrdiff_t)sizeof(T);
  const bool packs = apart >= FAR_APART && panels >= 8;
  T *const strip = workspace, *const packed = workspace + STRIP * DEPTH;
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
        const ptrdiff_t a_row = packs ? 1 : q->a_row, a_column = packs ? STRIP : q->a_column;
        if (packs) NAME(pack_a)(q, i, rows, p, k, strip);
        for (ptrdiff_t j = from * width, vectors; j < to * width && j < q->n; j += vectors * W) {
          const ptrdiff_t panel = j / width;
          vectors = NAME(vectors)(q->n - j, widest, true);
          NAME(tiles)[vectors == WIDE ? 2 : vectors - 1][rows - 1](
            k, a, a_row, a_column, packed + (panel - from) * depth * width + j % width, width, (T *)q->c + i * q->c_row + j, q->c_row,
            NAME(mask)(q->n - j - (vectors - 1) * W), p == 0, q->bias && last ? (NAME(in))q->bias + j : 0, relu && last);
        }
      }
    }
  }
}

INLINE LEVEL void NAME(add_dots)(
  const int rows, const int columns, const bool all, M mask, NAME(in) a, ptrdiff_t a_row, NAME(in) b, ptrdiff_t b_column,
  V sum[DOT_ROWS][DOT_COLUMNS]
) {
  V x[DOT_ROWS];
  UNROLL for (int r = 0; r < rows; r++) x[r] = all ? LOAD_ALL(a + r * a_row) : LOAD(mask, a + r * a_row);
  UNROLL for (int j = 0; j < columns; j++) {
    const V y = all ? LOAD_ALL(b + j * b_column) : LOAD(mask, b + j * b_column);
    UNROLL for (int r = 0; r < rows; r++) sum[r][j] = __builtin_elementwise_fma(x[r], y, sum[r][j]);
  }
}

// `rows` × `columns` dot products at a time. Each is summed in W lanes, which are then added in a fixed order.
INLINE LEVEL void NAME(dots)(
  const int rows, const int columns, ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, NAME(in) b, ptrdiff_t b_column, T *c, ptrdiff_t c_row,
  NAME(in) bias, bool relu
) {
  V sum[DOT_ROWS][DOT_COLUMNS];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int j = 0; j < columns; j++) sum[r][j] = (V){};
  // Where masked loads are not free, they are for the last elements alone.
  const ptrdiff_t whole = MASKS ? 0 : k - k % W;
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = 0; i < whole; i += W) NAME(add_dots)(rows, columns, true, NAME(mask)(W), a + i, a_row, b + i, b_column, sum);
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = whole; i < k; i += W) NAME(add_dots)(rows, columns, false, NAME(mask)(k - i), a + i, a_row, b + i, b_column, sum);
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
  static LEVEL void NAME(dots_##ROWS##_##COLUMNS)( \
    ptrdiff_t k, NAME(in) a, ptrdiff_t a_row, NAME(in) b, ptrdiff_t b_column, T *c, ptrdiff_t c_row, NAME(in) bias, bool relu) { \
    NAME(dots)(ROWS, COLUMNS, k, a, a_row, b, b_column, c, c_row, bias, relu); \
  }
DOT_TILES(DOTS_OF)
#undef DOTS_OF

#define ENTRY(ROWS, COLUMNS) [ROWS - 1][COLUMNS - 1] = NAME(dots_##ROWS##_##COLUMNS),
static NAME(dots_function) *const NAME(dots_functions)[DOT_ROWS][DOT_COLUMNS] = {DOT_TILES(ENTRY)};
#undef ENTRY

static LEVEL void NAME(dot)(const mk_product *q) {
  const bool relu = q->activation == MK_EPILOGUE_RELU;
  const ptrdiff_t across = (q->n + DOT_COLUMNS - 1) / DOT_COLUMNS, down = (q->m + DOT_ROWS - 1) / DOT_ROWS;
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
