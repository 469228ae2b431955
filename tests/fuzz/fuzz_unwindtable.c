/* fuzz_unwindtable.c - the bytes of a table of unwind rules as they are kept on disk, whoever wrote them. */
#include "fuzz/fuzz.h"
#include "sym/unwind_table.h"

static void fuzz_unwindtable(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size, false);
	struct unwind_table table;
	struct buf again = {0};

	if (unwind_table_unpack(&table, copy, size)) {
		for (uint64_t offset = 0; offset < (table.pages.n + 1) << UNWIND_PAGE_BITS; offset += 0x5555)
			if (unwind_table_find(&table, offset)->cfa > UNWIND_CFA_END)
				BUG("no such rule");
		unwind_table_pack(&table, &again);
		if (again.len != size || memcmp(again.data, copy, size) != 0)
			BUG("a table that is not its bytes");
	} else if (table.rows.n || table.pages.n || table.rules.n) {
		BUG("something of bytes that are none");
	}
	unwind_table_free(&table);
	buf_free(&again);
	free(copy);
}

FUZZ(unwindtable, fuzz_unwindtable)
