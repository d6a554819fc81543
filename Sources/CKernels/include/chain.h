// Elementwise operations of which each takes the result of the one before: what they make stays in registers.
#ifndef MARTLET_CHAIN_H
#define MARTLET_CHAIN_H
#include "elementwise.h"
#include "types.h"

// What a link does with the value, which is what the links before it have made.
typedef enum mk_link_form : uint8_t {
  MK_LINK_LOAD,    // it becomes an operand
  MK_LINK_UNARY,   // it becomes op(value)
  MK_LINK_FIRST,   // it becomes op(value, operand)
  MK_LINK_SECOND,  // it becomes op(operand, value)
  MK_LINK_BOTH,    // it becomes op(value, value)
  MK_LINK_STORE,   // it is written
  MK_LINK_FETCH,   // it stays, and elements of an operand that come later are fetched into the cache
} mk_link_form;

typedef struct mk_link {
  char *memory;    // the first element of the operand or the result
  ptrdiff_t row;   // bytes from row to row
  uint8_t code;
  bool streams;    // whether a result bypasses the caches
} mk_link;

// The most links of a chain, and the fewest bytes of a row's elements: shorter rows take the kernels of each operation,
// which compute many rows at a time.
enum { MK_MOST_LINKS = 64, MK_LINKED_BYTES = 256 };

// The code of a link, whose operand is one number for a row if it is a `scalar` and contiguous otherwise; `op` is a
// mk_unary_op or mk_binary_op. 0 where there is none.
uint8_t mk_link_code(mk_link_form form, uint8_t op, bool scalar);
// Does up to MK_MOST_LINKS links for `rows` rows of at least MK_LINKED_BYTES, of float32 or float64. The bits
// are those of mk_unary and mk_binary. Some elements of a row may be computed twice: nothing that is written may be read
// by an earlier link.
void mk_run_links(mk_type type, const mk_link *links, int count, ptrdiff_t rows, ptrdiff_t n);
#endif
