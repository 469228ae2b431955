/*
 * sym_unwind.c - unwind tables against another reader of the same bytes: for every row that
 * `readelf --debug-dump=frames-interp` prints for the machine's libraries (and this program) the
 * table has that rule, from that instruction on. And tables of damaged files do no harm.
 *
 * The rows that are an expression for readelf ("exp") it does not spell out: of those is asked that
 * the table takes them for an expression, too, or for nothing it understands.
 */
#include "sym/unwind_table.h"
#include "sym_check.h"

#include <elf.h>

enum { COLUMNS = 20 };

struct reader {
	struct unwind_table table;
	const struct elf_file *file;
	char header[COLUMNS][8];  /* names of the columns of the entry at hand */
	int columns;
	bool is_signal;           /* its CIE's augmentation has an 'S' */
	uint64_t rows, expressions, wrong;
	char signal_cies[64][24]; /* offsets of such CIEs as text */
	unsigned nsignal;
};

static bool offset_of(const struct reader *r, uint64_t pc, uint64_t *offset)
{
	vec_each(s, &r->file->segments)
		if (s->executable && pc >= s->vaddr && pc - s->vaddr < s->file_size) {
			*offset = pc - s->vaddr + s->offset;
			return true;
		}
	return false;
}

/* "rsp+16": register and offset. */
static bool is_sum(const char *text, const char *reg, long *offset)
{
	size_t len = strlen(reg);

	if (strncmp(text, reg, len) || (text[len] != '+' && text[len] != '-'))
		return false;
	*offset = strtol(text + len, NULL, 10);
	return true;
}

static bool cfa_agrees(const struct unwind_rule *rule, const char *text)
{
	long offset;

	if (is_sum(text, "rsp", &offset))
		return rule->cfa == UNWIND_CFA_SP && rule->cfa_offset == offset;
	if (is_sum(text, "rbp", &offset))
		return rule->cfa == UNWIND_CFA_FP && rule->cfa_offset == offset;
	if (!strcmp(text, "exp"))
		return rule->cfa == UNWIND_CFA_PLT || rule->cfa == UNWIND_CFA_SP_DEREF ||
		       rule->cfa == UNWIND_CFA_FP_DEREF || rule->cfa == UNWIND_CFA_NONE;
	return rule->cfa == UNWIND_CFA_REGISTER && rule->cfa_offset == strtol(strpbrk(text, "+-"), NULL, 10);
}

static bool fp_agrees(const struct unwind_rule *rule, const char *text)
{
	if (!strcmp(text, "u") || !strcmp(text, "s"))
		return rule->fp == UNWIND_SAME;
	if (text[0] == 'c')
		return rule->fp == UNWIND_AT_CFA && rule->fp_offset == strtol(text + 1, NULL, 10);
	return rule->fp == UNWIND_AT_FP || rule->fp == UNWIND_AT_SP; /* exp */
}

static void check_row(struct reader *r, uint64_t pc, const char *const *cells)
{
	const struct unwind_rule *rule;
	const char *cfa = cells[0], *fp = "u", *ra = "u";
	uint64_t offset;
	bool good;

	if (!offset_of(r, pc, &offset))
		return;
	rule = unwind_table_find(&r->table, offset);
	for (int i = 0; i < r->columns; i++) {
		fp = !strcmp(r->header[i], "rbp") ? cells[i] : fp;
		ra = !strcmp(r->header[i], "ra") ? cells[i] : ra;
	}
	r->rows++;
	r->expressions += !strcmp(cfa, "exp");
	if (r->is_signal)
		good = rule->cfa == UNWIND_CFA_SIGNAL;
	else if (!strcmp(ra, "u"))
		good = rule->cfa == UNWIND_CFA_END;
	else if (rule->cfa == UNWIND_CFA_NONE) /* not understood: counted, and bounded below */
		good = !strcmp(cfa, "exp") || strncmp(ra, "c-", 2) || !strcmp(fp, "vexp") || !strcmp(fp, "exp");
	else
		good = cfa_agrees(rule, cfa) && fp_agrees(rule, fp) && !strcmp(ra, "c-8");
	if (good)
		return;
	if (r->wrong++ < 5)
		printf("%s: at %llx readelf has CFA %s rbp %s ra %s; the table has %u %+d, fp %u %+d\n", r->file->name,
		       (unsigned long long)pc, cfa, fp, ra, rule->cfa, rule->cfa_offset, rule->fp, rule->fp_offset);
}

