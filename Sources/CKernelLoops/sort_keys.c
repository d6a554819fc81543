// Sorting by keys: unsigned integers, in the elements' order, that are sorted by digits or in vectors.
#include "sort.h"

#include <CPlatform.h>

#include "clones.h"
#include "families.h"

// Keys are made of bits alone, so that denormals are kept. -0 has the key of 0, and NaN the greatest.
#define FLOAT_KEYS(S, B, INFINITE) \
  INLINE uint##B##_t key_##S(uint##B##_t bits) { \
    const uint##B##_t sign = (uint##B##_t)1 << (B - 1), magnitude = bits & ~sign; \
    if (magnitude > INFINITE) return (uint##B##_t) - 1; \
    return magnitude == 0 ? sign : bits & sign ? ~bits : bits | sign; \
  } \
  INLINE uint##B##_t element_##S(uint##B##_t key) { return key >> (B - 1) ? key ^ (uint##B##_t)1 << (B - 1) : ~key; } \
  /* -0 and NaN, of which there are several with one key. */ \
  INLINE bool is_merged_##S(uint##B##_t bits) { \
    const uint##B##_t sign = (uint##B##_t)1 << (B - 1); \
    return bits == sign || (bits & ~sign) > INFINITE; \
  }
#define INTEGER_KEYS(S, B) \
  INLINE uint##B##_t key_##S(uint##B##_t bits) { return bits ^ (uint##B##_t)1 << (B - 1); } \
  INLINE uint##B##_t element_##S(uint##B##_t key) { return key ^ (uint##B##_t)1 << (B - 1); } \
  INLINE bool is_merged_##S(uint##B##_t bits) { return false; }
FLOAT_KEYS(f32, 32, 0x7f800000u)
FLOAT_KEYS(f64, 64, 0x7ff0000000000000u)
INTEGER_KEYS(i32, 32)
INTEGER_KEYS(i64, 64)

#define KEYS(S, B) \
  static CLONES bool make_keys_##S(bool descending, const raw_##B *x, raw_##B *keys, ptrdiff_t n) { \
    const uint##B##_t turn = descending ? (uint##B##_t)-1 : 0; \
    uint##B##_t merged = 0; \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) { \
      const uint##B##_t bits = x[i]; \
      merged |= is_merged_##S(bits); \
      keys[i] = key_##S(bits) ^ turn; \
    } \
    return merged != 0; \
  } \
  static CLONES void unmake_keys_##S(bool descending, const raw_##B *keys, raw_##B *y, ptrdiff_t n) { \
    const uint##B##_t turn = descending ? (uint##B##_t)-1 : 0; \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = element_##S(keys[i] ^ turn); \
  } \
  static void restore_equals_##S(bool descending, const raw_##B *x, raw_##B *y, ptrdiff_t n) { \
    const uint##B##_t zero = key_##S(0), undefined = key_##S((uint##B##_t)-1 >> 1); \
    ptrdiff_t zeros = 0, undefineds = 0; \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const uint##B##_t key = key_##S(x[i]); \
      zeros += descending ? key > zero : key < zero; \
      undefineds += !descending && key < undefined; \
    } \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const uint##B##_t key = key_##S(x[i]); \
      if (key == zero) y[zeros++] = x[i]; \
      else if (key == undefined) y[undefineds++] = x[i]; \
    } \
  } \
  static CLONES uint64_t differing_bits_##S(const raw_##B *x, ptrdiff_t first, ptrdiff_t n) { \
    const uint##B##_t reference = key_##S(*(x - first)); \
    uint##B##_t differing = 0; \
    for (ptrdiff_t i = 0; i < n; i++) differing |= key_##S(x[i]) ^ reference; \
    return differing; \
  } \
  static CLONES void make_index_keys_##S(bool descending, int shift, const raw_##B *x, ptrdiff_t first, uint64_t *keys, ptrdiff_t n) { \
    const uint##B##_t turn = descending ? (uint##B##_t)-1 : 0; \
    for (ptrdiff_t i = 0; i < n; i++) keys[i] = (uint64_t)((key_##S(x[i]) ^ turn) >> shift) << 32 | (uint64_t)(first + i); \
  } \
  /* What the shift has left out of the key that belongs to an index key, with its index. */ \
  INLINE uint64_t rest_##S(bool descending, int shift, const raw_##B *x, uint64_t key) { \
    const uint##B##_t turn = descending ? (uint##B##_t)-1 : 0; \
    return (uint64_t)((key_##S(x[(uint32_t)key]) ^ turn) & (((uint##B##_t)1 << shift) - 1)) << 32 | (uint32_t)key; \
  } \
  static void settle_run_##S(bool descending, int shift, const raw_##B *x, uint64_t *keys, uint64_t *scratch, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) keys[i] = rest_##S(descending, shift, x, keys[i]); \
    if (n > 16) { \
      mk_sort_keys(8, keys, scratch, 32, n); \
      return; \
    } \
    for (ptrdiff_t i = 1; i < n; i++) { \
      const uint64_t moved = keys[i]; \
      ptrdiff_t place = i; \
      for (; place > 0 && moved < keys[place - 1]; place--) keys[place] = keys[place - 1]; \
      keys[place] = moved; \
    } \
  } \
  static void settle_index_keys_##S(bool descending, int shift, const raw_##B *x, uint64_t *keys, uint64_t *scratch, ptrdiff_t n) { \
    for (ptrdiff_t start = 0, end; start < n; start = end) { \
      for (end = start + 1; end < n && keys[end] >> 32 == keys[start] >> 32;) end++; \
      if (end - start > 1) settle_run_##S(descending, shift, x, keys + start, scratch, end - start); \
    } \
  }
