#define LEVEL 4
#define TARGET "arch=x86-64-v4"
#include "level.h"
