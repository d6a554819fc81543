// Sums and other reductions, softmax, losses, normalisation, running sums, convolution.
#include "record.h"

#include <stdio.h>
#include <stdlib.h>

static char name[128];
#define NAME(...) (snprintf(name, sizeof name, __VA_ARGS__), name)

static void reductions(void) {
  begin_family(21);
  EACH_OF(mk_type, type, FLOATING, INTEGERS) for (int op = MK_SUM; op <= MK_SUM_OF_SQUARES; op++) {
    const bool is_floating = type <= MK_FLOAT64;
    if (op == MK_SUM_OF_SQUARES && !is_floating) continue;
    // Products stay in the range; sums of numbers of both signs nearly cancel.
    const double low = op == MK_PRODUCT && is_floating ? 0.9 : type == MK_UINT8 ? 0 : -3, high = op == MK_PRODUCT && is_floating ? 1.1 : 7;
    EACH_OF(ptrdiff_t, n, 1, 7, 16, 100, 1025, 5000) {
      const allowance allowed = !is_floating || op == MK_MIN || op == MK_MAX ? SAME : WITHIN(op == MK_PRODUCT ? (double)n : 8, op == MK_PRODUCT ? 0 : (double)n);
      void *x = numbers(type, 3 * (n + 5), low, high), *y = room(type, n + 5);
      mk_reduce_rows(op, type, x, n + 5, y, 3, n);
      record(NAME("reduce-rows-%d", op), type, y, 3, allowed);
      free(x), free(y);
    }
    EACH_OF(ptrdiff_t, columns, 1, 9, 64, 200) EACH_OF(ptrdiff_t, n, 1, 30, 600) {
      const allowance allowed = !is_floating || op == MK_MIN || op == MK_MAX ? SAME : WITHIN(op == MK_PRODUCT ? (double)n : 8, op == MK_PRODUCT ? 0 : (double)n);
      void *x = numbers(type, n * 210, low, high), *y = room(type, columns);
      mk_reduce_columns(op, type, x, 210, y, n, columns);
      record(NAME("reduce-columns-%d", op), type, y, columns, allowed);
      free(x), free(y);
    }
  }
  EACH_OF(mk_type, type, FLOATING) {
    void *x = with_specials(type, numbers(type, 4 * 40, -1, 1), 20), *y = room(type, 40);
    for (int op = MK_MIN; op <= MK_MAX; op++) {
      mk_reduce_rows(op, type, x, 40, y, 4, 40);
      record("reduce-rows-specials", type, y, 4, SAME);
      mk_reduce_columns(op, type, x, 40, y, 4, 40);
      record("reduce-columns-specials", type, y, 40, SAME);
    }
    for (int squares = 0; squares < 2; squares++) {
      void *z = numbers(type, 3000, -1, 1);
      const double sum = mk_sum_wide(squares, type, z, 3000);
      record("sum-wide", MK_FLOAT64, &sum, 1, type == MK_FLOAT32 ? WITHIN(1 << 28, 3000) : WITHIN(8, 3000));
      free(z);
    }
    free(x), free(y);
  }
  for (int op = MK_ANY; op <= MK_ALL; op++) EACH_OF(ptrdiff_t, n, 1, 3, 70) {
    uint8_t *x = numbers(MK_BOOL, 9 * n, 0, 1), *y = room(MK_BOOL, 9 * n);
    mk_reduce_rows(op, MK_BOOL, x, n, y, 9, n);
    record("any-all-rows", MK_BOOL, y, 9, SAME);
    mk_reduce_columns(op, MK_BOOL, x, n, y, 9, n);
    record("any-all-columns", MK_BOOL, y, n, SAME);
    free(x), free(y);
  }
  EACH_OF(mk_type, type, FLOATING, INTEGERS) for (int largest = 0; largest < 2; largest++) EACH_OF(ptrdiff_t, n, 1, 20, 500) {
    void *x = with_specials(type, numbers(type, 5 * n, 0, 50), n);
    int64_t y[5];
    mk_arg_extreme_rows(largest, type, x, n, y, 5, n);
    record("arg-extreme", MK_INT64, y, 5, SAME);
    free(x);
  }
}

