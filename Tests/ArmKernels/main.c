// Runs the kernels on fixed numbers, or measures how exact the functions are:
//
//     kernels records FILE               writes what every kernel makes of them
//     kernels accuracy SAMPLES DENSE     prints for each function number, type, worst error in ULP, where, faults, where
#include <accuracy.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

static void measure(int op, mk_type type, int samples, int dense) {
  accuracy found = {0};
  accuracy_sample(op, type, samples, dense, 0x5eed, &found);
  printf("%d %s %.6g %.17g %llu %.17g\n", op, name_of(type), found.worst, found.worst_at, (unsigned long long)found.faults, found.fault_at);
  fflush(stdout);
}

// Denormals are flushed to 0 and kept again as the calls say, where the processor can.
static void check_float_mode(void) {
  // A product that the compiler cannot compute.
  volatile float tiny = 0x1p-130f, half = 0.5f;
  const uint32_t before = mk_flush_denormals();
  const bool flushes = tiny * half == 0;
  const uint32_t flushed = mk_keep_denormals();
  const bool keeps = tiny * half != 0;
  mk_end_keeping(flushed);
  const bool flushes_again = tiny * half == 0;
  mk_restore_float_mode(before);
  const bool is_restored = tiny * half != 0, can = mk_can_flush_denormals();
  if (flushes != can || flushes_again != can || !keeps || !is_restored) {
    fprintf(stderr, "denormals: flushed %d, kept %d, flushed again %d, restored %d\n", flushes, keeps, flushes_again, is_restored);
    exit(1);
  }
}

int main(int count, char **words) {
  if (count == 3 && !strcmp(words[1], "records")) {
    check_float_mode();
    record_to(words[2]);
    const uint32_t mode = mk_flush_denormals();
    record_elementwise();
    record_reductions();
    record_order();
    record_learning();
    mk_restore_float_mode(mode);
    // What moves numbers keeps denormals, and the scalar code always does.
    record_memory();
    record_random();
    record_end();
    return 0;
  }
  if (count == 4 && !strcmp(words[1], "accuracy")) {
    for (int op = 0; op < MK_UNARY_COUNT; op++) {
      if (!accuracy_has(op)) continue;
      measure(op, MK_FLOAT32, atoi(words[2]), atoi(words[3]));
      if (accuracy_has_wide_reference()) measure(op, MK_FLOAT64, atoi(words[2]) / 4 + 1, atoi(words[3]) / 8 + 1);
    }
    return 0;
  }
  fprintf(stderr, "usage: kernels records FILE | accuracy SAMPLES DENSE\n");
  return 2;
}
