// Copies, transposes, conversions, sequences, and elements at index tensors.
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copies(void) {
  begin_family(11);
  EACH_OF(mk_type, type, MK_UINT8, MK_FLOAT16, MK_FLOAT32, MK_FLOAT64) {
    const size_t size = bytes_of(type);
    EACH_OF(ptrdiff_t, n, 1, 15, 64, 333) EACH_OF(ptrdiff_t, stride, 1, 0, 2, 3) {
      void *x = numbers(type, 3 * n, 0, 200), *y = room(type, 2 * n);
      mk_copy(size, x, stride, y, n);
      record("copy", type, y, n, SAME);
      mk_copy(size, (char *)x + (size_t)(n - 1) * size, -1, y, n);
      record("copy-reversed", type, y, n, SAME);
      mk_copy_strided(size, x, stride, y, 2, n);
      record("copy-strided", type, y, 2 * n, SAME);
      mk_fill(size, x, y, n);
      record("fill", type, y, n, SAME);
      free(x), free(y);
    }
    EACH_OF(ptrdiff_t, rows, 1, 8, 37) EACH_OF(ptrdiff_t, columns, 1, 16, 50) {
      void *x = numbers(type, 64 * 64, 0, 200), *y = room(type, 64 * 64);
      mk_transpose(size, x, 64, y, 64, rows, columns);
      record("transpose", type, y, 64 * 64, SAME);
      mk_copy_rows(false, size, x, 1, 64, y, rows, columns);
      record("copy-rows", type, y, rows * columns, SAME);
      if (size >= 4) {
        mk_transpose_streamed(size, x, 64, y, 64, rows, columns);
        record("transpose-streamed", type, y, 64 * 64, SAME);
        mk_copy_rows(true, size, x, 1, 64, y, rows, columns);
        record("copy-rows-streamed", type, y, rows * columns, SAME);
      }
      free(x), free(y);
    }
  }
}

static void conversions(void) {
  begin_family(12);
  for (mk_type from = MK_FLOAT32; from <= MK_BFLOAT16; from++)
    for (mk_type to = MK_FLOAT32; to <= MK_BFLOAT16; to++) EACH_OF(ptrdiff_t, stride, 1, 2) EACH_OF(double, range, 3, 300, 1e6, 1e12) {
      const bool is_narrow = from == MK_UINT8 || from == MK_INT32;
      const double end = from == MK_UINT8 ? 255 : is_narrow && range > 2e9 ? 2e9 : range;
      void *x = with_specials(from, numbers(from, 2 * 200, from == MK_UINT8 ? 0 : -end, end), 200), *y = room(to, 200);
      mk_convert(from, x, stride, to, y, 200);
      record("convert", to, y, 200, SAME);
      free(x), free(y);
    }
}

static void sequences(void) {
  begin_family(13);
  EACH_OF(mk_type, type, FLOATING, INTEGERS) {
    void *y = room(type, 99);
    if (type <= MK_FLOAT64) mk_arange(type, 0.25, 1.5, y, 3, 99);
    else mk_arange_integers(type, -7, 3, y, 5, 99);
    // A product and a sum in double may be one operation, and rounded once.
    record("arange", type, y, 99, type <= MK_FLOAT64 ? WITHIN(1, 1) : SAME);
    free(y);
  }
}

static void places(void) {
  begin_family(14);
  EACH_OF(ptrdiff_t, n, 1, 10, 300) {
    int64_t *index = indices(n, -20, 20), *outer = indices(n, 0, 5), *y = room(MK_INT64, n);
    int64_t found = mk_first_index_outside(index, -15, 15, n);
    record("first-outside", MK_INT64, &found, 1, SAME);
    mk_combine_indices(outer, index, 1, 20, y, n);
    record("combine", MK_INT64, y, n, SAME);
    mk_combine_indices(NULL, index, 0, 20, y, n);
    record("combine", MK_INT64, y, n, SAME);
    int64_t *flat = indices(n, 0, 2 * 3 * 5);
    mk_index_offsets(flat, (ptrdiff_t[]){2, 3, 5}, (ptrdiff_t[]){100, -7, 2}, 3, y, n);
    record("offsets", MK_INT64, y, n, SAME);
    uint8_t *mask = numbers(MK_BOOL, n, 0, 1);
    found = mk_count_true(mask, n);
    record("count-true", MK_INT64, &found, 1, SAME);
    memset(y, 0, (size_t)n * 8);
    found = mk_true_positions(mask, n, 40, y);
    record("true-positions", MK_INT64, y, found, SAME);
    free(index), free(outer), free(y), free(flat), free(mask);
  }
  EACH_OF(mk_type, type, MK_UINT8, MK_FLOAT16, MK_INT32, MK_FLOAT64) EACH_OF(ptrdiff_t, width, 1, 4, 9) {
    const size_t size = bytes_of(type);
    void *x = numbers(type, 64 * 10, 0, 200), *y = numbers(type, 64 * 10, 0, 200);
    int64_t *offset = indices(30, 0, 64);
    for (int i = 0; i < 30; i++) offset[i] *= 10;
    mk_gather_at(size, x, 1, offset, y, width, 30, width);
    record("gather-at", type, y, 640, SAME);
    mk_put_at(size, x, 10, 1, offset, y, 1, 30, width);
    record("put-at", type, y, 640, SAME);
    int64_t *along = indices(3 * 20 * 8, 0, 16);
    mk_gather_along(size, x, along, y, 16, 20, 8, 3, 8);
    record("gather-along", type, y, 640, SAME);
    if (type != MK_FLOAT16) {
      mk_add_at(type, x, 10, 1, offset, y, 1, 30, width);
      record("add-at", type, y, 640, WITHIN(4, 100));
      mk_add_strided(type, x, 2, y, 0, 30);
      mk_add_strided(type, x, 1, y, 3, 30);
      record("add-strided", type, y, 640, WITHIN(8, 1000));
      for (int op = MK_SCATTER_SET; op <= MK_SCATTER_MAX; op++) {
        void *into = numbers(type, 3 * 16 * 8, 0, 2);
        mk_scatter_along(op, type, x, along, into, 16, 20, 8, 3, 7);
        // Products of numbers up to 200 may leave the range: of floats they do not.
        record("scatter-along", type, into, 3 * 16 * 8, type == MK_FLOAT64 ? WITHIN(64) : SAME);
        free(into);
      }
    }
    free(x), free(y), free(offset), free(along);
  }
}

void record_memory(void) {
  copies();
  conversions();
  sequences();
  places();
}
