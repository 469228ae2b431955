/*
 * ksyms.c - the kernel's symbols.
 *
 * Takes /proc/kallsyms ("ADDRESS TYPE NAME[\t[MODULE]]" lines, proc(5)), gives names for
 * addresses and addresses for names.
 *
 *   syms    {address, name, module, type} x n, by address, file order among equals
 *   names   "name\0name\0..." as they came, never sorted or moved
 *   modules the few distinct module names; number 0 is the kernel proper
 *
 * The text is parsed piece by piece as the kernel hands it out (4 KB at a time), so it is
 * never held as a whole: about 16 bytes a symbol and its name stay.
 *
 *   asked   address -> {name, module, offset}: answers that came without the file
 */
#include "base/arena.h"
#include "base/hmap.h"
#include "sym/sym.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	READ_SIZE = 64 * 1024,
	NAMES_LIMIT = 1 << 30,    /* offsets are 32 bit; no kernel comes near */
	MODULES_LIMIT = UINT16_MAX,
	ASKED_LIMIT = 8192,       /* at two microseconds each half of what the file takes */
};

#define KERNEL_HALF (UINT64_C(1) << 63)

struct ksym {
	uint64_t addr;
	uint32_t name;   /* offset into names */
	uint16_t module; /* index into modules, 0: none */
	char type;
};

struct asked {
	const char *name, *module;
	uint64_t offset;
};

struct ksyms {
	ksyms_answer *answer;      /* NULL: the file is read */
	void (*end)(void *ctx);
	void *ctx;
	struct hmap asked;
	struct arena *strings;     /* of `asked` */

	char *path;
	bool loaded;
	int err;
	bool unsorted;      /* while reading: some symbol was below its predecessor */
	VEC(struct ksym) syms;
	struct buf names;
	VEC(char *) modules;
};

struct ksyms *ksyms_new(const char *path)
{
	struct ksyms *ks = xcalloc(1, sizeof(*ks));

	ks->path = xstrdup(path ? path : "/proc/kallsyms");
	return ks;
}

void ksyms_answer_by(struct ksyms *ks, ksyms_answer *answer, void (*end)(void *ctx), void *ctx)
{
	ks->answer = answer;
	ks->end = end;
	ks->ctx = ctx;
	ks->strings = arena_new();
}

static void drop_symbols(struct ksyms *ks)
{
	vec_free(&ks->syms);
	buf_free(&ks->names);
	vec_each(module, &ks->modules)
		free(*module);
	vec_free(&ks->modules);
}

void ksyms_free(struct ksyms *ks)
{
	if (!ks)
		return;
	drop_symbols(ks);
	if (ks->end)
		ks->end(ks->ctx);
	hmap_free(&ks->asked);
	arena_free(ks->strings);
	free(ks->path);
	free(ks);
}

