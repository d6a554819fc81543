// A quicksort of keys in vectors of AVX-512: a vector's lanes are compared with the pivot at once, and those on each side
// are moved together. Included once for each number of BITS, with W lanes, XOR(j), the lanes i ^ j, UPPER(b), the
// lanes i, or of a second vector where i has bit b, and FROM_FIRST(b) and FROM_SECOND(b), which transpose 2 × 2 of them. SOME(n) are the first n lanes, of which LOAD_SOME and STORE_SOME read and
// write only those; what is not read is the greatest key.

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define N(name) JOIN(name##_, BITS)
#define KEY JOIN(JOIN(uint, BITS), _t)
#define VEC N(lanes)
#define ALL _Pragma("clang loop unroll(full)")

typedef KEY VEC __attribute__((vector_size(64), aligned(sizeof(KEY)), may_alias));

// Exchanges lanes i and i ^ j that are not in order, where i has bit b for the greater of both.
#define EXCHANGE_LANES(v, j, b) \
  { \
    const VEC partner = __builtin_shufflevector(v, v, XOR(j)); \
    v = __builtin_shufflevector(__builtin_elementwise_min(v, partner), __builtin_elementwise_max(v, partner), UPPER(b)); \
  }

INLINE AVX512 void N(exchange)(VEC *a, VEC *b) {
  const VEC less = __builtin_elementwise_min(*a, *b);
  *b = __builtin_elementwise_max(*a, *b);
  *a = less;
}

// Sorts the lanes of a vector by Batcher's bitonic network, whose merges begin with mirrored exchanges.
INLINE AVX512 VEC N(sorted)(VEC v) {
  EXCHANGE_LANES(v, 1, 1)
  EXCHANGE_LANES(v, 3, 2)
  EXCHANGE_LANES(v, 1, 1)
  EXCHANGE_LANES(v, 7, 4)
  EXCHANGE_LANES(v, 2, 2)
  EXCHANGE_LANES(v, 1, 1)
#if W == 16
  EXCHANGE_LANES(v, 15, 8)
  EXCHANGE_LANES(v, 4, 4)
  EXCHANGE_LANES(v, 2, 2)
  EXCHANGE_LANES(v, 1, 1)
#endif
  return v;
}

// Sorts `count` vectors, a power of two, as one row.
INLINE AVX512 void N(sort_vectors)(VEC *v, const int count) {
  ALL for (int i = 0; i < count; i++) v[i] = N(sorted)(v[i]);
  ALL for (int run = 2; run <= count; run *= 2) {
    ALL for (int start = 0; start < count; start += run) {
      ALL for (int i = 0; i < run / 2; i++) {
        VEC *far = &v[start + run - 1 - i];
        *far = __builtin_shufflevector(*far, *far, XOR(W - 1));
        N(exchange)(&v[start + i], far);
        *far = __builtin_shufflevector(*far, *far, XOR(W - 1));
      }
    }
    ALL for (int step = run / 4; step > 0; step /= 2)
      ALL for (int i = 0; i < count; i++)
        if (!(i & step)) N(exchange)(&v[i], &v[i + step]);
    ALL for (int i = 0; i < count; i++) {
      if (W == 16) EXCHANGE_LANES(v[i], 8 % W, 8)
      EXCHANGE_LANES(v[i], 4, 4)
      EXCHANGE_LANES(v[i], 2, 2)
      EXCHANGE_LANES(v[i], 1, 1)
    }
  }
}

// Sorts 16 vectors as one row by the same network, where a lane has 16 neighbours of the row: most exchanges are then of whole
// vectors. In the end each W × W lanes are transposed.
INLINE AVX512 void N(sort_sixteen)(VEC *v) {
  enum { R = 16 };
  ALL for (int run = 2; run <= R; run *= 2) {
    ALL for (int i = 0; i < R; i++)
      if (i < (i ^ (run - 1))) N(exchange)(&v[i], &v[i ^ (run - 1)]);
    ALL for (int step = run / 4; step > 0; step /= 2)
      ALL for (int i = 0; i < R; i++)
        if (!(i & step)) N(exchange)(&v[i], &v[i ^ step]);
  }
#define MERGE_LANES(mask, bit) \
  ALL for (int i = 0; i < R / 2; i++) { \
    VEC *near = &v[i], *far = &v[R - 1 - i]; \
    const VEC partner = __builtin_shufflevector(*far, *far, XOR(mask)), other = __builtin_shufflevector(*near, *near, XOR(mask)); \
    const VEC less = __builtin_elementwise_min(*near, partner), more = __builtin_elementwise_max(*near, partner); \
    const VEC far_less = __builtin_elementwise_min(*far, other), far_more = __builtin_elementwise_max(*far, other); \
    *near = __builtin_shufflevector(less, more, UPPER(bit)); \
    *far = __builtin_shufflevector(far_less, far_more, UPPER(bit)); \
  }
#define STEP_LANES(step) ALL for (int i = 0; i < R; i++) EXCHANGE_LANES(v[i], step, step)
#define WITHIN_LANES \
  ALL for (int step = R / 2; step > 0; step /= 2) \
    ALL for (int i = 0; i < R; i++) \
      if (!(i & step)) N(exchange)(&v[i], &v[i ^ step]);
  MERGE_LANES(1, 1)
  WITHIN_LANES
  MERGE_LANES(3, 2)
  STEP_LANES(1)
  WITHIN_LANES
  MERGE_LANES(7, 4)
  STEP_LANES(2)
  STEP_LANES(1)
  WITHIN_LANES
#if W == 16
  MERGE_LANES(15, 8)
  STEP_LANES(4)
  STEP_LANES(2)
  STEP_LANES(1)
  WITHIN_LANES
#endif
  // Exchanges a bit of the vector's number with the same bit of the lane's.
#define TURN(b) \
  ALL for (int i = 0; i < R; i++) \
    if (!(i & (b))) { \
      const VEC a = v[i], c = v[i | (b)]; \
      v[i] = __builtin_shufflevector(a, c, FROM_FIRST(b)); \
      v[i | (b)] = __builtin_shufflevector(a, c, FROM_SECOND(b)); \
    }
  TURN(1)
  TURN(2)
  TURN(4)
#if W == 16
  TURN(8)
#else
  // A lane's 16 neighbours are two vectors, 8 apart so far.
  VEC ordered[R];
  ALL for (int i = 0; i < R; i++) ordered[i] = v[i / 2 + i % 2 * 8];
  ALL for (int i = 0; i < R; i++) v[i] = ordered[i];
#endif
#undef MERGE_LANES
#undef STEP_LANES
#undef WITHIN_LANES
#undef TURN
}

// Sorts n keys, more than (count - 1) / 2 vectors and at most `count`; places without a key have the greatest.
INLINE AVX512 void N(sort_few)(const KEY *x, KEY *y, ptrdiff_t n, const int count) {
  VEC v[16];
  ALL for (int i = 0; i < count; i++) v[i] = LOAD_SOME(x + i * W, SOME(n - i * W));
  if (count == 16) N(sort_sixteen)(v);
  else N(sort_vectors)(v, count);
  ALL for (int i = 0; i < count; i++) STORE_SOME(y + i * W, v[i], SOME(n - i * W));
}

static AVX512 void N(sort_small)(const KEY *x, KEY *y, ptrdiff_t n) {
  if (n <= W) N(sort_few)(x, y, n, 1);
  else if (n <= 2 * W) N(sort_few)(x, y, n, 2);
  else if (n <= 4 * W) N(sort_few)(x, y, n, 4);
  else if (n <= 8 * W) N(sort_few)(x, y, n, 8);
  else N(sort_few)(x, y, n, 16);
}

// Copies the keys to y, those that are at most `pivot` to the front and the others to the end, and returns how many are in
// front.
static AVX512 ptrdiff_t N(divide)(const KEY *x, KEY *y, ptrdiff_t n, KEY pivot) {
  enum { AT_ONCE = 4 };
  ptrdiff_t left = 0, i = 0;
  // As long as more than a vector has no key yet, a whole one may be stored in front of it.
  for (; i + (AT_ONCE + 1) * W <= n; i += AT_ONCE * W) {
    VEC v[AT_ONCE];
    MASK low[AT_ONCE];
    ALL for (int j = 0; j < AT_ONCE; j++) {
      v[j] = *(const VEC *)(x + i + j * W);
      low[j] = LANES_OF(v[j] <= pivot);
    }
    ALL for (int j = 0; j < AT_ONCE; j++) {
      const ptrdiff_t count = __builtin_popcount(low[j]), end = n - (i + j * W - left);
      *(VEC *)(y + left) = COMPRESS(v[j], low[j]);
      STORE_SOME(y + end - (W - count), COMPRESS(v[j], (MASK)~low[j]), (MASK)((1u << (W - count)) - 1));
      left += count;
    }
  }
  for (; i < n; i += W) {
    const MASK some = SOME(n - i);
    const VEC v = LOAD_SOME(x + i, some);
    const MASK low = LANES_OF(v <= pivot) & some, high = some & (MASK)~low;
    const ptrdiff_t count = __builtin_popcount(low), others = __builtin_popcount(high), end = n - (i - left);
    STORE_SOME(y + left, COMPRESS(v, low), (MASK)((1u << count) - 1));
    STORE_SOME(y + end - others, COMPRESS(v, high), (MASK)((1u << others) - 1));
    left += count;
  }
  return left;
}

// Sorts n keys of x, to where they are if that is `home`, else to `other`, which has room for as many. `budget` is how many
// divisions may leave more than 15/16 of the keys on one side before what is left is sorted by digits, which bounds the
// time.
static AVX512 void N(quicksort)(KEY *x, KEY *other, bool home, ptrdiff_t n, int budget) {
  while (n > 16 * W) {
    // Of W keys at even distances, or of few keys of those in the middle, the one between the others.
    VEC sample = *(const VEC *)(x + n / 2);
    if (n > 64 * W)
      for (int j = 0; j < W; j++) sample[j] = x[(2 * j + 1) * (n / (2 * W))];
    const KEY pivot = N(sorted)(sample)[W / 2];
    ptrdiff_t left = N(divide)(x, other, n, pivot);
    if (left == n) {
      // There are none greater: those that are equal go to the end, where they belong.
      left = pivot == 0 ? 0 : N(divide)(other, x, n, pivot - 1);
      KEY *end = home ? x : other;
      for (ptrdiff_t i = left; i < n; i++) end[i] = pivot;
      n = left;
      continue;
    }
    if ((left < n - left ? left : n - left) < n / 16 && budget-- == 0) break;
    N(quicksort)(other + left, x + left, !home, n - left, budget);
    KEY *swap = x;
    x = other;
    other = swap;
    home = !home;
    n = left;
  }
  if (n <= 16 * W) {
    if (n > 0) N(sort_small)(x, home ? x : other, n);
    return;
  }
  N(by_digits)(x, other, 0, n);
  if (!home) memcpy(other, x, (size_t)n * sizeof *x);
}

#undef JOIN_
#undef JOIN
#undef N
#undef KEY
#undef VEC
#undef ALL
#undef EXCHANGE_LANES
