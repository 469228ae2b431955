/*
 * unwind_table.h - .eh_frame made small: four bytes for each row, rules shared by all files.
 *
 *   ELF file --sym/cfi.h--> rows --merge, cut into 64 KiB pages--> struct unwind_table
 *
 * Layout of rows, pages and rules: ir/unwind.h. A table speaks of offsets in the file, so that
 * a mapping's own offset is all that is needed to use it.
 */
#ifndef SONDE_SYM_UNWIND_TABLE_H
#define SONDE_SYM_UNWIND_TABLE_H

#include "sym/cfi.h"
#include "sym/elf_file.h"

struct unwind_rules; /* every rule once; number 0 is the one that says there is none */

struct unwind_rules *unwind_rules_new(void);
void unwind_rules_free(struct unwind_rules *rules); /* NULL is fine */
size_t unwind_rules_count(const struct unwind_rules *rules);
const struct unwind_rule *unwind_rules_at(const struct unwind_rules *rules, size_t number);

struct unwind_table_page {
	uint32_t first, count; /* in rows */
};

struct unwind_table {
	VEC(uint32_t) rows;                  /* offset in the page | rule << 16 */
	VEC(struct unwind_table_page) pages; /* by offset in the file >> UNWIND_PAGE_BITS */
	struct cfi_counts counts;
	uint64_t no_room;                    /* rows whose rule found no room among the rules */
};

/*
 * The table of a file. 0; -ENOENT: it has no .eh_frame (generated code, or thrown away);
 * -ENOEXEC: another machine's, or not readable. The caller frees the table in any case.
 */
int unwind_table_build(struct unwind_table *table, const struct elf_file *file, struct unwind_rules *rules);
void unwind_table_free(struct unwind_table *table);
/* The rule at an offset of the file, as the kernel side finds it. Never NULL. */
const struct unwind_rule *unwind_table_find(const struct unwind_table *table, const struct unwind_rules *rules,
					    uint64_t offset);

#endif
