#define LEVEL 3
#define TARGET "arch=x86-64-v3"
#include "level.h"
