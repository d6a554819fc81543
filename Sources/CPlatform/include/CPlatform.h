// What depends on the operating system or the processor, and what replaces it elsewhere. No code above this asks which
// system or processor it runs on.
//
// The form is chosen here for all of C: plain POSIX without Linux, plain C without x86-64 or ARM. MARTLET_PORTABLE,
// which Package.swift takes from the environment, chooses these everywhere, so that they are built and tested where
// they are not needed.
#ifndef MARTLET_CPLATFORM_H
#define MARTLET_CPLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(MARTLET_PORTABLE)
#if defined(__linux__)
#define MARTLET_LINUX
#endif
#if defined(__x86_64__)
#define MARTLET_X86
#elif defined(__aarch64__)
#define MARTLET_ARM
#endif
// Kernels are compiled for several x86-64 levels, of which the ELF loader chooses one.
#if defined(MARTLET_X86) && defined(__ELF__) && !defined(MARTLET_ONE_LEVEL)
#define MARTLET_LEVELS
#endif
#endif

// Whether this build is the portable form (MARTLET_PORTABLE).
bool mk_is_portable(void);

// MARK: The processor (processor.c)

// Sets flush-to-zero and denormals-are-zero and returns the mode before; mk_restore_float_mode restores it. Where no
// register for it is known, nothing happens: denormals are then kept, which is exact and slow.
uint32_t mk_flush_denormals(void);
void mk_restore_float_mode(uint32_t mode);
// The reverse, for code that moves or compares numbers while denormals are flushed: it keeps them until mk_end_keeping,
// which takes the mode that mk_keep_denormals returned.
uint32_t mk_keep_denormals(void);
void mk_end_keeping(uint32_t mode);
// Whether mk_flush_denormals has an effect.
bool mk_can_flush_denormals(void);
// Tells the processor that this is a loop that waits.
void mk_pause(void);
// Features of this processor: bit 0 AVX2 with FMA, bit 1 AVX-512 F, DQ, BW, CD and VL, bit 2 AVX-512 bf16, each only if
// the operating system and mk_forced_level allow it. 0 on other processors than x86-64 and in the portable form.
uint32_t mk_processor_features(void);
// The level that the environment variable MARTLET_LEVEL limits kernels to that are chosen by mk_processor_features, to
// test and measure those of lesser processors: 4 (x86-64-v4), 3 (x86-64-v3), 0 (default), or -1 without it. Any other
// value stops the program. The loader's choice, mk_kernel_level, comes before any variable can be read.
int mk_forced_level(void);
// The x86-64 level of the kernels that the loader chose: 4 is x86-64-v4 (AVX-512), 3 is x86-64-v3 (AVX2 and FMA), 0 the
// compiler's default; -1 where they are compiled for one level only.
int mk_kernel_level(void);
// The size in bytes of a processor's second-level cache; 0 where the system does not tell.
size_t mk_second_level_cache(void);
// The number of processors that this process may run on, at least 1: by affinity on Linux, elsewhere those online.
int mk_available_processors(void);
// The number of the machine's processors, whether or not this process may run on them, at least 1.
int mk_machine_processors(void);

// MARK: Threads (threads.c)

// Sleeps while *word == expected. It returns at once if they differ, and sometimes without a reason. It sleeps not much
// longer than `nanoseconds`, unless these are negative.
void mk_wait(const uint32_t *word, uint32_t expected, int64_t nanoseconds);
// Wakes `count` threads that sleep on the word, if there are so many, or more. The caller changes *word first.
void mk_wake(const uint32_t *word, int count);
// Starts a detached thread with a stack of 8 MiB; returns false where the system refuses.
bool mk_start_thread(void *(*body)(void *), void *argument);
// The calling thread's number: on Linux the one that the system's tools show, elsewhere counted from 1 in the order in
// which threads ask.
uint64_t mk_thread_id(void);
// The calling thread's own memory, of at least so many bytes, aligned to 64 bytes. It is the same at each call unless
// it has to grow, which loses its contents. It is freed when the thread ends. NULL when the system gives none.
void *mk_thread_memory(size_t bytes);
// Thread-local pointers, one for each purpose.
typedef enum mk_slot : uint8_t { MK_SLOT_GRAPH, MK_SLOT_RANDOM, MK_SLOT_THREADS, MK_SLOT_MODE, MK_SLOT_OBSERVER, MK_SLOT_PATH, MK_SLOT_SNAPSHOT, MK_SLOT_COUNT } mk_slot;
// Accessed inline, because every operation reads them.
extern _Thread_local void *mk_slots[MK_SLOT_COUNT];
static inline void *mk_slot_get(mk_slot slot) { return mk_slots[slot]; }
static inline void mk_slot_set(mk_slot slot, void *value) { mk_slots[slot] = value; }

