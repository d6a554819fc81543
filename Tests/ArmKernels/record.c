#include "record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *file;
static uint64_t state;

void record_to(const char *path) {
  file = fopen(path, "wb");
  if (!file) {
    perror(path);
    exit(2);
  }
}

void record_end(void) {
  if (fclose(file) != 0) {
    perror("the records");
    exit(2);
  }
}

void record(const char *name, mk_type type, const void *y, ptrdiff_t n, allowance allowed) {
  fprintf(file, "%s %s %td %g %g\n", name, name_of(type), n, allowed.ulps, allowed.scale);
  fwrite(y, bytes_of(type), (size_t)n, file);
  fputc('\n', file);
}

size_t bytes_of(mk_type type) {
  static const uint8_t sizes[] = {4, 8, 4, 8, 1, 1, 2, 2};
  return sizes[type];
}

const char *name_of(mk_type type) {
  static const char *const names[] = {"f32", "f64", "i32", "i64", "u8", "bool", "f16", "bf16"};
  return names[type];
}

void begin_family(uint32_t seed) { state = seed; }

// SplitMix64 (Steele, Lea and Flood, 2014).
uint64_t next_word(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static void *memory(size_t bytes) {
  void *result = aligned_alloc(64, (bytes + 127) & ~(size_t)63);
  if (!result) abort();
  return result;
}

void *room(mk_type type, ptrdiff_t n) {
  const size_t bytes = (size_t)n * bytes_of(type);
  return memset(memory(bytes), 0xa5, bytes);
}

void *numbers(mk_type type, ptrdiff_t n, double low, double high) {
// The same bits whether or not the processor has one instruction for a product and a sum.
#pragma STDC FP_CONTRACT OFF
  void *x = room(type, n);
  for (ptrdiff_t i = 0; i < n; i++) {
    const uint64_t word = next_word();
    const double value = low + (high - low) * ((double)(word >> 11) * 0x1p-53);
    switch (type) {
      case MK_FLOAT32: ((float *)x)[i] = (float)value; break;
      case MK_FLOAT64: ((double *)x)[i] = value; break;
      case MK_INT32: ((int32_t *)x)[i] = (int32_t)floor(value); break;
      case MK_INT64: ((int64_t *)x)[i] = (int64_t)floor(value); break;
      case MK_UINT8: ((uint8_t *)x)[i] = (uint8_t)floor(value); break;
      case MK_BOOL: ((uint8_t *)x)[i] = word & 1; break;
      // Any bits, NaN among them.
      case MK_FLOAT16: case MK_BFLOAT16: ((uint16_t *)x)[i] = (uint16_t)word; break;
    }
  }
  return x;
}

void *with_specials(mk_type type, void *x, ptrdiff_t n) {
  const double special[] = {NAN, INFINITY, -INFINITY, 0, -0.0};
  for (ptrdiff_t i = 0; i < 5 && 3 * i + 2 < n; i++) {
    if (type == MK_FLOAT32) ((float *)x)[3 * i + 2] = (float)special[i];
    if (type == MK_FLOAT64) ((double *)x)[3 * i + 2] = special[i];
  }
  return x;
}

int64_t *indices(ptrdiff_t n, int64_t low, int64_t high) {
  int64_t *x = room(MK_INT64, n);
  for (ptrdiff_t i = 0; i < n; i++) x[i] = low + (int64_t)(next_word() % (uint64_t)(high - low));
  return x;
}
