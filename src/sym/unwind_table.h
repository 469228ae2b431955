/*
 * unwind_table.h - .eh_frame made small: four bytes for each row, every rule once.
 *
 *   ELF file --sym/cfi.h--> rows --merge, cut into 4 KiB pages--> struct unwind_table <--> bytes
 *
 * Layout of rows, pages and rules: ir/unwind.h; rules are numbered by file, so that a table stands
 * for itself. A table speaks of offsets in the file, so that
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
/* Its number, made if it is new; 0 when there is no room for it, or it says that there is none. */
uint16_t unwind_rules_number(struct unwind_rules *rules, const struct unwind_rule *rule);

struct unwind_table_page {
	uint32_t first, count; /* in rows */
};

struct unwind_table {
	VEC(uint32_t) rows;                  /* offset in the page | number among `rules` << 16 */
	VEC(struct unwind_table_page) pages; /* by offset in the file >> UNWIND_PAGE_BITS; without gaps */
	VEC(struct unwind_rule) rules;       /* the table's own; number 0 as above */
	struct cfi_counts counts;
	uint64_t no_room;                    /* rows whose rule found no room among the rules */
	bool borrowed;                       /* rows are somebody else's */
};

/* What a table is made of: the bytes of .eh_frame, and where they are mapped. May be read into again. */
struct unwind_source {
	struct buf bytes;
	uint64_t address; /* in the file's addresses */
};

/*
 * 0; -ENOENT: it has no .eh_frame (generated code, or thrown away); -ENOEXEC: another machine's, or
 * not readable. The caller frees source->bytes in any case.
 */
int unwind_source_read(struct unwind_source *source, const struct elf_file *file);

/* The table of a file. 0, or -errno as above; the caller frees the table in any case. */
int unwind_table_make(struct unwind_table *table, const struct elf_file *file, const struct unwind_source *source);
int unwind_table_build(struct unwind_table *table, const struct elf_file *file); /* both */
void unwind_table_free(struct unwind_table *table);
/* The rule at an offset of the file, as the kernel side finds it. Never NULL. */
const struct unwind_rule *unwind_table_find(const struct unwind_table *table, uint64_t offset);

/* As bytes, for this machine's sonde of the same build; appended. */
void unwind_table_pack(const struct unwind_table *table, struct buf *out);
/*
 * The table that was packed; any bytes are safe. False: they are none, and the table is empty. What
 * is true: the rows of a page ascend, their rules are there, and pages have all rows. `data` is aligned
 * for 8 bytes, and stays while the table is used.
 */
bool unwind_table_unpack(struct unwind_table *table, const void *data, size_t len);

#endif
