// Loops along a row that the reductions and the softmax family share.
#ifndef MARTLET_ROWS_H
#define MARTLET_ROWS_H

#include "vector_math_f64.h"

// Sums of long rows are taken in blocks of a fixed size, each in as many lanes as the compiler chooses.
enum { SUM_BLOCK = 1024 };
#define IN_LANES _Pragma("clang fp reassociate(on)")

// Defines a function of the last parameters and n, which sums over i below n. LOOP adds the elements of the block that
// begins at `start` to `sum`; the sums of the blocks are added in double.
#define BLOCKED_SUM(NAME, RESULT, TYPE, LOOP, ...) \
  INLINE RESULT NAME(__VA_ARGS__, ptrdiff_t n) { \
    double total = 0; \
    for (ptrdiff_t start = 0; start < n; start += SUM_BLOCK) { \
      IN_LANES \
      TYPE sum = 0; \
      LOOP \
      total += (double)sum; \
    } \
    return (RESULT)total; \
  }
// The LOOP that adds an expression of i.
#define SUM_OF(...) \
  const ptrdiff_t end = start + SUM_BLOCK < n ? start + SUM_BLOCK : n; \
  for (ptrdiff_t i = start; i < end; i++) sum += (__VA_ARGS__);

// NaN keeps the compiler from vectorising a maximum, so the lanes q[j] are written out, and NaN is looked for
// separately, two elements in one comparison. The last step overlaps the one before, which does not change an extreme.
#define EXTREME_LANES(LANES, BETTER) \
  { \
    T q[LANES]; \
    int32_t undefined[LANES / 2]; \
    for (int j = 0; j < LANES; j++) q[j] = x[j]; \
    for (int j = 0; j < LANES / 2; j++) undefined[j] = 0; \
    for (ptrdiff_t i = LANES; i < n; i += LANES) { \
      const T *p = x + (i + LANES <= n ? i : n - LANES); \
      for (int j = 0; j < LANES; j++) q[j] = p[j] BETTER q[j] ? p[j] : q[j]; \
      for (int j = 0; j < LANES / 2; j++) undefined[j] |= -((p[j] != p[j]) | (p[j + LANES / 2] != p[j + LANES / 2])); \
    } \
    int32_t any = 0; \
    for (int j = 0; j < LANES / 2; j++) any |= undefined[j] | ((q[j] != q[j]) | (q[j + LANES / 2] != q[j + LANES / 2])); \
    if (any) return (T)__builtin_nan(""); \
    _Pragma("clang loop unroll(full)") for (int w = LANES / 2; w > 0; w /= 2) \
      for (int j = 0; j < w; j++) q[j] = q[j + w] BETTER q[j] ? q[j + w] : q[j]; \
    return q[0]; \
  }
// The largest or smallest of n > 0 elements; NaN if there is one.
#define EXTREME(NAME, TYPE, BETTER) \
  INLINE TYPE NAME(const TYPE *x, ptrdiff_t n) { \
    if (n >= 64) EXTREME_LANES(64, BETTER) \
    if (n >= 16) EXTREME_LANES(16, BETTER) \
    if (n >= 4) EXTREME_LANES(4, BETTER) \
    TYPE q = x[0]; \
    for (ptrdiff_t i = 1; i < n; i++) q = ((x[i] BETTER q) | (x[i] != x[i])) ? x[i] : q; \
    return q; \
  }

// y = e^(x - largest) and their sum, W elements at a time. Without `stores`, only the sum.
#define EXP_SUM(NAME, TYPE, W, EXP) \
  BLOCKED_SUM(NAME, TYPE, TYPE, \
    const TYPE *from = x + start; \
    TYPE *to = y + start; \
    const ptrdiff_t count = n - start < SUM_BLOCK ? n - start : SUM_BLOCK; \
    EACH(W, i, count, { \
      const TYPE e = EXP(from[i] - largest); \
      if (stores) to[i] = e; \
      sum += e; \
    }), const TYPE *x, TYPE largest, bool stores, TYPE *y)

INLINE float decay_f32(float x) { return exp_decay_f32(x, -0.0f); }

#define T float
EXTREME(largest_f32, float, >)
EXTREME(smallest_f32, float, <)
#undef T
#define T double
EXTREME(largest_f64, double, >)
EXTREME(smallest_f64, double, <)
#undef T
EXP_SUM(exp_sum_f32, float, 16, decay_f32)
EXP_SUM(exp_sum_f64, double, 8, exp_f64)

#endif