static int split(char *line, char **words, int max)
{
	int n = 0;

	for (char *word = strtok(line, " \n"); word && n < max; word = strtok(NULL, " \n"))
		words[n++] = word;
	return n;
}

/* "000000a8 ... FDE cie=00000000 pc=..." and "... CIE "zRS" cf=1 ..." */
static void on_entry(struct reader *r, char **words, int n)
{
	r->columns = 0;
	if (!strcmp(words[3], "CIE")) {
		if (n > 4 && strchr(words[4], 'S') && r->nsignal < ARRAY_SIZE(r->signal_cies))
			snprintf(r->signal_cies[r->nsignal++], sizeof(r->signal_cies[0]), "cie=%s", words[0]);
		r->is_signal = false;
		return;
	}
	r->is_signal = false;
	for (unsigned i = 0; i < r->nsignal && n > 4; i++)
		r->is_signal |= !strcmp(words[4], r->signal_cies[i]);
}

static void on_line(struct reader *r, char *line)
{
	char *words[COLUMNS + 2], *end;
	int n = split(line, words, COLUMNS + 2);
	static bool in_fde;

	if (n >= 4 && (!strcmp(words[3], "CIE") || !strcmp(words[3], "FDE"))) {
		in_fde = !strcmp(words[3], "FDE");
		on_entry(r, words, n);
	} else if (n > 1 && !strcmp(words[0], "LOC")) {
		r->columns = n - 1;
		for (int i = 0; i < r->columns; i++)
			snprintf(r->header[i], sizeof(r->header[i]), "%s", words[i + 1]);
	} else if (in_fde && r->columns && n == r->columns + 1) {
		uint64_t pc = strtoull(words[0], &end, 16);

		if (!*end)
			check_row(r, pc, (const char *const *)words + 1);
	}
}

static bool check_file(const char *path)
{
	struct reader r = {0};
	struct elf_file *file;
	struct buf why = {0};
	char *command = xasprintf("readelf --debug-dump=frames-interp '%s' 2>/dev/null", path), *line = NULL;
	size_t size = 0;
	FILE *readelf;
	bool eh_frame = false;

	if (elf_file_open(&file, open(path, O_RDONLY | O_CLOEXEC), path, &why)) {
		buf_free(&why);
		free(command);
		return false;
	}
	r.file = file;
	CHECK_NUM(unwind_table_build(&r.table, file), 0);
	readelf = popen(command, "r");
	while (readelf && getline(&line, &size, readelf) > 0) {
		/* .debug_frame, where there is one, is another table */
		if (!strncmp(line, "Contents of the", 15))
			eh_frame = strstr(line, ".eh_frame");
		else if (eh_frame)
			on_line(&r, line);
	}
	if (readelf)
		pclose(readelf);
	printf("%s: %llu rows, %llu of them expressions, %llu wrong; %zu rows in the table, %.2f bytes each, "
	       "%llu not understood\n", path, (unsigned long long)r.rows, (unsigned long long)r.expressions,
	       (unsigned long long)r.wrong, r.table.rows.n,
	       (r.table.rows.n * 4.0 + r.table.pages.n * sizeof(struct unwind_page)) / (double)MAX_OF(r.rows, 1u),
	       (unsigned long long)r.table.counts.not_understood);
	CHECK_NUM(r.wrong, 0);
	CHECK(r.rows > 100);
	CHECK(r.table.rows.n * 4 + r.table.pages.n * sizeof(struct unwind_page) <= 5 * r.rows);
	CHECK(r.table.counts.not_understood * 1000 <= r.rows);
	CHECK_NUM(r.table.counts.damaged, 0);
	CHECK_NUM(r.table.no_room, 0);
	unwind_table_free(&r.table);
	elf_file_free(file);
	buf_free(&why);
	free(command);
	free(line);
	return true;
}

