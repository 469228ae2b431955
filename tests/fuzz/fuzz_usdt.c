/* fuzz_usdt.c - the arguments of a static user probe, a text in somebody else's file. */
#include "fuzz/fuzz.h"
#include "ir/usdt_args.h"

static bool symbol(void *ctx, const char *name, uint64_t *address)
{
	(void)ctx;
	*address = strlen(name) * 0x1000;
	return *address & 0x1000;
}

static void fuzz_usdt(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size, true);
	const struct arch *const archs[] = {&arch_x86_64, &arch_arm64};
	const struct usdt_symbols symbols = {NULL, symbol, 0x40000};
	struct buf out = {0};

	for (unsigned i = 0; i < ARRAY_SIZE(archs); i++) {
		struct arena *arena = arena_new();
		const struct usdt_arg *args;
		unsigned n = usdt_args_parse(arena, archs[i], text, &symbols, &args);

		if (n > USDT_ARGS_MAX)
			BUG("%u arguments", n);
		for (unsigned at = 0; at < n; at++) {
			if (args[at].kind == USDT_NONE ? !args[at].why
			    : !args[at].size || args[at].size > 8 || (args[at].size & (args[at].size - 1)))
				BUG("an argument of %u bytes", args[at].size);
			usdt_arg_print(&args[at], &out);
		}
		arena_free(arena);
	}
	buf_free(&out);
	free(text);
}

FUZZ(usdt, fuzz_usdt)
