// OpenBLAS starts its threads when it is loaded, before the program can say that the worker pool does the splitting: one for
// each processor, each with its memory, and where the system refuses a thread it ends the process.
#if defined(__ELF__)

// What OpenBLAS makes of OPENBLAS_NUM_THREADS. The program's own function stands before that of a shared library, and answers as
// if 1 were set. Weak, so that it gives way where OpenBLAS is linked in.
__attribute__((weak, visibility("default"))) int openblas_num_threads_env(void);
int openblas_num_threads_env(void) { return 1; }

#endif
