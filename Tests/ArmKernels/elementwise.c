// Functions and operations element by element, comparisons, choices, and the ends of matrix products.
#include "record.h"

#include <stdio.h>
#include <stdlib.h>

static char name[128];
#define NAME(...) (snprintf(name, sizeof name, __VA_ARGS__), name)

static void unary(void) {
  begin_family(1);
  EACH_OF(mk_type, type, FLOATING) {
    for (int op = 0; op < MK_UNARY_COUNT; op++) {
      // The derivatives of these grow without bound where their values go to 0 or 1: they are checked for accuracy.
      const double low = op == MK_LGAMMA || op == MK_DIGAMMA ? 0.1 : -3;
      EACH_OF(ptrdiff_t, n, 1, 7, 33, 1030) EACH_OF(ptrdiff_t, stride, 1, 0, 3) {
        void *x = with_specials(type, numbers(type, 3 * n, low, 4), 3 * n), *y = room(type, n);
        mk_unary(op, type, x, stride, y, n);
        record(NAME("unary-%d", op), type, y, n, WITHIN(type == MK_FLOAT32 ? 16 : 4096, type == MK_FLOAT32 ? 0.01 : 1e-4));
        free(x), free(y);
      }
      void *x = numbers(type, 20 * 70, 0.1, 1), *y = room(type, 16 * 64);
      mk_unary_rows(true, op, type, x, 1, 70, y, 16, 64);
      record(NAME("unary-rows-%d", op), type, y, 16 * 64, WITHIN(type == MK_FLOAT32 ? 16 : 4096, 0.01));
      free(x), free(y);
    }
  }
  EACH_OF(mk_type, type, INTEGERS) for (int op = MK_NEGATE; op <= MK_SQUARE; op++) EACH_OF(ptrdiff_t, n, 1, 100) {
    void *x = numbers(type, n, type == MK_UINT8 ? 0 : -60000, type == MK_UINT8 ? 256 : 60000), *y = room(type, n);
    mk_unary(op, type, x, 1, y, n);
    record(NAME("unary-%d", op), type, y, n, SAME);
    free(x), free(y);
  }
}

static bool is_of_bits(int op) { return op >= MK_AND && op <= MK_XOR; }
static bool is_of_integers(int op) { return op >= MK_SHIFT_LEFT && op <= MK_LCM; }
static bool takes_integers(int op) { return op <= MK_POWER || is_of_bits(op) || is_of_integers(op); }
static bool takes_orders(int op) { return op >= MK_POLYGAMMA && op <= MK_BESSEL_K_SCALED; }

