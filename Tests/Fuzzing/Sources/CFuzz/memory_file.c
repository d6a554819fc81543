#define _GNU_SOURCE
#include "CFuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int mf_memory_file(const void *bytes, size_t count) {
  static int file = -1;
  if (file < 0) file = memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, 0) != 0) return -1;
  size_t done = 0;
  while (done < count) {
    const ssize_t written = pwrite(file, (const char *)bytes + done, count - done, (off_t)done);
    if (written <= 0) return -1;
    done += (size_t)written;
  }
  return file;
}
