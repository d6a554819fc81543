// What one system or one processor has of its own, and what takes its place elsewhere. Nothing above asks for either by name.
//
// The form is chosen here, for all of C. Without Linux it is plain POSIX, without x86-64 or ARM plain C. MARTLET_PORTABLE, which
// Package.swift takes from the environment, chooses those everywhere: so they are built and tested where they are not needed.
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
// Functions are compiled for several levels of the processor, of which ELF's loader chooses one.
#if defined(MARTLET_X86) && defined(__ELF__) && !defined(MARTLET_ONE_LEVEL)
#define MARTLET_LEVELS
#endif
#endif

// Whether this build is the portable form everywhere.
bool mk_is_portable(void);

// MARK: The processor (processor.c)

// Sets flush-to-zero and denormals-are-zero and returns the mode before; mk_restore_float_mode puts it back. Where no register
// for it is known nothing happens: results below the normal range are then kept, exact and slow.
uint32_t mk_flush_denormals(void);
void mk_restore_float_mode(uint32_t mode);
// The other way round, for what moves or compares within what computes: denormals are themselves until mk_end_keeping.
uint32_t mk_keep_denormals(void);
void mk_end_keeping(uint32_t mode);
// Whether mk_flush_denormals does that.
bool mk_can_flush_denormals(void);
// One spin-wait hint.
void mk_pause(void);
// Of this processor: bit 0 AVX2 with FMA, bit 1 AVX-512 F, DQ, BW, CD and VL, bit 2 AVX-512 bf16; each as the operating system
// allows it. 0 where they are not asked for.
uint32_t mk_processor_features(void);
// The level that the loader chose of those that the kernels are compiled for: 4 is x86-64-v4 (AVX-512), 3 is x86-64-v3
// (AVX2 and FMA), 0 the compiler's default; -1 where they are compiled once.
int mk_kernel_level(void);
// Processors that this process may run on, at least 1: by affinity on Linux, else those that are running.
int mk_available_processors(void);

// MARK: Threads (threads.c)

// Sleeps while *word == expected (returns at once otherwise, and sometimes for no reason), not much longer than `nanoseconds`
// where those are not negative.
void mk_wait(const uint32_t *word, uint32_t expected, int64_t nanoseconds);
// Wakes up to `count` of those that sleep on the word, or more; *word has been changed before.
void mk_wake(const uint32_t *word, int count);
// Starts a thread, with a stack of 8 MiB, that nobody waits for.
bool mk_start_thread(void *(*body)(void *), void *argument);
// The calling thread's number: on Linux the one that the system's tools show, else the number of threads that asked before.
uint64_t mk_thread_id(void);
// Memory of the calling thread's own, aligned to 64 bytes, at least as large as asked: the same each time unless it has to
// grow, when its contents are lost. Freed when the thread ends. NULL when there is none.
void *mk_thread_memory(size_t bytes);
// Thread-local pointers, one per purpose.
typedef enum mk_slot : uint8_t { MK_SLOT_GRAPH, MK_SLOT_RANDOM, MK_SLOT_THREADS, MK_SLOT_MODE, MK_SLOT_OBSERVER, MK_SLOT_PATH, MK_SLOT_COUNT } mk_slot;
// Read at every operation, hence without a call.
extern _Thread_local void *mk_slots[MK_SLOT_COUNT];
static inline void *mk_slot_get(mk_slot slot) { return mk_slots[slot]; }
static inline void mk_slot_set(mk_slot slot, void *value) { mk_slots[slot] = value; }

// Tell the thread sanitizer of a lock that it does not see: that this thread holds it now, and that it will give it back now. The
// address stands for the lock. Scripts/sanitize sets the macro: Swift's view of C does not know of sanitizers.
#if defined(MARTLET_THREAD_SANITIZER)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static inline void mk_tell_locked(const void *lock) { __tsan_acquire((void *)lock); }
static inline void mk_tell_unlocking(const void *lock) { __tsan_release((void *)lock); }
#else
static inline void mk_tell_locked(const void *lock) { (void)lock; }
static inline void mk_tell_unlocking(const void *lock) { (void)lock; }
#endif

// MARK: Forks and the end (gate.c)

// Around calls into a library that must not be running while the process forks or ends. Not nested. When `exit` goes on to the
// libraries' own endings nobody is behind the gate any more: those that are inside are waited for, and those that come later wait
// for ever.
void mk_gate_enter(void);
void mk_gate_leave(void);
// Calls `first` ahead of every fork, then `before`, when nobody is behind the gate, and `after` once it is done, in both
// processes. To be called once.
void mk_at_fork(void (*first)(void), void (*before)(void), void (*after)(bool is_child));
// Calls `call` in every child of a fork that mk_at_fork was called before.
void mk_in_child(void (*call)(void *), void *argument);

// MARK: Files (files.c)

// Opens a directory to work in, one that cannot be listed too. -1 and errno when it fails.
int mk_open_directory(const char *path);
// Opens a new file in a directory for writing, one that is gone with its last descriptor unless mk_name_file names it. -1 where
// the system or the file system has no such files.
int mk_open_unnamed(int directory, unsigned mode);
// Names such a file; fails where somebody has the name already. 0 when it is done, else -1 and errno.
int mk_name_file(int file, int directory, const char *name);

// MARK: The system (system.c)

// Whether the system describes itself in the files that Linux has below /proc and /sys.
bool mk_has_system_files(void);
// Bytes of memory that the machine has; 0 where the system does not tell.
int64_t mk_physical_memory(void);
// Asks for huge pages in memory that has not been touched yet. Only ever a hint.
void mk_advise_huge_pages(void *memory, size_t bytes);
// Columns of the terminal that standard output goes to; 0 where it goes elsewhere or the system does not tell.
int mk_terminal_columns(void);
// The environment's variables, for a program to be started.
char **mk_environment(void);

#endif