static void binary(void) {
  begin_family(2);
  EACH_OF(mk_type, type, FLOATING) for (int op = 0; op < MK_BINARY_COUNT; op++) {
    if (is_of_bits(op) || is_of_integers(op)) continue;
    const bool is_arithmetic = op <= MK_MAXIMUM || (op >= MK_FMIN && op <= MK_HEAVISIDE);
    const bool is_special = op >= MK_POLYGAMMA && op <= MK_ZETA;
    const bool has_positive_operand = is_special || op == MK_POWER || op == MK_XLOGY;
    // A derivative is the difference of nearly equal numbers where it goes to 0, times a gradient up to 4.
    const bool is_derivative = op >= MK_TANH_BACKWARD && op <= MK_SILU_BACKWARD;
    const double ulps = !is_special ? 32 : type == MK_FLOAT32 ? 64 : 1 << 16;
    const allowance allowed = is_arithmetic ? SAME : WITHIN(ulps, is_derivative ? 1 : 1e-2);
    EACH_OF(ptrdiff_t, n, 1, 7, 33, 530) EACH_OF(ptrdiff_t, stride, 1, 0, 2) {
      // Orders are whole numbers in a type of floats; zeta's first operand is above 1.
      void *a = numbers(type, 2 * n, op == MK_ZETA ? 1.1 : has_positive_operand ? 0.1 : -3, 4);
      void *b = numbers(type, 2 * n, has_positive_operand ? 0.1 : -3, 4), *y = room(type, n);
      if (takes_orders(op))
        for (ptrdiff_t i = 0; i < 2 * n; i++) {
          if (type == MK_FLOAT32) ((float *)a)[i] = (float)(next_word() % 4);
          else ((double *)a)[i] = (double)(next_word() % 4);
        }
      else if (is_arithmetic) with_specials(type, a, n);
      mk_binary(op, type, a, stride, b, 1, y, n);
      record(NAME("binary-%d", op), type, y, n, allowed);
      mk_binary_rows(false, op, type, a, 1, 0, b, 0, 1, y, 1, n);
      record(NAME("binary-rows-%d", op), type, y, n, allowed);
      free(a), free(b), free(y);
    }
  }
  EACH_OF(mk_type, type, INTEGERS) for (int op = 0; op < MK_BINARY_COUNT; op++) {
    if (!takes_integers(op)) continue;
    EACH_OF(ptrdiff_t, n, 1, 9, 210) EACH_OF(ptrdiff_t, stride, 1, 0) {
      const bool is_unsigned = type == MK_UINT8, is_power = op == MK_POWER;
      void *a = numbers(type, n, is_unsigned ? 0 : -30000, is_unsigned ? 256 : 30000);
      void *b = numbers(type, n, is_unsigned || is_power ? 0 : -70, is_power ? 9 : 70), *y = room(type, n);
      const bool is_done = mk_binary(op, type, a, 1, b, stride, y, n);
      // The number of the type that is 1 where it could be done; otherwise nothing is said of y.
      const uint8_t done = is_done;
      record(NAME("binary-%d-done", op), MK_BOOL, &done, 1, SAME);
      if (is_done) record(NAME("binary-%d", op), type, y, n, SAME);
      free(a), free(b), free(y);
    }
  }
  for (int op = MK_AND; op <= MK_XOR; op++) {
    void *a = numbers(MK_BOOL, 100, 0, 1), *b = numbers(MK_BOOL, 100, 0, 1), *y = room(MK_BOOL, 100);
    mk_binary(op, MK_BOOL, a, 1, b, 1, y, 100);
    record(NAME("binary-%d", op), MK_BOOL, y, 100, SAME);
    free(a), free(b), free(y);
  }
}

static void comparisons(void) {
  begin_family(3);
  EACH_OF(mk_type, type, FLOATING, INTEGERS) for (int op = 0; op < MK_COMPARE_COUNT; op++)
    EACH_OF(ptrdiff_t, n, 1, 17, 300) EACH_OF(ptrdiff_t, stride, 1, 0, 2) {
      void *a = with_specials(type, numbers(type, 2 * n, 0, 6), n), *b = with_specials(type, numbers(type, n, 0, 6), n);
      uint8_t *y = room(MK_BOOL, n);
      mk_compare(op, type, a, stride, b, 1, y, n);
      record(NAME("compare-%d", op), MK_BOOL, y, n, SAME);
      free(a), free(b), free(y);
    }
  EACH_OF(mk_type, type, FLOATING) for (int op = MK_IS_NAN; op <= MK_SIGN_BIT; op++) {
    void *x = with_specials(type, numbers(type, 99, -1, 1), 99);
    uint8_t *y = room(MK_BOOL, 99);
    mk_test(op, type, x, 1, y, 99);
    record(NAME("test-%d", op), MK_BOOL, y, 99, SAME);
    free(x), free(y);
  }
  EACH_OF(mk_type, type, MK_UINT8, MK_FLOAT16, MK_FLOAT32, MK_FLOAT64) EACH_OF(ptrdiff_t, stride, 1, 0) {
    void *a = numbers(type, 77, 0, 9), *b = numbers(type, 77, 0, 9), *mask = numbers(MK_BOOL, 77, 0, 1), *y = room(type, 77);
    mk_select(bytes_of(type), mask, 1, a, stride, b, 1, y, 77);
    record("select", type, y, 77, SAME);
    mk_fill_where(bytes_of(type), mask, 1, a, y, 77);
    record("fill-where", type, y, 77, SAME);
    free(a), free(b), free(mask), free(y);
  }
}

