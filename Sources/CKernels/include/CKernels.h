// The kernels of Martlet: plain loops over runs (contiguous elements), compiled once for each x86-64 level.
//
// Conventions
// - Every count and stride is in elements; every pointer is valid for what the call reads and writes.
// - Results are contiguous. A result may be exactly one of the operands (in place), never a part of it.
// - An operand's stride is any integer; 1 and 0 have fast paths.
// - Kernels start no threads, allocate nothing and check nothing: the caller has done that.
// - Splitting a long run into several calls does not change the results, unless stated otherwise.
#ifndef MARTLET_CKERNELS_H
#define MARTLET_CKERNELS_H

#include <CPlatform.h>

#include "types.h"
#include "chain.h"
#include "channels.h"
#include "convolve.h"
#include "copy.h"
#include "elementwise.h"
#include "index.h"
#include "loss.h"
#include "machine.h"
#include "matmul.h"
#include "optimise.h"
#include "order.h"
#include "random.h"
#include "reduce.h"
#include "scan.h"
#include "softmax.h"
#include "sort.h"
#include "tables.h"

#endif
