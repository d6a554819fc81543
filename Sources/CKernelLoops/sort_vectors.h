// A quicksort of keys in vectors of AVX-512: a vector's lanes are compared with the pivot at once, and those on each side
// are moved together. Included once for each number of BITS, with W lanes, XOR(j), the lanes i ^ j, and UPPER(b), the
// lanes i, or of a second vector where i has bit b.

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

// Sorts n keys, more than (count - 1) / 2 vectors and at most `count`; places without a key have the greatest.
INLINE AVX512 void N(sort_few)(KEY *x, ptrdiff_t n, const int count) {
  VEC v[16], last = (VEC){0} - 1;
  const ptrdiff_t whole = n / W, rest = n % W;
  for (ptrdiff_t j = 0; j < rest; j++) last[j] = x[whole * W + j];
  ALL for (int i = 0; i < count; i++) v[i] = i < whole ? *(VEC *)(x + i * W) : i == whole ? last : (VEC){0} - 1;
  N(sort_vectors)(v, count);
  ALL for (int i = 0; i < count; i++) {
    if (i < whole) *(VEC *)(x + i * W) = v[i];
    else if (i == whole) last = v[i];
  }
  for (ptrdiff_t j = 0; j < rest; j++) x[whole * W + j] = last[j];
}

static AVX512 void N(sort_small)(KEY *x, ptrdiff_t n) {
  if (n <= W) N(sort_few)(x, n, 1);
  else if (n <= 2 * W) N(sort_few)(x, n, 2);
  else if (n <= 4 * W) N(sort_few)(x, n, 4);
  else if (n <= 8 * W) N(sort_few)(x, n, 8);
  else N(sort_few)(x, n, 16);
}

// Moves the keys that are at most `pivot` in front of the others, in their order, and returns how many they are. Of each
// side a whole vector is stored, whose last lanes are overwritten later: in x they have been read, and the scratch has
// room for one vector more than it needs.
static AVX512 ptrdiff_t N(divide)(KEY *x, KEY *scratch, ptrdiff_t n, KEY pivot) {
  enum { AT_ONCE = 4 };
  ptrdiff_t left = 0, right = 0, i = 0;
  for (; i + AT_ONCE * W <= n; i += AT_ONCE * W) {
    VEC v[AT_ONCE];
    MASK low[AT_ONCE];
    ALL for (int j = 0; j < AT_ONCE; j++) {
      v[j] = *(VEC *)(x + i + j * W);
      low[j] = LANES_OF(v[j] <= pivot);
    }
    ALL for (int j = 0; j < AT_ONCE; j++) {
      const int count = __builtin_popcount(low[j]);
      *(VEC *)(x + left) = COMPRESS(v[j], low[j]);
      *(VEC *)(scratch + right) = COMPRESS(v[j], (MASK)~low[j]);
      left += count;
      right += W - count;
    }
  }
  for (; i < n; i++) {
    const KEY v = x[i];
    x[left] = v;
    scratch[right] = v;
    left += v <= pivot;
    right += v > pivot;
  }
  memcpy(x + left, scratch, (size_t)right * sizeof *x);
  return left;
}

// Sorts n keys. `budget` is how many divisions may leave more than 15/16 of the keys on one side, before what is left is
// sorted by digits, which bounds the time.
static AVX512 void N(quicksort)(KEY *x, KEY *scratch, ptrdiff_t n, int budget) {
  while (n > 16 * W) {
    // Of W keys at even distances, the one in the middle.
    VEC sample;
    for (int j = 0; j < W; j++) sample[j] = x[(2 * j + 1) * (n / (2 * W))];
    const KEY pivot = N(sorted)(sample)[W / 2];
    ptrdiff_t left = N(divide)(x, scratch, n, pivot);
    if (left == n) {
      // There are none greater: those that are equal are where they belong, and the others are in front of them.
      if (pivot == 0) return;
      n = N(divide)(x, scratch, n, pivot - 1);
      continue;
    }
    const ptrdiff_t smaller = left < n - left ? left : n - left;
    if (smaller < n / 16 && budget-- == 0) {
      N(by_digits)(x, scratch, 0, n);
      return;
    }
    if (left < n - left) {
      N(quicksort)(x, scratch, left, budget);
      x += left;
      n -= left;
    } else {
      N(quicksort)(x + left, scratch, n - left, budget);
      n = left;
    }
  }
  if (n > 1) N(sort_small)(x, n);
}

#undef JOIN_
#undef JOIN
#undef N
#undef KEY
#undef VEC
#undef ALL
#undef EXCHANGE_LANES
