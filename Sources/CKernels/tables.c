// What of the interface is not a loop.
#include "tables.h"

const void *mk_tables[MK_TABLE_COUNT];