// Operations whose value stays in registers: each between a load and a store, with an operand of each kind.
static void links(void) {
  begin_family(5);
  EACH_OF(mk_type, type, FLOATING) EACH_OF(ptrdiff_t, vectors, 4, 9) for (int op = 0; op < MK_BINARY_COUNT; op++)
    EACH_OF(mk_link_form, form, MK_LINK_UNARY, MK_LINK_FIRST, MK_LINK_SECOND, MK_LINK_BOTH) EACH_OF(uint8_t, scalar, false, true) {
      const uint8_t code = mk_link_code(form, (uint8_t)op, scalar);
      if (code == 0) continue;
      const ptrdiff_t size = (ptrdiff_t)bytes_of(type), n = vectors * 64 / size + 3, row = (n + 2) * size;
      void *x = numbers(type, 2 * (n + 2), 0.1, 4), *b = numbers(type, 2 * (n + 2), -3, 4), *y = room(type, 2 * n);
      const mk_link all[] = {
        {x, row, mk_link_code(MK_LINK_LOAD, 0, false), false}, {b, row, mk_link_code(MK_LINK_FETCH, 0, false), false},
        {b, row, code, false}, {y, n * size, mk_link_code(MK_LINK_STORE, 0, false), vectors == 9},
      };
      mk_run_links(type, all, 4, 2, n);
      record(NAME("link-%d-%d", form, op), type, y, 2 * n, op <= MK_DIVIDE ? SAME : WITHIN(32, 1));
      free(x), free(b), free(y);
    }
}

static void ends_of_products(void) {
  begin_family(4);
  EACH_OF(mk_type, type, FLOATING) {
    for (int activation = 0; activation <= MK_EPILOGUE_SIGMOID; activation++) EACH_OF(ptrdiff_t, n, 1, 13, 64) {
      void *bias = numbers(type, n, -1, 1), *c = numbers(type, 5 * 70, -2, 2);
      mk_finish_panel(type, activation, bias, c, 70, 5, n);
      record(NAME("finish-%d", activation), type, c, 5 * 70, WITHIN(8, 0.01));
      mk_finish_panel(type, activation, NULL, c, 70, 5, n);
      record(NAME("finish-%d", activation), type, c, 5 * 70, WITHIN(16, 0.01));
      free(bias), free(c);
    }
    void *x = numbers(type, 1000, -1, 1), *y = numbers(type, 1000, -1, 1);
    mk_accumulate(type, x, y, 1000);
    record("accumulate", type, y, 1000, SAME);
    free(x), free(y);
  }
  // Stays where it is in registers, whatever their number.
  EACH_OF(mk_type, type, FLOATING) for (int index = 0; mk_multiply_add_count(index) > 0; index++) {
    const int vectors = mk_multiply_add_count(index);
    const ptrdiff_t n = vectors * 64 / (ptrdiff_t)bytes_of(type);
    void *x = numbers(type, n, 0, 1);
    const uint8_t is_in_list = mk_multiply_add(type, vectors, x, 0.5, 0.25, 20);
    record("multiply-add-in-list", MK_BOOL, &is_in_list, 1, SAME);
    record("multiply-add", type, x, n, WITHIN(8));
    free(x);
  }
  EACH_OF(uint8_t, streams, false, true) {
    float *a = room(MK_FLOAT32, 256), *b = numbers(MK_FLOAT32, 256, -1, 1), *c = numbers(MK_FLOAT32, 256, -1, 1);
    mk_triad(streams, a, b, c, 0.3f, 256);
    record("triad", MK_FLOAT32, a, 256, WITHIN(1, 1));
    free(a), free(b), free(c);
  }
}

void record_elementwise(void) {
  unary();
  binary();
  comparisons();
  links();
  ends_of_products();
}