// Tell the thread sanitizer about a lock that it cannot see: that this thread now holds it, and that it is about to
// release it. The address stands for the lock. Scripts/sanitize sets the macro, because C as Swift imports it does not
// know whether a sanitizer is on.
#if defined(MARTLET_THREAD_SANITIZER)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static inline void mk_tell_locked(const void *lock) { __tsan_acquire((void *)lock); }
static inline void mk_tell_unlocking(const void *lock) { __tsan_release((void *)lock); }
#else
static inline void mk_tell_locked(const void *lock) { (void)lock; }
static inline void mk_tell_unlocking(const void *lock) { (void)lock; }
#endif

// MARK: Forks and the exit of the process (gate.c)

// Enclose calls into a library that must not be running while the process forks or exits. They do not nest. Before
// `exit` runs the destructors of the libraries, it waits for the threads that are inside, and threads that come later
// wait for ever.
void mk_gate_enter(void);
void mk_gate_leave(void);
// Before every fork, calls `first`, and then `before` when no thread is inside the gate; after the fork, calls `after`
// in both processes. To be called once.
void mk_at_fork(void (*first)(void), void (*before)(void), void (*after)(bool is_child));
// Calls `call` with `argument` in the child of every fork that happens after mk_at_fork was called.
void mk_in_child(void (*call)(void *), void *argument);

// MARK: Files (files.c)

// Opens a directory to work in, even one that cannot be listed. Returns -1 and sets errno when it fails.
int mk_open_directory(const char *path);
// Opens a new file without a name in a directory, for writing. It is gone when its last descriptor is closed, unless
// mk_name_file has named it. Returns -1 where the system or the file system has no such files.
int mk_open_unnamed(int directory, unsigned mode);
// Gives such a file a name; fails if the name is taken. Returns 0 when it is done, else -1, and sets errno.
int mk_name_file(int file, int directory, const char *name);

// MARK: The system (system.c)

// Whether the system describes itself in files below /proc and /sys, as Linux does.
bool mk_has_system_files(void);
// The machine's memory in bytes; 0 where the system does not tell.
int64_t mk_physical_memory(void);
// Asks for huge pages for memory that has not been touched yet; only a hint.
void mk_advise_huge_pages(void *memory, size_t bytes);
// The columns of the terminal that standard output goes to; 0 if it goes elsewhere or the system does not tell.
int mk_terminal_columns(void);
// The environment variables, for a program to be started.
char **mk_environment(void);

// MARK: Signals (signals.c)

// The signals that ask a program to end: SIGINT, which Ctrl-C sends, and SIGTERM.
typedef enum mk_signal : uint8_t { MK_SIGNAL_INTERRUPT, MK_SIGNAL_TERMINATE, MK_SIGNAL_COUNT } mk_signal;
// Catches a signal from now on, unless the program has a handler of its own for it or ignores it. The first is counted;
// a second ends the process, and so does, on Linux, a SIGTERM whose deadline in seconds is over. Several may watch at
// the same time.
void mk_watch_signal(mk_signal which, int deadline);
// Ends what mk_watch_signal began. After the last, signals are handled as before; if a SIGTERM has been caught, it then
// ends the process.
void mk_unwatch_signal(mk_signal which);
// How many of these signals have been caught in the life of the process.
unsigned mk_caught_signals(mk_signal which);

// MARK: Hashing (hash.c)

// A number that depends on all of `count` bytes and on the seed; the same on every little-endian machine.
uint64_t mk_hash(const void *bytes, size_t count, uint64_t seed);

// MARK: SHA-256 (sha256.c)

// A hash of the bytes that were added so far.
typedef struct mk_sha256 {
  uint32_t state[8];
  uint64_t count;
  unsigned char block[64];
} mk_sha256;
void mk_sha256_begin(mk_sha256 *hash);
void mk_sha256_add(mk_sha256 *hash, const void *bytes, size_t count);
// Writes the 32 bytes; nothing may be added afterwards.
void mk_sha256_end(mk_sha256 *hash, uint8_t digest[32]);

#endif
