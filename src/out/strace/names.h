/* names.h - constants by name (names.def), as system-call arguments are written. Pure. */
#ifndef SONDE_OUT_STRACE_NAMES_H
#define SONDE_OUT_STRACE_NAMES_H

#include "base/buf.h"
#include "run/strace/calls.h"

/* NULL: the table has none. */
const char *name_of(enum strace_names table, uint64_t value);
/* The name, or "0x12 / * PREFIX_??? * /". */
void put_name(struct buf *out, enum strace_names table, uint64_t value);
/*
 * "A|B|0x100"; without any known flag "0x100 / * A_??? * /", 0 where there are none ("0", or the
 * table's name for 0). The return of put_flags_from is whether anything was written: `first`
 * false puts "|" before it.
 */
void put_flags(struct buf *out, enum strace_names table, uint64_t flags);
bool put_flags_from(struct buf *out, enum strace_names table, uint64_t flags, bool first);
/* "A_???" of a table, for values without a name. */
void put_unknown(struct buf *out, enum strace_names table);

#endif
