#define LEVEL default
#include "level.h"
