/* fuzz_jitdump.c - a jitdump in one piece and in many: the same code, all of it in range. */
#include "fuzz/fuzz.h"
#include "sym/jitdump.h"

struct seen { uint64_t sum; uint32_t n; };

static uint32_t seen_code(void *ctx, uint64_t start, uint64_t size, const char *name, size_t len)
{
	struct seen *seen = ctx;

	if (!size || start + size < start || !len || memchr(name, '\0', len))
		BUG("code at %llx of %llx bytes", (unsigned long long)start, (unsigned long long)size);
	seen->sum = seen->sum * 31 + start + size + len + (unsigned char)name[len - 1];
	return seen->n++;
}

static void seen_move(void *ctx, uint64_t start, uint64_t size, uint32_t name)
{
	struct seen *seen = ctx;

	if (!size || start + size < start || name >= seen->n)
		BUG("code moved to %llx", (unsigned long long)start);
	seen->sum = seen->sum * 37 + start + name;
}

/* As a reader of a growing file does it: what was not used comes again, with more behind it. */
static struct seen read_dump(const char *data, size_t size, size_t piece)
{
	struct seen seen = {0};
	struct jitdump dump = {.code = seen_code, .moved = seen_move, .ctx = &seen};
	size_t used = 0;

	for (size_t have = MIN_OF(piece, size);; have = MIN_OF(have + piece, size)) {
		char *copy = fuzz_copy((const uint8_t *)data + used, have - used, false);

		used += jitdump_parse(&dump, copy, have - used);
		free(copy);
		if (used > have)
			BUG("more was used than there is");
		if (have == size)
			break;
	}
	jitdump_free(&dump);
	return seen;
}

static void fuzz_jitdump(const uint8_t *data, size_t size)
{
	struct seen whole = read_dump((const char *)data, size, size + 1);
	struct seen pieces = read_dump((const char *)data, size, 1 + size % 97);

	if (whole.sum != pieces.sum || whole.n != pieces.n)
		BUG("pieces make a difference");
}

FUZZ(jitdump, fuzz_jitdump)
