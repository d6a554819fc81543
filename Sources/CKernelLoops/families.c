// Stops the program when a kernel is given a scalar type or an element size that it does not support.
#include "families.h"

#include <stdio.h>
#include <stdlib.h>

void mk_unsupported_type(const char *kernel, unsigned type) {
  static const char *const names[] = {"float32", "float64", "int32", "int64", "uint8", "bool", "float16", "bfloat16"};
  const char *name = type < sizeof names / sizeof *names ? names[type] : "unknown";
  fprintf(stderr, "Martlet: %s: unsupported scalar type %u (%s)\n", kernel, type, name);
  abort();
}

void mk_unsupported_size(const char *kernel, size_t size) {
  fprintf(stderr, "Martlet: %s: unsupported element size %zu\n", kernel, size);
  abort();
}
