// Scalar types as the kernels know them; the values are those of Swift's `ScalarType`.
#ifndef MARTLET_TYPES_H
#define MARTLET_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mk_type : uint8_t {
  MK_FLOAT32 = 0,
  MK_FLOAT64 = 1,
  MK_INT32 = 2,
  MK_INT64 = 3,
  MK_UINT8 = 4,
  MK_BOOL = 5,
  MK_FLOAT16 = 6,   // storage only: copy and convert
  MK_BFLOAT16 = 7,  // storage only: copy and convert
} mk_type;

#endif
