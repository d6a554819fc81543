// OpenBLAS and LAPACKE as Swift sees them.
#ifndef MARTLET_CBLAS_SHIM_H
#define MARTLET_CBLAS_SHIM_H

#include <cblas.h>
// Swift imports no C complex types; LAPACKE then declares its own structures.
#ifndef LAPACK_COMPLEX_STRUCTURE
#define LAPACK_COMPLEX_STRUCTURE
#endif
#include <lapacke.h>
#include <stdbool.h>

#if defined(__ELF__)

// Exported by builds of OpenBLAS with DYNAMIC_ARCH only, and declared in no header: bound weakly, so that
// other builds link and run.
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
extern void gotoblas_dynamic_init(void) __attribute__((weak));

// Whether this build can change its kernels while it runs.
static inline bool martlet_blas_can_reselect(void) { return gotoblas_dynamic_quit && gotoblas_dynamic_init; }

// Selects the kernels again from OPENBLAS_CORETYPE; nothing where the build cannot.
static inline void martlet_blas_reselect(void) {
  if (!martlet_blas_can_reselect()) return;
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
}

#else

// Elsewhere a linker wants to see what is bound weakly.
static inline bool martlet_blas_can_reselect(void) { return false; }
static inline void martlet_blas_reselect(void) {}

#endif

#endif
