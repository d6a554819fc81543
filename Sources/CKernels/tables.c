// The tables that tables.h declares.
#include "tables.h"

const void *mk_tables[MK_TABLE_COUNT];
