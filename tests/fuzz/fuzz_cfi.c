/* fuzz_cfi.c - .eh_frame of a file that is somebody else's, at an address of the first bytes' choice. */
#include <elf.h>

#include "fuzz/fuzz.h"
#include "sym/cfi.h"

struct order {
	uint64_t last;
	bool any;
};

static void take_row(void *ctx, uint64_t pc, const struct unwind_rule *rule)
{
	struct order *o = ctx;

	if (o->any && pc < o->last)
		BUG("rows do not ascend");
	if (rule && rule->cfa > UNWIND_CFA_END)
		BUG("no such rule");
	o->last = pc;
	o->any = true;
}

static void fuzz_cfi(const uint8_t *data, size_t size)
{
	static const uint64_t addresses[] = {0, 0x1000, 0x7fffffff0000, UINT64_MAX - 16};
	struct cfi_section section = {.machine = EM_X86_64};
	struct cfi_counts counts = {0};
	struct order order = {0};
	char *copy;

	if (!size)
		return;
	section.address = addresses[data[0] & 3];
	section.machine = data[0] & 4 ? EM_AARCH64 : EM_X86_64;
	copy = fuzz_copy(data + 1, size - 1, false);
	section.data = (unsigned char *)copy;
	section.size = size - 1;
	cfi_read(&section, take_row, &order, &counts);
	free(copy);
}

FUZZ(cfi, fuzz_cfi)