KEYS(f32, 32)
KEYS(f64, 64)
KEYS(i32, 32)
KEYS(i64, 64)

#define BY_WIDE_TYPE(type, NAME, ...) \
  switch (type) { \
    case MK_FLOAT32: NAME##_f32(__VA_ARGS__); break; \
    case MK_FLOAT64: NAME##_f64(__VA_ARGS__); break; \
    case MK_INT32: NAME##_i32(__VA_ARGS__); break; \
    case MK_INT64: NAME##_i64(__VA_ARGS__); break; \
    default: mk_unsupported_type(__func__, type); \
  }

bool mk_make_keys(bool descending, mk_type type, const void *x, void *keys, ptrdiff_t n) {
  bool merged = false;
  BY_WIDE_TYPE(type, merged = make_keys, descending, x, keys, n)
  return merged;
}

void mk_unmake_keys(bool descending, mk_type type, const void *keys, void *y, ptrdiff_t n) {
  BY_WIDE_TYPE(type, unmake_keys, descending, keys, y, n)
}

void mk_restore_equals(bool descending, mk_type type, const void *x, void *y, ptrdiff_t n) {
  BY_WIDE_TYPE(type, restore_equals, descending, x, y, n)
}

uint64_t mk_differing_bits(mk_type type, const void *x, ptrdiff_t first, ptrdiff_t n) {
  uint64_t differing = 0;
  BY_WIDE_TYPE(type, differing = differing_bits, x, first, n)
  return differing;
}

void mk_make_index_keys(bool descending, mk_type type, int shift, const void *x, ptrdiff_t first, uint64_t *keys, ptrdiff_t n) {
  BY_WIDE_TYPE(type, make_index_keys, descending, shift, x, first, keys, n)
}

void mk_settle_index_keys(bool descending, mk_type type, int shift, const void *x, uint64_t *keys, uint64_t *scratch, ptrdiff_t n) {
  BY_WIDE_TYPE(type, settle_index_keys, descending, shift, x, keys, scratch, n)
}

