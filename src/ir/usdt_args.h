/*
 * usdt_args.h - the arguments of a static user probe: text of its note to operands.
 *
 *   "8@%rdi -4@-20(%rbp) 4@$5"  --usdt_args_parse-->  register, memory, constant
 *
 * The text is the third string of a SystemTap note, version 3 (sys/sdt.h): N@OP for each
 * argument, N its size in bytes, negative for a signed one, OP an operand as the assembler of the
 * architecture writes it.
 */
#ifndef SONDE_USDT_ARGS_H
#define SONDE_USDT_ARGS_H

#include "ir/arch.h"
#include "lang/world.h"

enum { USDT_ARGS_MAX = 64 };

struct usdt_symbols { /* for operands that name a symbol */
	void *ctx;
	bool (*address)(void *ctx, const char *name, uint64_t *address);
	uint64_t site; /* the probe's own address, of the same kind */
};

/*
 * At most USDT_ARGS_MAX operands in an array of the arena; how many. One that cannot be had
 * where the probe is (a floating-point register, an unknown symbol) is USDT_NONE with `why`.
 */
unsigned usdt_args_parse(struct arena *arena, const struct arch *arch, const char *text,
			 const struct usdt_symbols *symbols, const struct usdt_arg **out);
/* For tests and -v: one operand as text, "-4@[r+112 + r+80*4 - 20]". */
void usdt_arg_print(const struct usdt_arg *arg, struct buf *out);
bool usdt_arg_equal(const struct usdt_arg *a, const struct usdt_arg *b);

#endif
