// Tables that Swift makes once and reads at every operation, so reading one is inlined. NULL until they are made.
#ifndef MARTLET_TABLES_H
#define MARTLET_TABLES_H
#include "types.h"

typedef enum mk_table : uint8_t { MK_TABLE_UNARY, MK_TABLE_BINARY, MK_TABLE_COUNT } mk_table;
extern const void *mk_tables[MK_TABLE_COUNT];
static inline const void *mk_table_get(mk_table table) { return __atomic_load_n(&mk_tables[table], __ATOMIC_ACQUIRE); }
static inline void mk_table_set(mk_table table, const void *rows) { __atomic_store_n(&mk_tables[table], rows, __ATOMIC_RELEASE); }
#endif
