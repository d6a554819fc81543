// Optimisers' steps, and products of matrices as far as they are ours on every processor.
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void optimisers(void) {
  begin_family(41);
  EACH_OF(mk_type, type, FLOATING) EACH_OF(ptrdiff_t, n, 1, 19, 500) {
    void *p = numbers(type, n, -1, 1), *g = numbers(type, n, -1, 1), *v = numbers(type, n, -1, 1);
    for (int kind = 0; kind < 8; kind++) {
      const mk_sgd h = {0.1, 0.9, kind & 1 ? 0.01 : 0, kind & 2 ? 0.1 : 0, .nesterov = kind & 4, .first_step = kind == 0};
      mk_sgd_step(type, &h, p, g, v, n);
      record("sgd", type, p, n, WITHIN(64, 1));
      record("sgd-velocity", type, v, n, WITHIN(64, 1));
    }
    const mk_sgd plain = {.learning_rate = 0.1};
    mk_sgd_step(type, &plain, p, g, NULL, n);
    record("sgd", type, p, n, WITHIN(64, 1));
    void *m = numbers(type, n, -1, 1), *s = numbers(type, n, 0.01, 1), *most = numbers(type, n, 0.01, 1);
    for (int kind = 0; kind < 4; kind++) {
      const mk_adam h = {1e-2, 0.9, 0.999, 1e-8, 0.01, 0.3, 0.02, .decoupled = kind & 1};
      mk_adam_step(type, &h, p, g, m, s, kind & 2 ? most : NULL, n);
      record("adam", type, p, n, WITHIN(64, 1));
      record("adam-mean", type, m, n, WITHIN(16, 1));
      record("adam-square", type, s, n, WITHIN(16, 1));
      record("adam-most", type, most, n, WITHIN(16, 1));
    }
    free(p), free(g), free(v), free(m), free(s), free(most);
  }
}

static void products(void) {
  begin_family(42);
  const int64_t level = mk_matmul_level();
  if (level != 0) abort();  // the kernels of floats are x86's
  EACH_OF(mk_type, type, INTEGERS) EACH_OF(ptrdiff_t, m, 1, 5, 20) EACH_OF(ptrdiff_t, n, 1, 9, 33) EACH_OF(ptrdiff_t, k, 0, 1, 40)
    for (int turned = 0; turned < 4; turned++) {
      const double most = type == MK_UINT8 ? 256 : 60000;
      void *a = numbers(type, m * k + 1, type == MK_UINT8 ? 0 : -most, most), *b = numbers(type, k * n + 1, type == MK_UINT8 ? 0 : -most, most), *c = room(type, m * n);
      const bool a_turned = turned & 1, b_turned = turned & 2;
      const mk_product product = {
        .a = a, .b = b, .c = c, .m = m, .n = n, .k = k, .type = type, .c_row = n,
        .a_row = a_turned ? 1 : k, .a_column = a_turned ? m : 1, .b_row = b_turned ? 1 : n, .b_column = b_turned ? k : 1,
      };
      mk_matmul_integers(&product);
      record("integer-product", type, c, m * n, SAME);
      free(a), free(b), free(c);
    }
}

void record_learning(void) {
  optimisers();
  products();
}
