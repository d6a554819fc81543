// What Scripts/check-arm compares: results of kernels on numbers that are the same everywhere, as records in a file.
#ifndef MARTLET_RECORD_H
#define MARTLET_RECORD_H
#include <CKernels.h>

// How far two forms of a kernel may differ: not at all, or by so many units in the last place of a result, or of `scale`
// where that is larger, as for sums whose terms nearly cancel.
typedef struct allowance {
  double ulps, scale;
} allowance;
#define SAME ((allowance){0, 0})
#define WITHIN(...) ((allowance){__VA_ARGS__})

void record_to(const char *path);
void record_end(void);
// One result, of n elements. Names need not differ.
void record(const char *name, mk_type type, const void *y, ptrdiff_t n, allowance allowed);

size_t bytes_of(mk_type type);
const char *name_of(mk_type type);
// The seed of the next numbers; each family begins with its own, so that it stays the same when another grows.
void begin_family(uint32_t seed);
uint64_t next_word(void);
// Random numbers in low ..< high, of any type; of Bool 0 and 1. Memory is the caller's to free.
void *numbers(mk_type type, ptrdiff_t n, double low, double high);
// Puts NaN, infinities and both zeros in some places of float32 or float64, where there are enough.
void *with_specials(mk_type type, void *x, ptrdiff_t n);
// Indices in low ..< high.
int64_t *indices(ptrdiff_t n, int64_t low, int64_t high);
// Memory of n elements whose bytes are all 0xA5, so that what a kernel leaves out shows.
void *room(mk_type type, ptrdiff_t n);

#define EACH_OF(T, name, ...) \
  for (const T *name##_at = (const T[]){__VA_ARGS__}, *name##_end = name##_at + sizeof((const T[]){__VA_ARGS__}) / sizeof(T); \
       name##_at < name##_end; name##_at++) \
    for (T name = *name##_at, *name##_once = &name; name##_once; name##_once = NULL)
#define FLOATING MK_FLOAT32, MK_FLOAT64
#define INTEGERS MK_INT32, MK_INT64, MK_UINT8

void record_elementwise(void);
void record_memory(void);
void record_reductions(void);
void record_order(void);
void record_learning(void);
void record_random(void);
#endif
