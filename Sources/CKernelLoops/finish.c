// The end of a matrix product: adds the bias and applies the activation, a panel at a time.
#include "families.h"
#include "elementwise.h"
#include "vector_math_f64.h"

#define CASE(OP, SUM, ...) \
  case OP: \
    IN_PLACE for (ptrdiff_t j = 0; j < cols; j++) { \
      const T v = SUM; \
      row[j] = __VA_ARGS__; \
    } \
    break;
#define LONG(W, OP, SUM, ...) case OP: EACH(W, j, cols, { const T v = SUM; row[j] = __VA_ARGS__; }) break;
#define ACTIVATIONS(W, SUM, TANH, SIGMOID) \
  switch (activation) { \
    CASE(MK_EPILOGUE_NONE, SUM, v) \
    CASE(MK_EPILOGUE_RELU, SUM, v <= 0 ? 0 : v) \
    LONG(W, MK_EPILOGUE_TANH, SUM, TANH(v)) \
    LONG(W, MK_EPILOGUE_SIGMOID, SUM, SIGMOID(v)) \
  }
#define FINISH(NAME, W, TANH, SIGMOID) \
  static CLONES void NAME(mk_epilogue activation, const T *bias, T *c, ptrdiff_t ldc, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++) { \
      T *row = c + r * ldc; \
      if (bias) { \
        ACTIVATIONS(W, row[j] + bias[j], TANH, SIGMOID) \
      } else { \
        ACTIVATIONS(W, row[j], TANH, SIGMOID) \
      } \
    } \
  }

#define T float
FINISH(finish_f32, 16, tanh_f32, sigmoid_f32)
#undef T
#define T double
FINISH(finish_f64, 8, tanh_f64, sigmoid_f64)
#undef T

void mk_finish_panel(mk_type type, mk_epilogue activation, const void *bias, void *c, ptrdiff_t ldc, ptrdiff_t rows, ptrdiff_t cols) {
  if (!bias && activation == MK_EPILOGUE_NONE) return;
  BY_FLOATING(type, finish, activation, bias, c, ldc, rows, cols)
}
