/* loss.c - names and counts of the reasons why an address stayed without a name. */
#include "sym/sym.h"

#include <inttypes.h>

static const struct {
	const char *name, *text;
} losses_table[SYMBOL_LOSS_COUNT] = {
	[SYMBOL_LOSS_NONE] = {"none", "named"},
#define SYMBOL_LOSS(id, name, text) [SYMBOL_LOSS_##id] = {name, text},
#include "sym/loss.def"
#undef SYMBOL_LOSS
};

const char *symbol_loss_name(enum symbol_loss loss)
{
	BUG_ON(loss >= SYMBOL_LOSS_COUNT);
	return losses_table[loss].name;
}

const char *symbol_loss_text(enum symbol_loss loss)
{
	BUG_ON(loss >= SYMBOL_LOSS_COUNT);
	return losses_table[loss].text;
}

uint64_t symbol_losses_total(const struct symbol_losses *losses)
{
	uint64_t total = 0;

	for (int i = SYMBOL_LOSS_NONE + 1; i < SYMBOL_LOSS_COUNT; i++)
		total += losses->count[i];
	return total;
}

void symbol_losses_print(const struct symbol_losses *losses, struct buf *out)
{
	for (int i = SYMBOL_LOSS_NONE + 1; i < SYMBOL_LOSS_COUNT; i++)
		if (losses->count[i])
			buf_printf(out, "%6" PRIu64 " address%s without a name: %s\n",
				   losses->count[i], losses->count[i] == 1 ? "" : "es",
				   symbol_loss_text(i));
}
