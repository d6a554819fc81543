// Sorting and what is like it: every result is the same to the bit.
#include "record.h"

#include <stdio.h>
#include <stdlib.h>

static void sorts(mk_type type, ptrdiff_t n, double range) {
  const ptrdiff_t rows = 2, all = rows * n;
  void *x = with_specials(type, numbers(type, all, type == MK_UINT8 ? 0 : -range, range), n), *y = room(type, all);
  void *scratch = room(MK_INT64, 2 * n + 8);
  int64_t *order = room(MK_INT64, all);
  for (int descending = 0; descending < 2; descending++) {
    mk_sort_rows(descending, type, x, y, scratch, rows, n);
    record("sort", type, y, all, SAME);
    mk_argsort_rows(descending, type, x, order, scratch, rows, n);
    record("argsort", MK_INT64, order, all, SAME);
    mk_argsort_rows_by_merging(descending, type, x, order, scratch, rows, n);
    record("argsort-by-merging", MK_INT64, order, all, SAME);
    if (type == MK_BOOL) continue;
    const ptrdiff_t k = n < 6 ? n : 6;
    mk_top_k_rows(descending, type, x, y, order, rows, n, k);
    record("top-k", type, y, rows * k, SAME);
    record("top-k-order", MK_INT64, order, rows * k, SAME);
  }
  if (type != MK_BOOL) {
    const int64_t places[] = {0, n / 3, n - 1};
    const ptrdiff_t count = n > 3 ? 3 : 1;
    mk_order_statistics_rows(type, x, places, count, y, scratch, rows, n);
    record("order-statistics", type, y, rows * count, SAME);
    mk_argpartition_rows(type, x, places, count, order, scratch, rows, n);
    // The others may stand anywhere between: only those at the places are told.
    for (ptrdiff_t row = 0; row < rows; row++)
      for (ptrdiff_t i = 0; i < count; i++) record("argpartition", MK_INT64, order + row * n + places[i], 1, SAME);
  }
  free(x), free(y), free(scratch), free(order);
}

static void keys(mk_type type, ptrdiff_t n) {
  const size_t size = bytes_of(type);
  void *x = with_specials(type, numbers(type, n, -50, 50), n), *made = room(type, n), *scratch = room(MK_INT64, n), *y = room(type, n);
  uint64_t *wide = room(MK_INT64, n), *more = room(MK_INT64, n);
  int64_t *order = room(MK_INT64, n);
  for (int descending = 0; descending < 2; descending++) {
    const uint8_t differs = mk_make_keys(descending, type, x, made, n);
    record("keys-differ", MK_BOOL, &differs, 1, SAME);
    record("keys", type, made, n, SAME);
    const int64_t bits = (int64_t)mk_differing_bits(type, made, 0, n);
    record("differing-bits", MK_INT64, &bits, 1, SAME);
    mk_sort_keys(size, made, scratch, 0, n);
    record("sorted-keys", type, made, n, SAME);
    mk_unmake_keys(descending, type, made, y, n);
    mk_restore_equals(descending, type, x, y, n);
    record("restored", type, y, n, SAME);
    mk_make_keys(descending, type, x, made, n);
    mk_sort_keys_by_digits(size, made, scratch, 0, n);
    record("sorted-by-digits", type, made, n, SAME);
    // Which half comes out is not told; that it is a lower one is.
    mk_make_keys(descending, type, x, made, n);
    const ptrdiff_t half = mk_halve_keys(size, made, y, n);
    mk_sort_keys(size, y, scratch, 0, half);
    mk_sort_keys(size, (char *)y + (size_t)half * size, scratch, 0, n - half);
    record("halves", type, y, n, SAME);
    const int shift = size == 8 ? mk_index_key_shift((uint64_t)bits) : 0;
    mk_make_index_keys(descending, type, shift, x, 0, wide, n);
    record("index-keys", MK_INT64, wide, n, SAME);
    mk_sort_keys(8, wide, more, 0, n);
    mk_settle_index_keys(descending, type, shift, x, wide, more, n);
    mk_indices_of_keys(wide, order, n);
    record("settled", MK_INT64, order, n, SAME);
  }
  free(x), free(made), free(scratch), free(y), free(wide), free(more), free(order);
}

static void places(mk_type type) {
  const ptrdiff_t n = 130;
  void *x = numbers(type, n, 0, 40), *sorted = room(type, n), *scratch = room(MK_INT64, 2 * n), *values = numbers(type, 60, 0, 50);
  int64_t *y = room(MK_INT64, n), *counts = calloc(64, 8);
  mk_sort_rows(false, type, x, sorted, scratch, 1, n);
  for (int right = 0; right < 2; right++) {
    mk_search_sorted(right, type, sorted, n, values, y, 1, 60);
    record("search", MK_INT64, y, 60, SAME);
  }
  mk_bins(false, type, sorted, n - 1, values, y, 60);
  record("bins", MK_INT64, y, 60, SAME);
  if (type <= MK_FLOAT64) {
    void *edges = room(type, 11);
    mk_arange(type, 0, 5, edges, 0, 11);
    mk_bins(true, type, edges, 10, values, y, 60);
    record("even-bins", MK_INT64, y, 60, SAME);
    free(edges);
  } else {
    mk_count(type, values, counts, 45, 60);
    record("count", MK_INT64, counts, 64, SAME);
  }
  uint8_t *starts = room(MK_BOOL, n);
  for (int merges = 0; merges < 2; merges++) EACH_OF(ptrdiff_t, width, 1, 2) {
    mk_run_starts(merges, type, with_specials(type, sorted, n), starts, n / width, width);
    record("run-starts", MK_BOOL, starts, n / width, SAME);
  }
  mk_sort_rows(false, type, x, sorted, scratch, 1, n);
  int64_t at = 0, length = 0;
  mk_longest_run(type, sorted, &at, &length, 1, n);
  record("longest-run", MK_INT64, &at, 1, SAME);
  record("longest-run", MK_INT64, &length, 1, SAME);
  void *few = numbers(type, 2 * 60, 0, 3);
  mk_argsort_whole_rows(type, few, y, scratch, 60, 2);
  record("argsort-whole-rows", MK_INT64, y, 60, SAME);
  free(x), free(sorted), free(scratch), free(values), free(y), free(counts), free(starts), free(few);
}

void record_order(void) {
  begin_family(31);
  EACH_OF(mk_type, type, FLOATING, INTEGERS, MK_BOOL) EACH_OF(ptrdiff_t, n, 1, 2, 9, 65, 400, 3000) EACH_OF(double, range, 4, 120) sorts(type, n, range);
  begin_family(32);
  EACH_OF(mk_type, type, FLOATING, MK_INT32, MK_INT64) EACH_OF(ptrdiff_t, n, 2, 17, 300, 5000) keys(type, n);
  begin_family(33);
  EACH_OF(mk_type, type, FLOATING, INTEGERS) places(type);
}
