/* unwind_table.c - see unwind_table.h. */
#include "sym/unwind_table.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

enum {
	SECTION_LIMIT = 256 << 20, /* of .eh_frame; that of the largest browsers is a tenth */
	PADDING = 16,     /* between functions less than this is never run: the rule before may go on */
	RULE_BUCKETS = 4 * UNWIND_RULES,
	PAGE_SIZE_ = 1 << UNWIND_PAGE_BITS,
	PAGES_LIMIT = UNWIND_PAGES,
};

/* ---- rules ---- */

struct unwind_rules {
	VEC(struct unwind_rule) list;
	uint16_t buckets[RULE_BUCKETS]; /* number; 0: free (the rule 0 is not looked for) */
};

struct unwind_rules *unwind_rules_new(void)
{
	struct unwind_rules *rules = xmalloc(sizeof(*rules));

	/* Written before it is read: pages of zeros that are read first cost each a second fault. */
	memset(rules, 0, sizeof(*rules));
	vec_push(&rules->list, (struct unwind_rule){0});
	return rules;
}

void unwind_rules_free(struct unwind_rules *rules)
{
	if (!rules)
		return;
	vec_free(&rules->list);
	free(rules);
}

size_t unwind_rules_count(const struct unwind_rules *rules)
{
	return rules->list.n;
}

const struct unwind_rule *unwind_rules_at(const struct unwind_rules *rules, size_t number)
{
	return &rules->list.v[number];
}

