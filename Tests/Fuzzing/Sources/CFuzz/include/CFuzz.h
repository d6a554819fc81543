#ifndef MARTLET_CFUZZ_H
#define MARTLET_CFUZZ_H

#include <stddef.h>

// Gives the file in memory that the calling process has these bytes, and returns its descriptor, -1 where there is none.
int mf_memory_file(const void *bytes, size_t count);

#endif