static uint16_t module_number(struct ksyms *ks, const char *name, size_t len)
{
	/* Symbols of one module follow each other: the last one is nearly always it. */
	for (size_t i = ks->modules.n; i-- > 1;)
		if (strlen(ks->modules.v[i]) == len && !memcmp(ks->modules.v[i], name, len))
			return i;
	if (!ks->modules.n)
		vec_push(&ks->modules, NULL);
	if (ks->modules.n >= MODULES_LIMIT)
		return 0;
	vec_push(&ks->modules, xstrndup(name, len));
	return ks->modules.n - 1;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* One line without its newline. A line of another form is passed over. */
static void parse_line(struct ksyms *ks, const char *p, const char *end)
{
	struct ksym sym = {.name = ks->names.len};
	const char *start = p, *tab;

	for (int digit; p < end && (digit = hex_value(*p)) >= 0; p++)
		sym.addr = sym.addr << 4 | digit;
	if (p == start || p - start > 16 || end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return;
	sym.type = p[1];
	p += 3;
	if (end[-1] == ']' && (tab = memchr(p, '\t', end - p))) {
		if (end - tab > 3 && tab[1] == '[')
			sym.module = module_number(ks, tab + 2, end - tab - 3);
		end = tab;
	}
	/* read_symbols() made room for all that one piece of text can hold. */
	memcpy(ks->names.data + ks->names.len, p, end - p);
	ks->names.len += end - p;
	ks->names.data[ks->names.len++] = '\0';
	if (ks->syms.n && sym.addr < vec_last(&ks->syms).addr)
		ks->unsorted = true;
	vec_push(&ks->syms, sym);
}

/* Whole lines of [text, text + len); gives how much of it was used. */
static size_t parse_lines(struct ksyms *ks, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *newline;

	while ((newline = memchr(p, '\n', end - p))) {
		parse_line(ks, p, newline);
		p = newline + 1;
	}
	return p - text;
}

static int read_symbols(struct ksyms *ks, int fd)
{
	char *text = xmalloc(READ_SIZE);
	size_t len = 0, used;
	ssize_t n;
	int err = 0;

	for (;;) {
		n = read(fd, text + len, READ_SIZE - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += n;
		if (ks->names.len > NAMES_LIMIT)
			break;
		buf_reserve(&ks->names, len);
		used = parse_lines(ks, text, len);
		if (!used && len == READ_SIZE)
			used = len; /* a line of 64 KB is none of the kernel's */
		memmove(text, text + used, len - used);
		len -= used;
	}
	if (n < 0)
		err = -errno;
	else if (n > 0)
		err = -EFBIG;
	else if (len)
		parse_line(ks, text, text + len);
	free(text);
	return err;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* Gives back what doubling over-allocated. */
static void trim(struct ksyms *ks)
{
	if (ks->syms.n) {
		ks->syms.v = xreallocarray(ks->syms.v, ks->syms.n, sizeof(*ks->syms.v));
		ks->syms.cap = ks->syms.n;
	}
	if (ks->names.len) {
		ks->names.data = xrealloc(ks->names.data, ks->names.len + 1);
		ks->names.cap = ks->names.len + 1;
	}
}

int ksyms_load(struct ksyms *ks)
{
	int fd;

	if (ks->loaded)
		return ks->err;
	ks->loaded = true;
	fd = open(ks->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ks->err = -errno;
	ks->err = read_symbols(ks, fd);
	close(fd);
	if (!ks->err && ks->unsorted)
		qsort(ks->syms.v, ks->syms.n, sizeof(*ks->syms.v), compare_symbols);
	if (!ks->err && !ks->syms.n)
		ks->err = -ENODATA;
	if (!ks->err && !vec_last(&ks->syms).addr)
		ks->err = -EPERM;
	if (ks->err)
		drop_symbols(ks);
	else
		trim(ks);
	return ks->err;
}

/* "NAME+0xOFFSET/0xSIZE" and perhaps " [MODULE]"; NULL: it is "0xADDRESS", or something else. */
static struct asked *read_answer(struct ksyms *ks, const char *text)
{
	const char *end = text + strlen(text), *bracket = NULL, *plus;
	struct asked *asked;
	uint64_t offset;
	char *stop;

	if (end > text && end[-1] == ']' && (bracket = memrchr(text, '[', end - text)) && bracket > text)
		end = bracket - 1;
	else
		bracket = NULL;
	plus = memrchr(text, '+', end - text);
	if (!plus || plus == text)
		return NULL;
	offset = strtoull(plus + 1, &stop, 16);
	if (stop == plus + 1 || *stop != '/')
		return NULL;
	asked = arena_new_of(ks->strings, struct asked);
	asked->offset = offset;
	asked->name = arena_strndup(ks->strings, text, plus - text);
	if (bracket)
		asked->module = arena_strndup(ks->strings, bracket + 1, strlen(bracket) - 2);
	return asked;
}

/*
 * NULL: the file must be read, because nobody answers, or because the address is in none of the symbols that
 * are asked: trampolines of ftrace are in the file alone.
 */
static const struct asked *ask(struct ksyms *ks, uint64_t addr)
{
	const char *text;
	void **known = hmap_at(&ks->asked, &addr, sizeof(addr));

	if (!*known && ks->asked.entries.n <= ASKED_LIMIT && ks->answer(ks->ctx, addr, &text))
		*known = read_answer(ks, text);
	if (!*known)
		ks->answer = NULL;
	return *known;
}

bool ksyms_find(struct ksyms *ks, uint64_t addr, const char **name, uint64_t *offset,
		const char **module)
{
	const struct asked *asked;
	size_t low = 0, high;

	/* Per-CPU and absolute symbols have small values that are no addresses. */
	if (addr < KERNEL_HALF)
		return false;
	if (!ks->loaded && ks->answer && (asked = ask(ks, addr))) {
		*name = asked->name;
		*offset = asked->offset;
		*module = asked->module;
		return true;
	}
	if (ksyms_load(ks))
		return false;
	high = ks->syms.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ks->syms.v[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || ks->syms.v[low - 1].addr < KERNEL_HALF)
		return false;
	low--;
	while (low && ks->syms.v[low - 1].addr == ks->syms.v[low].addr)
		low--;
	*name = ks->names.data + ks->syms.v[low].name;
	*offset = addr - ks->syms.v[low].addr;
	*module = ks->syms.v[low].module ? ks->modules.v[ks->syms.v[low].module] : NULL;
	return true;
}

bool ksyms_address(struct ksyms *ks, const char *name, uint64_t *addr)
{
	if (ksyms_load(ks))
		return false;
	vec_each(sym, &ks->syms) {
		const char *s = ks->names.data + sym->name;

		if (*s == *name && str_eq(s, name)) {
			*addr = sym->addr;
			return true;
		}
	}
	return false;
}

size_t ksyms_count(struct ksyms *ks)
{
	return ksyms_load(ks) ? 0 : ks->syms.n;
}

size_t ksyms_memory(const struct ksyms *ks)
{
	return sizeof(*ks) + ks->syms.cap * sizeof(*ks->syms.v) + ks->names.cap;
}

void ksyms_each(struct ksyms *ks, bool (*each)(void *arg, uint64_t addr, const char *name,
		char type, const char *module), void *arg)
{
	if (ksyms_load(ks))
		return;
	vec_each(sym, &ks->syms)
		if (!each(arg, sym->addr, ks->names.data + sym->name, sym->type,
			  sym->module ? ks->modules.v[sym->module] : NULL))
			return;
}