static uint32_t rule_hash(const struct unwind_rule *rule)
{
	uint64_t words[2];

	_Static_assert(sizeof(words) == sizeof(*rule), "a rule is two words");
	memcpy(words, rule, sizeof(words));
	words[0] = (words[0] ^ words[1] * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
	return (uint32_t)(words[0] >> 40) % RULE_BUCKETS;
}

uint16_t unwind_rules_number(struct unwind_rules *rules, const struct unwind_rule *rule)
{
	uint32_t at = rule_hash(rule);

	if (rule->cfa == UNWIND_CFA_NONE)
		return 0;
	for (; rules->buckets[at]; at = (at + 1) % RULE_BUCKETS)
		if (!memcmp(&rules->list.v[rules->buckets[at]], rule, sizeof(*rule)))
			return rules->buckets[at];
	if (rules->list.n == UNWIND_RULES)
		return 0;
	rules->buckets[at] = (uint16_t)rules->list.n;
	vec_push(&rules->list, *rule);
	return rules->buckets[at];
}

/* ---- rows ---- */

struct builder {
	struct unwind_table *table;
	struct unwind_rules *rules;
	const struct elf_file *file;
	const struct elf_segment *segment; /* of the row before */
	struct unwind_rule last;           /* and its rule, which has this number: */
	uint16_t last_number;
	uint16_t now;                      /* the rule in force behind the last row */
	uint64_t at;                       /* offset of the last row */
	bool ended;                        /* a function ended at `end`; what follows is not known yet */
	uint64_t end;
};

static bool to_offset(struct builder *b, uint64_t pc, uint64_t *offset)
{
	const struct elf_segment *s = b->segment;

	if (!s || pc < s->vaddr || pc - s->vaddr > s->file_size) {
		b->segment = s = NULL;
		vec_each(it, &b->file->segments)
			if (it->executable && pc >= it->vaddr && pc - it->vaddr <= it->file_size)
				b->segment = s = it;
	}
	if (!s)
		return false;
	*offset = pc - s->vaddr + s->offset;
	return *offset >> UNWIND_PAGE_BITS < PAGES_LIMIT;
}

/* The page of an offset; those before it that have no row yet go on with the rule in force. */
static struct unwind_table_page *page_of(struct builder *b, uint64_t offset)
{
	struct unwind_table *t = b->table;

	while (t->pages.n <= offset >> UNWIND_PAGE_BITS) {
		struct unwind_table_page page = {(uint32_t)t->rows.n, 0};

		if (b->now) {
			vec_push(&t->rows, (uint32_t)b->now << 16);
			page.count = 1;
		}
		vec_push(&t->pages, page);
	}
	return &vec_last(&t->pages);
}

static void put(struct builder *b, uint64_t offset, uint16_t rule)
{
	struct unwind_table *t = b->table;
	uint32_t within = offset & (PAGE_SIZE_ - 1);
	struct unwind_table_page *page;

	if (rule == b->now)
		return;
	page = page_of(b, offset);
	if (page->count && (vec_last(&t->rows) & 0xffff) == within) {
		vec_last(&t->rows) = within | (uint32_t)rule << 16;
	} else {
		vec_push(&t->rows, within | (uint32_t)rule << 16);
		page->count++;
	}
	b->now = rule;
	b->at = offset;
}

static void on_row(void *ctx, uint64_t pc, const struct unwind_rule *rule)
{
	struct builder *b = ctx;
	uint64_t offset;
	uint16_t number;

	/* Segments are in the order of their addresses, as a rule also in the file. */
	if (!to_offset(b, pc, &offset) || offset < b->at || (b->ended && offset < b->end))
		return;
	if (!rule) {
		b->ended = true;
		b->end = offset;
		return;
	}
	if (b->ended && offset - b->end >= PADDING)
		put(b, b->end, 0);
	b->ended = false;
	if (memcmp(rule, &b->last, sizeof(*rule))) {
		number = unwind_rules_number(b->rules, rule);
		b->table->no_room += !number && rule->cfa != UNWIND_CFA_NONE;
		b->last = *rule;
		b->last_number = number;
	}
	put(b, offset, b->last_number);
}

/* Where the section is mapped: sections do not tell, segments do. */
static bool section_address(const struct elf_file *file, const struct elf_section *s, uint64_t *address)
{
	vec_each(it, &file->segments) {
		if (s->offset >= it->offset && s->offset - it->offset < it->file_size) {
			*address = s->offset - it->offset + it->vaddr;
			return true;
		}
	}
	return false;
}

int unwind_source_read(struct unwind_source *source, const struct elf_file *file)
{
	const struct elf_section *s = elf_file_section(file, ".eh_frame");

	buf_reset(&source->bytes);
	if (!s || s->type == SHT_NOBITS || !s->size)
		return -ENOENT;
	if (!file->is64 || s->size > SECTION_LIMIT || !section_address(file, s, &source->address))
		return -ENOEXEC;
	buf_reserve(&source->bytes, s->size);
	if (!elf_file_read(file, s->offset, source->bytes.data, s->size))
		return -ENOEXEC;
	source->bytes.len = s->size;
	return 0;
}

int unwind_table_make(struct unwind_table *table, const struct elf_file *file, const struct unwind_source *source)
{
	struct builder b = {.table = table, .rules = unwind_rules_new(), .file = file};
	struct cfi_section section = {.machine = file->machine, .address = source->address,
				      .data = (const unsigned char *)source->bytes.data, .size = source->bytes.len};
	int err;

	*table = (struct unwind_table){0};
	err = cfi_read(&section, on_row, &b, &table->counts);
	if (!err && b.ended)
		put(&b, b.end, 0);
	vec_each(rule, &b.rules->list)
		vec_push(&table->rules, *rule);
	unwind_rules_free(b.rules);
	return err;
}

int unwind_table_build(struct unwind_table *table, const struct elf_file *file)
{
	struct unwind_source source = {0};
	int err = unwind_source_read(&source, file);

	*table = (struct unwind_table){0};
	if (!err)
		err = unwind_table_make(table, file, &source);
	buf_free(&source.bytes);
	return err;
}

void unwind_table_free(struct unwind_table *table)
{
	if (!table->borrowed)
		vec_free(&table->rows);
	vec_free(&table->pages);
	vec_free(&table->rules);
}

const struct unwind_rule *unwind_table_find(const struct unwind_table *table, uint64_t offset)
{
	static const struct unwind_rule none;
	uint32_t within = offset & (PAGE_SIZE_ - 1), low, high, rule = 0;

	if (offset >> UNWIND_PAGE_BITS >= table->pages.n)
		return &none;
	low = table->pages.v[offset >> UNWIND_PAGE_BITS].first;
	high = low + table->pages.v[offset >> UNWIND_PAGE_BITS].count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2, row = table->rows.v[middle];

		if ((row & 0xffff) <= within) {
			rule = row >> 16;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return &table->rules.v[rule];
}

/* ---- as bytes ---- */

/*
 *   struct packed | struct unwind_rule x rules | uint32_t x pages: their rows | uint32_t x rows
 */
struct packed {
	uint32_t rules, pages, rows, zero;
	struct cfi_counts counts;
	uint64_t no_room;
};

void unwind_table_pack(const struct unwind_table *table, struct buf *out)
{
	struct packed head = {.rules = (uint32_t)table->rules.n, .pages = (uint32_t)table->pages.n,
			      .rows = (uint32_t)table->rows.n, .counts = table->counts, .no_room = table->no_room};

	buf_add(out, &head, sizeof(head));
	buf_add(out, table->rules.v, table->rules.n * sizeof(*table->rules.v));
	vec_each(page, &table->pages)
		buf_add(out, &page->count, sizeof(page->count));
	buf_add(out, table->rows.v, table->rows.n * sizeof(*table->rows.v));
}

static bool is_rule(const struct unwind_rule *rule)
{
	return rule->cfa <= UNWIND_CFA_END && rule->fp <= UNWIND_AT_SP && rule->ra <= UNWIND_AT_SP;
}

/* One page's rows, from `first` on. */
static bool rows_ascend(const uint32_t *rows, uint32_t count, uint32_t rules)
{
	for (uint32_t i = 0; i < count; i++)
		if (rows[i] >> 16 >= rules || (i && (rows[i] & 0xffff) <= (rows[i - 1] & 0xffff)))
			return false;
	return true;
}

static bool check_packed(const struct packed *head, const struct unwind_rule *rules, const uint32_t *counts,
			 const uint32_t *rows)
{
	static const struct unwind_rule none;
	uint64_t first = 0;

	if (memcmp(&rules[0], &none, sizeof(none)))
		return false;
	for (uint32_t i = 0; i < head->rules; i++)
		if (!is_rule(&rules[i]))
			return false;
	for (uint32_t i = 0; i < head->pages; first += counts[i], i++)
		if (counts[i] > PAGE_SIZE_ || counts[i] > head->rows - first ||
		    !rows_ascend(rows + first, counts[i], head->rules))
			return false;
	return first == head->rows;
}

bool unwind_table_unpack(struct unwind_table *table, const void *data, size_t len)
{
	const struct unwind_rule *rules;
	const uint32_t *counts, *rows;
	struct packed head;

	*table = (struct unwind_table){0};
	if (len < sizeof(head) || (uintptr_t)data % _Alignof(uint64_t))
		return false;
	memcpy(&head, data, sizeof(head));
	if (!head.rules || head.rules > UNWIND_RULES || head.pages > PAGES_LIMIT || head.zero ||
	    len - sizeof(head) != head.rules * sizeof(*rules) +
				  ((uint64_t)head.pages + head.rows) * sizeof(uint32_t))
		return false;
	rules = (const void *)((const char *)data + sizeof(head));
	counts = (const void *)(rules + head.rules);
	rows = counts + head.pages;
	if (!check_packed(&head, rules, counts, rows))
		return false;
	table->counts = head.counts;
	table->no_room = head.no_room;
	table->borrowed = true;
	table->rows.v = (uint32_t *)(uintptr_t)rows;
	table->rows.n = head.rows;
	for (uint32_t i = 0; i < head.rules; i++)
		vec_push(&table->rules, rules[i]);
	for (uint32_t i = 0, first = 0; i < head.pages; first += counts[i], i++)
		vec_push(&table->pages, ((struct unwind_table_page){first, counts[i]}));
	return true;
}
