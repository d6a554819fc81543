// When it is loaded, OpenBLAS starts one thread for each processor, each with its own memory, before the program can
// say that the worker pool splits the work; and where the system refuses a thread, OpenBLAS ends the process.
#if defined(__ELF__)

// OpenBLAS reads OPENBLAS_NUM_THREADS with this function. The program's own function takes precedence over that of a
// shared library, and answers as if the variable were 1. It is weak, so that it gives way where OpenBLAS is linked in.
__attribute__((weak, visibility("default"))) int openblas_num_threads_env(void);
int openblas_num_threads_env(void) { return 1; }

#endif