// Sorts by digits, the lowest first; a digit in which all keys agree is passed over. Few keys are inserted one by one.
#define DIGITS(B) \
  static void by_digits_##B(raw_##B *keys, raw_##B *scratch, int first_bit, ptrdiff_t n) { \
    enum { MOST_BITS = 11, FEW = 32 }; \
    if (n <= FEW) { \
      for (ptrdiff_t i = 1; i < n; i++) { \
        const uint##B##_t moved = keys[i]; \
        ptrdiff_t place = i; \
        for (; place > 0 && moved >> first_bit < keys[place - 1] >> first_bit; place--) keys[place] = keys[place - 1]; \
        keys[place] = moved; \
      } \
      return; \
    } \
    /* Fewer digits take a table each that few keys would not fill. */ \
    const int bits = n < 16384 ? 8 : MOST_BITS, size = 1 << bits; \
    raw_##B *from = keys, *to = scratch; \
    for (int bit = first_bit; bit < B; bit += bits) { \
      ptrdiff_t place[1 << MOST_BITS]; \
      memset(place, 0, (size_t)size * sizeof *place); \
      for (ptrdiff_t i = 0; i < n; i++) place[from[i] >> bit & (uint##B##_t)(size - 1)]++; \
      if (place[from[0] >> bit & (uint##B##_t)(size - 1)] == n) continue; \
      ptrdiff_t sum = 0; \
      for (int d = 0; d < size; d++) { \
        const ptrdiff_t count = place[d]; \
        place[d] = sum; \
        sum += count; \
      } \
      for (ptrdiff_t i = 0; i < n; i++) { \
        const uint##B##_t key = from[i]; \
        to[place[key >> bit & (uint##B##_t)(size - 1)]++] = key; \
      } \
      raw_##B *swap = from; \
      from = to; \
      to = swap; \
    } \
    if (from != keys) memcpy(keys, from, (size_t)n * sizeof *keys); \
  }
DIGITS(32)
DIGITS(64)

// Copies the keys to y, those that are at most `pivot` to the front and the others to the end, and returns how many are in
// front.
#define DIVIDE(B) \
  static ptrdiff_t divide_plain_##B(const raw_##B *x, raw_##B *y, ptrdiff_t n, uint##B##_t pivot) { \
    ptrdiff_t left = 0, right = n; \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const uint##B##_t v = x[i]; \
      y[left] = v; \
      y[right - 1] = v; \
      left += v <= pivot; \
      right -= v > pivot; \
    } \
    /* The order of those at the end is turned round again: equal keys, as far as they count, stay in theirs. */ \
    for (ptrdiff_t i = left, j = n - 1; i < j; i++, j--) { \
      const uint##B##_t swap = y[i]; \
      y[i] = y[j]; \
      y[j] = swap; \
    } \
    return left; \
  }
DIVIDE(32)
DIVIDE(64)

void mk_sort_keys_by_digits(size_t size, void *keys, void *scratch, int first_bit, ptrdiff_t n) {
  BY_WORD_SIZE(size, by_digits, keys, scratch, first_bit, n)
}

#if defined(MARTLET_X86)
#define AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512cd,avx512vl,popcnt")))
typedef int int_lanes __attribute__((vector_size(64)));
typedef long long long_lanes __attribute__((vector_size(64)));

#define BITS 32
#define W 16
#define MASK uint16_t
#define LANES_OF(test) (MASK) __builtin_ia32_cvtd2mask512((int_lanes)(test))
#define SOME(n) (MASK)((n) >= W ? 0xffff : (n) <= 0 ? 0 : (1u << (n)) - 1)
#define LOAD_SOME(x, lanes) (lanes_32) __builtin_ia32_loaddqusi512_mask((const int *)(x), (int_lanes){0} - 1, lanes)
#define STORE_SOME(y, v, lanes) __builtin_ia32_storedqusi512_mask((int *)(y), (int_lanes)(v), lanes)
#define COMPRESS(v, lanes) (lanes_32) __builtin_ia32_compresssi512_mask((int_lanes)(v), (int_lanes)(v), lanes)
#define XOR(j) \
  0 ^ (j), 1 ^ (j), 2 ^ (j), 3 ^ (j), 4 ^ (j), 5 ^ (j), 6 ^ (j), 7 ^ (j), 8 ^ (j), 9 ^ (j), 10 ^ (j), 11 ^ (j), 12 ^ (j), \
    13 ^ (j), 14 ^ (j), 15 ^ (j)
#define LANE(i, b) ((i) & (b) ? W + (i) : (i))
#define UPPER(b) \
  LANE(0, b), LANE(1, b), LANE(2, b), LANE(3, b), LANE(4, b), LANE(5, b), LANE(6, b), LANE(7, b), LANE(8, b), LANE(9, b), \
    LANE(10, b), LANE(11, b), LANE(12, b), LANE(13, b), LANE(14, b), LANE(15, b)
#define TURNED(i, b) ((i) & (b) ? W + ((i) ^ (b)) : (i))
#define KEPT(i, b) ((i) & (b) ? W + (i) : (i) ^ (b))
#define FROM_FIRST(b) \
  TURNED(0, b), TURNED(1, b), TURNED(2, b), TURNED(3, b), TURNED(4, b), TURNED(5, b), TURNED(6, b), TURNED(7, b), TURNED(8, b), \
    TURNED(9, b), TURNED(10, b), TURNED(11, b), TURNED(12, b), TURNED(13, b), TURNED(14, b), TURNED(15, b)
#define FROM_SECOND(b) \
  KEPT(0, b), KEPT(1, b), KEPT(2, b), KEPT(3, b), KEPT(4, b), KEPT(5, b), KEPT(6, b), KEPT(7, b), KEPT(8, b), KEPT(9, b), \
    KEPT(10, b), KEPT(11, b), KEPT(12, b), KEPT(13, b), KEPT(14, b), KEPT(15, b)
#include "sort_vectors.h"
#undef FROM_FIRST
#undef FROM_SECOND
#undef BITS
#undef W
#undef MASK
#undef LANES_OF
#undef SOME
#undef LOAD_SOME
#undef STORE_SOME
#undef COMPRESS
#undef XOR
#undef UPPER

#define BITS 64
#define W 8
#define MASK uint8_t
#define LANES_OF(test) (MASK) __builtin_ia32_cvtq2mask512((long_lanes)(test))
#define SOME(n) (MASK)((n) >= W ? 0xff : (n) <= 0 ? 0 : (1u << (n)) - 1)
#define LOAD_SOME(x, lanes) (lanes_64) __builtin_ia32_loaddqudi512_mask((const long long *)(x), (long_lanes){0} - 1, lanes)
#define STORE_SOME(y, v, lanes) __builtin_ia32_storedqudi512_mask((long long *)(y), (long_lanes)(v), lanes)
#define COMPRESS(v, lanes) (lanes_64) __builtin_ia32_compressdi512_mask((long_lanes)(v), (long_lanes)(v), lanes)
#define XOR(j) 0 ^ (j), 1 ^ (j), 2 ^ (j), 3 ^ (j), 4 ^ (j), 5 ^ (j), 6 ^ (j), 7 ^ (j)
#define UPPER(b) LANE(0, b), LANE(1, b), LANE(2, b), LANE(3, b), LANE(4, b), LANE(5, b), LANE(6, b), LANE(7, b)
#define FROM_FIRST(b) \
  TURNED(0, b), TURNED(1, b), TURNED(2, b), TURNED(3, b), TURNED(4, b), TURNED(5, b), TURNED(6, b), TURNED(7, b)
#define FROM_SECOND(b) KEPT(0, b), KEPT(1, b), KEPT(2, b), KEPT(3, b), KEPT(4, b), KEPT(5, b), KEPT(6, b), KEPT(7, b)
#include "sort_vectors.h"

static bool has_vectors(void) { return mk_processor_features() & 2; }
#else
static bool has_vectors(void) { return false; }
#define quicksort_32(keys, scratch, home, n, budget) by_digits_32(keys, scratch, 0, n)
#define quicksort_64(keys, scratch, home, n, budget) by_digits_64(keys, scratch, 0, n)
#define divide_32 divide_plain_32
#define divide_64 divide_plain_64
#endif

void mk_sort_keys(size_t size, void *keys, void *scratch, int first_bit, ptrdiff_t n) {
  if (!has_vectors()) mk_sort_keys_by_digits(size, keys, scratch, first_bit, n);
  else BY_WORD_SIZE(size, quicksort, keys, scratch, true, n, 8)
}

#define HALVE(B) \
  static ptrdiff_t halve_##B(const raw_##B *x, raw_##B *y, ptrdiff_t n) { \
    enum { SAMPLE = 255 }; \
    uint##B##_t sample[SAMPLE], spare[SAMPLE]; \
    for (int j = 0; j < SAMPLE; j++) sample[j] = x[(2 * j + 1) * (n / (2 * SAMPLE))]; \
    mk_sort_keys(B / 8, sample, spare, 0, SAMPLE); \
    return has_vectors() ? divide_##B(x, y, n, sample[SAMPLE / 2]) : divide_plain_##B(x, y, n, sample[SAMPLE / 2]); \
  }
HALVE(32)
HALVE(64)

ptrdiff_t mk_halve_keys(size_t size, const void *x, void *y, ptrdiff_t n) {
  ptrdiff_t count = 0;
  BY_WORD_SIZE(size, count = halve, x, y, n)
  return count;
}

// The keys that a sort of the n keys of x would put at `count` places, counted from `base`. Keys are moved between x and
// `other`. Where divisions keep leaving nearly all keys on one side, what is left is sorted, which bounds the time.
#define SELECT(B) \
  static CLONES uint##B##_t greatest_##B(const raw_##B *x, ptrdiff_t n) { \
    uint##B##_t most = 0; \
    for (ptrdiff_t i = 0; i < n; i++) most = x[i] > most ? x[i] : most; \
    return most; \
  } \
  static ptrdiff_t divided_##B(bool vectors, const raw_##B *x, raw_##B *y, ptrdiff_t n, uint##B##_t pivot) { \
    return vectors ? divide_##B(x, y, n, pivot) : divide_plain_##B(x, y, n, pivot); \
  } \
  static void select_keys_##B( \
    bool vectors, raw_##B *x, raw_##B *other, ptrdiff_t n, ptrdiff_t base, const int64_t *places, ptrdiff_t count, raw_##B *found, int budget) { \
    enum { FEW = 128, SAMPLE = 15 }; \
    while (count > 0) { \
      if (places[count - 1] - base == n - 1 && n > FEW) { \
        found[--count] = greatest_##B(x, n); \
        continue; \
      } \
      if (n <= FEW || budget < 0) { \
        mk_sort_keys(B / 8, x, other, 0, n); \
        for (ptrdiff_t j = 0; j < count; j++) found[j] = x[places[j] - base]; \
        return; \
      } \
      uint##B##_t sample[SAMPLE], spare[SAMPLE]; \
      for (int j = 0; j < SAMPLE; j++) sample[j] = x[(2 * j + 1) * (n / (2 * SAMPLE))]; \
      by_digits_##B(sample, spare, 0, SAMPLE); \
      const uint##B##_t pivot = sample[SAMPLE * (places[count / 2] - base) / n]; \
      ptrdiff_t left = divided_##B(vectors, x, other, n, pivot); \
      if (left == n) { \
        left = pivot == 0 ? 0 : divided_##B(vectors, other, x, n, pivot - 1); \
        while (count > 0 && places[count - 1] - base >= left) found[--count] = pivot; \
        n = left; \
        continue; \
      } \
      ptrdiff_t before = 0; \
      while (before < count && places[before] - base < left) before++; \
      budget -= (before > 0 && left > n / 16 * 15) || (before < count && n - left > n / 16 * 15); \
      select_keys_##B(vectors, other + left, x + left, n - left, base + left, places + before, count - before, found + before, budget); \
      raw_##B *swap = x; \
      x = other; \
      other = swap; \
      n = left; \
      count = before; \
    } \
  }
SELECT(32)
SELECT(64)

// Makes elements of the keys that were found at the places. Of zeros and NaN, whose keys are one, that in x which a stable sort puts there.
#define TAKE_PLACES(S, B) \
  static void take_places_##S(const raw_##B *x, bool merged, const int64_t *places, ptrdiff_t count, raw_##B *y, ptrdiff_t n) { \
    for (ptrdiff_t j = 0; j < count; j++) { \
      const uint##B##_t key = y[j]; \
      y[j] = element_##S(key); \
      if (!merged || (key != key_##S(0) && key != key_##S((uint##B##_t)-1 >> 1))) continue; \
      ptrdiff_t left = places[j], i = 0; \
      for (ptrdiff_t k = 0; k < n; k++) left -= key_##S(x[k]) < key; \
      for (;; i++) \
        if (key_##S(x[i]) == key && left-- == 0) break; \
      y[j] = x[i]; \
    } \
  }
TAKE_PLACES(f32, 32)
TAKE_PLACES(f64, 64)
TAKE_PLACES(i32, 32)
TAKE_PLACES(i64, 64)

// Bytes are counted.
static void sort_bytes(bool descending, const uint8_t *x, uint8_t *y, ptrdiff_t n) {
  ptrdiff_t count[256] = {0};
  for (ptrdiff_t i = 0; i < n; i++) count[x[i]]++;
  for (int d = 0; d < 256; d++) {
    const int value = descending ? 255 - d : d;
    memset(y, value, (size_t)count[value]);
    y += count[value];
  }
}

static void argsort_bytes(bool descending, const uint8_t *x, int64_t *order, ptrdiff_t n) {
  ptrdiff_t place[256] = {0}, sum = 0;
  for (ptrdiff_t i = 0; i < n; i++) place[x[i]]++;
  for (int d = 0; d < 256; d++) {
    const int value = descending ? 255 - d : d;
    const ptrdiff_t count = place[value];
    place[value] = sum;
    sum += count;
  }
  for (ptrdiff_t i = 0; i < n; i++) order[place[x[i]]++] = i;
}

void mk_order_statistics_rows(mk_type type, const void *x, const int64_t *places, ptrdiff_t count, void *y, void *scratch, ptrdiff_t rows, ptrdiff_t n) {
  const size_t size = size_of_type(type);
  if (is_half(type)) mk_unsupported_type(__func__, type);
  char *keys = scratch, *free = keys + (size_t)n * size;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const void *row = (const char *)x + (size_t)(r * n) * size;
    void *out = (char *)y + (size_t)(r * count) * size;
    if (size == 1) {
      sort_bytes(false, row, (uint8_t *)keys, n);
      for (ptrdiff_t j = 0; j < count; j++) ((uint8_t *)out)[j] = ((uint8_t *)keys)[places[j]];
      continue;
    }
    const bool merged = mk_make_keys(false, type, row, keys, n);
    BY_WORD_SIZE(size, select_keys, has_vectors(), (void *)keys, (void *)free, n, 0, places, count, out, 8)
    BY_WIDE_TYPE(type, take_places, row, merged, places, count, out, n)
  }
}

void mk_sort_rows(bool descending, mk_type type, const void *x, void *y, void *scratch, ptrdiff_t rows, ptrdiff_t n) {
  const size_t size = size_of_type(type);
  if (is_half(type)) mk_unsupported_type(__func__, type);
  for (ptrdiff_t r = 0; r < rows; r++) {
    const void *row = (const char *)x + (size_t)(r * n) * size;
    void *out = (char *)y + (size_t)(r * n) * size;
    if (size == 1) {
      sort_bytes(descending, row, out, n);
      continue;
    }
    const bool merged = mk_make_keys(descending, type, row, out, n);
    mk_sort_keys(size, out, scratch, 0, n);
    mk_unmake_keys(descending, type, out, out, n);
    if (merged) mk_restore_equals(descending, type, row, out, n);
  }
}

void mk_argsort_rows(bool descending, mk_type type, const void *x, int64_t *order, int64_t *scratch, ptrdiff_t rows, ptrdiff_t n) {
  const size_t size = size_of_type(type);
  if (is_half(type)) mk_unsupported_type(__func__, type);
  for (ptrdiff_t r = 0; r < rows; r++, order += n) {
    const void *row = (const char *)x + (size_t)(r * n) * size;
    uint64_t *keys = (uint64_t *)order;
    if (size == 1) {
      argsort_bytes(descending, row, order, n);
      continue;
    }
    if (n >> 32) {
      mk_argsort_rows_by_merging(descending, type, row, order, scratch, 1, n);
      continue;
    }
    const int shift = size == 8 && n > 0 ? mk_index_key_shift(mk_differing_bits(type, row, 0, n)) : 0;
    mk_make_index_keys(descending, type, shift, row, 0, keys, n);
    mk_sort_keys(8, keys, scratch, 32, n);
    if (shift > 0) mk_settle_index_keys(descending, type, shift, row, keys, (uint64_t *)scratch, n);
    mk_indices_of_keys(keys, order, n);
  }
}

void mk_indices_of_keys(const uint64_t *keys, int64_t *order, ptrdiff_t n) {
  IN_PLACE for (ptrdiff_t i = 0; i < n; i++) order[i] = (int64_t)(uint32_t)keys[i];
}
