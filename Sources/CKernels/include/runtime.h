// What the runtime needs from C: floating-point mode, pauses, processor features, a thread-local slot.
#ifndef MARTLET_RUNTIME_H
#define MARTLET_RUNTIME_H
#include "types.h"

// Sets flush-to-zero and denormals-are-zero and returns the mode before; mk_restore_float_mode puts it back.
uint32_t mk_flush_denormals(void);
void mk_restore_float_mode(uint32_t mode);
// One spin-wait hint.
void mk_pause(void);
// futex: sleeps while *word == expected (returns at once otherwise); wakes up to `count` sleepers.
void mk_futex_wait(const uint32_t *word, uint32_t expected);
void mk_futex_wake(const uint32_t *word, int count);
// Thread-local pointers, one a purpose.
typedef enum mk_slot : uint8_t { MK_SLOT_GRAPH, MK_SLOT_RANDOM, MK_SLOT_THREADS, MK_SLOT_MODE, MK_SLOT_OBSERVER, MK_SLOT_PATH, MK_SLOT_COUNT } mk_slot;
// Read at every operation, hence without a call.
extern _Thread_local void *mk_slots[MK_SLOT_COUNT];
static inline void *mk_slot_get(mk_slot slot) { return mk_slots[slot]; }
static inline void mk_slot_set(mk_slot slot, void *value) { mk_slots[slot] = value; }
// Tables that are made once and read at every operation, hence without a call: NULL until then.
typedef enum mk_table : uint8_t { MK_TABLE_UNARY, MK_TABLE_BINARY, MK_TABLE_COUNT } mk_table;
extern const void *mk_tables[MK_TABLE_COUNT];
static inline const void *mk_table_get(mk_table table) { return __atomic_load_n(&mk_tables[table], __ATOMIC_ACQUIRE); }
static inline void mk_table_set(mk_table table, const void *rows) { __atomic_store_n(&mk_tables[table], rows, __ATOMIC_RELEASE); }
// The calling thread's number, as the operating system's tools show it.
uint64_t mk_thread_id(void);
// Memory of the calling thread's own, aligned to 64 bytes, at least as large as asked: the same each time unless it has to
// grow, when its contents are lost. Freed when the thread ends. NULL when there is none.
void *mk_thread_memory(size_t bytes);
// Processors that this process may run on (affinity), at least 1.
int mk_available_processors(void);
// Of this processor: bit 0 AVX2 with FMA, bit 1 AVX-512 F, DQ, BW, CD and VL, bit 2 AVX-512 bf16; each as the operating system allows it. 0 off x86.
uint32_t mk_processor_features(void);
#endif