static void softmaxes(void) {
  begin_family(22);
  EACH_OF(mk_type, type, FLOATING) EACH_OF(ptrdiff_t, columns, 1, 3, 10, 64, 130, 1000) {
    const ptrdiff_t n = 6 * columns;
    void *x = numbers(type, n, -6, 6), *g = numbers(type, n, -1, 1), *y = room(type, n), *z = room(type, n);
    int64_t *labels = indices(6, 0, columns);
    mk_softmax(type, x, y, 6, columns);
    record("softmax", type, y, n, WITHIN(16));
    mk_softmax_backward(type, y, g, z, 6, columns);
    record("softmax-backward", type, z, n, WITHIN(16, 1));
    mk_log_softmax(type, x, y, 6, columns);
    record("log-softmax", type, y, n, WITHIN(16, 6));
    mk_log_softmax_backward(type, y, g, z, 6, columns);
    record("log-softmax-backward", type, z, n, WITHIN(16, 10));
    mk_log_sum_exp(type, x, y, 6, columns);
    record("log-sum-exp", type, y, 6, WITHIN(16, 6));
    mk_cross_entropy(type, x, labels, y, z, 6, columns);
    record("cross-entropy", type, y, 6, WITHIN(16, 12));
    record("cross-entropy-sums", type, z, 6, WITHIN(16, 6));
    mk_cross_entropy_backward(type, x, labels, z, g, 1, y, 6, columns);
    record("cross-entropy-backward", type, y, n, WITHIN(32, 1));
    const double error = mk_squared_error(type, x, g, n);
    record("squared-error", MK_FLOAT64, &error, 1, type == MK_FLOAT32 ? WITHIN(1ull << 33) : WITHIN(64));
    mk_scaled_difference(type, x, g, 0.3, y, n);
    record("scaled-difference", type, y, n, WITHIN(2));
    free(x), free(g), free(y), free(z), free(labels);
  }
}

static void normalisations(void) {
  begin_family(23);
  EACH_OF(mk_type, type, FLOATING) EACH_OF(ptrdiff_t, columns, 2, 9, 64, 700) {
    const ptrdiff_t n = 5 * columns;
    void *x = numbers(type, n, -2, 3), *g = numbers(type, n, -1, 1), *factor = numbers(type, columns, 0.5, 2);
    void *shift = numbers(type, columns, -1, 1), *y = room(type, n);
    mk_normalize_rows(type, 1e-5, x, factor, shift, y, 5, columns);
    record("normalize", type, y, n, WITHIN(64, 4));
    mk_normalize_rows(type, 1e-5, x, NULL, NULL, y, 5, columns);
    record("normalize", type, y, n, WITHIN(64, 2));
    mk_normalize_rows_backward(type, 1e-5, x, g, y, 5, columns);
    // With two columns what is left of the gradient is the difference of nearly equal numbers.
    record("normalize-backward", type, y, n, WITHIN(64, columns > 2 ? 4 : 1e5));
    free(x), free(g), free(factor), free(shift), free(y);
  }
  EACH_OF(mk_type, type, FLOATING) EACH_OF(ptrdiff_t, inner, 1, 7, 40) EACH_OF(ptrdiff_t, channels, 1, 3, 20) {
    const ptrdiff_t rows = 33, n = rows * channels * inner;
    void *x = numbers(type, n, -2, 3), *g = numbers(type, n, -1, 1), *scale = numbers(type, channels, 0.5, 2);
    void *shift = numbers(type, channels, -1, 1), *out[6], *y = room(type, n);
    for (int i = 0; i < 6; i++) out[i] = room(type, channels);
    double *sums[4], *halves[4];
    for (int i = 0; i < 4; i++) sums[i] = room(MK_FLOAT64, channels), halves[i] = room(MK_FLOAT64, channels);
    const mk_channel_sums all = {sums[0], sums[1], sums[2], sums[3]}, half = {halves[0], halves[1], halves[2], halves[3]};
    const double ulps = type == MK_FLOAT32 ? 1ull << 33 : 256, elements = (double)(rows * inner);
    mk_channel_sums_of(type, x, g, &all, rows, channels, inner, channels);
    for (int i = 0; i < 4; i++) record(NAME("channel-sums-%d", i), MK_FLOAT64, sums[i], channels, WITHIN(ulps, i == 0 ? 3 : 3 * elements));
    mk_channel_statistics(type, 1e-5, &all, elements, scale, out[0], out[1], out[2], channels);
    for (int i = 0; i < 3; i++) record(NAME("channel-statistics-%d", i), type, out[i], channels, WITHIN(64, 3));
    mk_channel_scale(type, x, out[0], out[2], shift, y, rows, channels, inner);
    record("channel-scale", type, y, n, WITHIN(64, 4));
    mk_channel_slopes(type, 1e-5, &all, elements, scale, out[0], out[1], out[2], out[3], out[4], out[5], channels);
    for (int i = 0; i < 6; i++) record(NAME("channel-slopes-%d", i), type, out[i], channels, WITHIN(256, i >= 4 ? 3 * elements : 3));
    mk_channel_scale_backward(type, x, g, out[0], out[1], out[2], out[3], y, rows, channels, inner);
    record("channel-scale-backward", type, y, n, WITHIN(256, 4));
    mk_channel_sums_of(type, x, g, &half, rows / 2, channels, inner, channels);
    mk_channel_sums_merge(&all, elements, &half, (double)(rows / 2 * inner), channels);
    for (int i = 0; i < 4; i++) record(NAME("channel-merge-%d", i), MK_FLOAT64, sums[i], channels, WITHIN(ulps, i == 0 ? 3 : 6 * elements));
    for (int i = 0; i < 4; i++) free(sums[i]), free(halves[i]);
    for (int i = 0; i < 6; i++) free(out[i]);
    free(x), free(g), free(scale), free(shift), free(y);
  }
}