static void ignore(void *ctx, uint64_t pc, const struct unwind_rule *rule)
{
	uint64_t *last = ctx;

	CHECK(!rule || pc >= *last);
	*last = pc;
}

/* The section of this program, cut short at every place near its start, and with bytes changed. */
static void check_damaged(void)
{
	struct elf_file *file;
	struct buf why = {0};
	const struct elf_section *s;
	unsigned char *bytes;
	uint32_t random = 1;

	if (elf_file_open(&file, open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "self", &why))
		return;
	s = elf_file_section(file, ".eh_frame");
	CHECK(s && s->size > 4096);
	bytes = xmalloc(4096);
	for (size_t size = 0; size <= 4096; size += size < 512 ? 1 : 97) {
		struct cfi_section section = {bytes, size, 0x1000, EM_X86_64};
		struct cfi_counts counts = {0};
		uint64_t last = 0;

		CHECK(elf_file_read(file, s->offset, bytes, size));
		for (int i = 0; size && i < 8 && size % 3; i++) {
			random = random * 1664525 + 1013904223;
			bytes[(random >> 8) % size] = (unsigned char)random;
		}
		CHECK_NUM(cfi_read(&section, ignore, &last, &counts), 0);
	}
	free(bytes);
	elf_file_free(file);
	buf_free(&why);
}

static void add_number(struct buf *out, uint64_t n, unsigned bytes)
{
	buf_add(out, &n, bytes); /* little-endian, as the section is */
}

/* A CIE that pads its instructions to a quarter of a megabyte, and FDEs of it: work stays that of the bytes. */
static void check_padded_cie(void)
{
	enum { PADDING = 256 << 10, FDES = 50000 };
	struct cfi_section section = {.address = 0x1000, .machine = EM_X86_64};
	struct cfi_counts counts = {0};
	struct buf bytes = {0};
	uint64_t last = 0;

	add_number(&bytes, 4 + 9 + 5 + PADDING, 4);
	add_number(&bytes, 0, 4);
	buf_add(&bytes, "\1zR\0\1\x78\x10\1\0", 9); /* version 1, code 1, data -8, register 16, absolute addresses */
	buf_add(&bytes, "\x0c\7\x08\x90\1", 5);     /* CFA is rsp + 8, the return address at CFA - 8 */
	buf_pad(&bytes, '\0', PADDING);
	for (unsigned i = 0; i < FDES; i++) {
		add_number(&bytes, 4 + 8 + 8 + 1, 4);
		add_number(&bytes, bytes.len, 4);
		add_number(&bytes, 0x100000 + 16 * i, 8);
		add_number(&bytes, 16, 8);
		add_number(&bytes, 0, 1);
	}
	section.data = (const unsigned char *)bytes.data;
	section.size = bytes.len;
	CHECK_NUM(cfi_read(&section, ignore, &last, &counts), 0);
	CHECK_NUM(counts.fdes, FDES);
	CHECK_NUM(counts.rows, FDES);
	CHECK_NUM(counts.damaged + counts.not_understood, 0);
	buf_free(&bytes);
}

int main(void)
{
	static const char *const names[] = {"libc.so.6", "libstdc++.so.6", "libcrypto.so.3", "libpython3.11.so.1.0"};
	unsigned found = 0;

#if !defined(__x86_64__)
	printf("skipped: readelf's columns are read for x86-64 only\n");
	return 77;
#endif
	check_damaged();
	check_padded_cie();
	if (system("readelf --version >/dev/null 2>&1")) {
		printf("skipped: there is no readelf (binutils)\n");
		return 77;
	}
	char self[4096] = "";
	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	check_file(self);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = xasprintf("/usr/lib/x86_64-linux-gnu/%s", names[i]);

		found += access(path, R_OK) == 0 && check_file(path);
		free(path);
	}
	CHECK(found > 0);
	return unit_result();
}