static void scans(void) {
  begin_family(24);
  EACH_OF(mk_type, type, FLOATING, INTEGERS) EACH_OF(ptrdiff_t, inner, 1, 5) EACH_OF(ptrdiff_t, n, 1, 40, 700)
    for (int kind = 0; kind < 4; kind++) {
      const bool product = kind & 1, from_back = kind & 2, is_floating = type <= MK_FLOAT64;
      void *x = numbers(type, 3 * n * inner, is_floating && product ? 0.9 : type == MK_UINT8 ? 0 : -2, is_floating && product ? 1.1 : 5), *y = room(type, 3 * n * inner);
      mk_cumulative(product, from_back, type, x, y, 3, n, inner, inner);
      record(NAME("cumulative-%d", kind), type, y, 3 * n * inner, is_floating ? WITHIN((double)n + 8, product ? 0 : 2 * (double)n) : SAME);
      int64_t *at = room(MK_INT64, 3 * n * inner);
      mk_cumulative_arg_extreme(product, type, with_specials(type, x, n), at, 3, n, inner);
      record("cumulative-arg-extreme", MK_INT64, at, 3 * n * inner, SAME);
      free(x), free(y), free(at);
    }
  EACH_OF(mk_type, type, FLOATING) for (int from_back = 0; from_back < 2; from_back++) {
    const ptrdiff_t n = MK_LONG_ROW + 300, chains = (n + MK_CHAIN - 1) / MK_CHAIN;
    void *x = numbers(type, n, -1, 1), *y = room(type, n);
    double *sums = room(MK_FLOAT64, chains), *before = room(MK_FLOAT64, chains), sum = -0.0;
    mk_chain_sums(from_back, type, x, sums, n, 0, chains);
    record("chain-sums", MK_FLOAT64, sums, chains, type == MK_FLOAT32 ? WITHIN(1 << 28, 500) : WITHIN(64, 500));
    for (ptrdiff_t i = 0; i < chains; i++) before[i] = sum, sum += sums[i];
    mk_chain_scan(from_back, type, x, before, y, n, 0, chains);
    record("chain-scan", type, y, n, WITHIN(64, 500));
    free(x), free(y), free(sums), free(before);
    EACH_OF(ptrdiff_t, inner, 1, 6) {
      void *a = numbers(type, 3 * 90 * inner, -0.9, 0.9), *g = numbers(type, 3 * 90 * inner, -1, 1), *z = room(type, 3 * 90 * inner);
      mk_linear_recurrence(from_back, type, a, g, z, 3, 90, inner);
      record("recurrence", type, z, 3 * 90 * inner, WITHIN(64, 2));
      mk_log_cumulative_sum_exp(type, g, z, 3, 90, inner);
      record("log-cumulative-sum-exp", type, z, 3 * 90 * inner, WITHIN(64, 4));
      free(a), free(g), free(z);
    }
  }
  EACH_OF(mk_type, type, FLOATING, INTEGERS) EACH_OF(ptrdiff_t, m, 1, 5, 30) {
    void *x = numbers(type, 200, type == MK_UINT8 ? 0 : -3, 3), *w = numbers(type, m, type == MK_UINT8 ? 0 : -3, 3), *y = room(type, 240);
    mk_convolve(type, x, 200, w, m, -4, y, 240);
    record("convolve", type, y, 240, type <= MK_FLOAT64 ? WITHIN(32, 9 * (double)m) : SAME);
    free(x), free(w), free(y);
  }
}

void record_reductions(void) {
  reductions();
  softmaxes();
  normalisations();
  scans();
}
