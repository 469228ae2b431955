/*
 * sym_dwarf.c - static probes' notes, line tables and entries of debugging information: of this
 * program itself, and of copies of it that are cut off and changed at random.
 */
#include "sym/dwarf.h"
#include "sym/elf_usdt.h"
#include "sym_check.h"

struct sym_dwarf_point {
	int x, y;
	unsigned bits : 3, more : 5;
	struct sym_dwarf_point *next;
	char name[16];
};

__attribute__((noinline, used)) int sym_dwarf_function(const struct sym_dwarf_point *point, unsigned char byte,
							long last)
{
	return point->x + byte + (int)last; /* the line looked for */
}
enum { LOOKED_FOR = __LINE__ - 2 };

#define NOTE(provider, name, args) \
	"990: nop\n.pushsection .note.stapsdt,\"\",%note\n.balign 4\n.4byte 992f-991f, 994f-993f, 3\n" \
	"991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte 0\n.8byte 0\n" \
	".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"" args "\"\n994: .balign 4\n.popsection\n"

__attribute__((noinline, used)) static void with_probes(void)
{
	__asm__ volatile(NOTE("sym", "first", "-4@$1 8@$2"));
	__asm__ volatile(NOTE("sym", "second", ""));
	__asm__ volatile(NOTE("other", "first", "4@$3"));
}

static struct elf_syms *open_image(const struct buf *image)
{
	struct elf_syms *es = NULL;
	struct buf why = {0};

	if (elf_syms_open_image(&es, image->data, image->len, "image", &why))
		es = NULL;
	buf_free(&why);
	return es;
}

/* ---- notes ---- */

struct notes {
	unsigned count, good;
	bool stop;
};

static bool on_note(void *arg, const struct elf_usdt_note *note)
{
	struct notes *n = arg;

	n->count++;
	n->good += str_eq(note->provider, "sym") && str_eq(note->name, "first") &&
		   str_eq(note->args, "-4@$1 8@$2") && note->offset && !note->semaphore;
	n->good += str_eq(note->name, "second") && !note->args[0];
	n->good += str_eq(note->provider, "other");
	return !n->stop;
}

static void test_notes(const struct buf *self)
{
	struct elf_syms *es = open_image(self);
	struct notes all = {0}, first = {.stop = true};
	struct buf why = {0};
	unsigned bad = 9;

	CHECK_NUM(elf_usdt_each(es, on_note, &all, &bad, &why), 0);
	CHECK_NUM(all.count, 3);
	CHECK_NUM(all.good, 3);
	CHECK_NUM(bad, 0);
	elf_usdt_each(es, on_note, &first, NULL, &why);
	CHECK_NUM(first.count, 1);
	CHECK_STR(buf_str(&why), "");
	buf_free(&why);
	elf_syms_free(es);
}

/* ---- lines ---- */

struct lines {
	uint64_t lowest;
	unsigned rows, wrong;
};

static bool on_line(void *arg, const struct dwarf_line *line)
{
	struct lines *l = arg;

	l->wrong += !strstr(line->file, "sym_dwarf.c");
	if (line->line != LOOKED_FOR || !line->statement)
		return true;
	if (!l->rows++ || line->address < l->lowest)
		l->lowest = line->address;
	return true;
}

static void test_lines(struct dwarf *d, struct elf_syms *es)
{
	struct elf_symbol function;
	struct lines base = {0}, path = {0}, other = {0};
	struct buf why = {0};

	CHECK(elf_syms_lookup(es, "sym_dwarf_function", &function));
	CHECK(dwarf_lines(d, "sym_dwarf.c", on_line, &base, &why));
	CHECK(base.rows && base.lowest >= function.vaddr && base.lowest < function.vaddr + function.size);
	CHECK_NUM(base.wrong, 0);
	CHECK(dwarf_lines(d, "unit/sym_dwarf.c", on_line, &path, &why));
	CHECK(path.rows == base.rows && path.lowest == base.lowest);
	/* the end of a name is not the name */
	CHECK(dwarf_lines(d, "dwarf.c", on_line, &other, &why));
	CHECK(dwarf_lines(d, "it/sym_dwarf.c", on_line, &other, &why));
	CHECK_NUM(other.rows, 0);
	buf_free(&why);
}

/* ---- entries ---- */

struct names {
	struct dwarf *d;
	struct buf text;
	uint64_t first_type;
};

static bool on_child(void *arg, const struct dwarf_die *child)
{
	struct names *n = arg;
	struct dwarf_die die = *child;

	dwarf_inherit(n->d, &die);
	if (!n->first_type)
		n->first_type = die.type;
	if (die.tag == DWARF_PARAMETER)
		buf_printf(&n->text, "%s ", die.name ? die.name : "?");
	else if (die.tag == DWARF_MEMBER)
		buf_printf(&n->text, "%s@%llu:%llu ", die.name, (unsigned long long)(die.has_bit_offset ?
			   die.bit_offset : die.member_offset * 8), (unsigned long long)die.bit_size);
	return true;
}

static void test_entries(struct dwarf *d, struct elf_syms *es)
{
	struct names parameters = {.d = d}, members = {.d = d};
	struct elf_symbol function;
	struct dwarf_die die;

	CHECK(elf_syms_lookup(es, "sym_dwarf_function", &function));
	CHECK(dwarf_function(d, function.vaddr, &die));
	CHECK_NUM(die.tag, DWARF_SUBPROGRAM);
	dwarf_children(d, &die, on_child, &parameters);
	CHECK_STR(buf_str(&parameters.text), "point byte last ");
	CHECK(!dwarf_function(d, function.vaddr + 1, &die));
	/* const struct sym_dwarf_point *: pointer, const, struct */
	CHECK(dwarf_die_at(d, parameters.first_type, &die) && die.tag == DWARF_POINTER);
	CHECK(dwarf_die_at(d, die.type, &die) && die.tag == DWARF_CONST);
	CHECK(dwarf_die_at(d, die.type, &die) && die.tag == DWARF_STRUCTURE);
	CHECK_STR(die.name, "sym_dwarf_point");
	CHECK_NUM(die.size, sizeof(struct sym_dwarf_point));
	dwarf_children(d, &die, on_child, &members);
	CHECK_STR(buf_str(&members.text), "x@0:0 y@32:0 bits@64:3 more@67:5 next@128:0 name@192:0 ");
	CHECK(!dwarf_die_at(d, 0, &die) && !dwarf_die_at(d, UINT64_MAX, &die));
	buf_free(&parameters.text);
	buf_free(&members.text);
}

/* ---- broken ---- */

static bool walk(void *arg, const struct dwarf_die *die)
{
	struct names *n = arg;
	struct dwarf_die copy = *die;

	dwarf_inherit(n->d, &copy);
	return true;
}

/* Every question to a file that may be damaged anywhere: an answer or none, but nothing worse. */
static void ask_all(const struct buf *image)
{
	struct elf_syms *es = open_image(image);
	struct buf why = {0};
	struct notes notes = {0};
	struct lines lines = {0};
	struct elf_symbol function;
	struct dwarf_die die;
	struct dwarf *d;

	if (!es)
		return;
	elf_usdt_each(es, on_note, &notes, NULL, &why);
	if (!dwarf_open(&d, es, &(struct elf_places){.debug_dir = "/nonexistent"}, &why)) {
		struct names n = {.d = d};

		dwarf_lines(d, "sym_dwarf.c", on_line, &lines, &why);
		if (elf_syms_lookup(es, "sym_dwarf_function", &function) && dwarf_function(d, function.vaddr, &die))
			dwarf_children(d, &die, walk, &n);
		for (uint64_t at = 0; at < 4096; at += 97)
			if (dwarf_die_at(d, at, &die))
				dwarf_children(d, &die, walk, &n);
		dwarf_free(d);
	}
	buf_free(&why);
	elf_syms_free(es);
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

/* A copy small enough to ask thousands of times: a program of one function. */
static bool small_program(struct buf *out, const char *options)
{
	char *dir = make_scratch();
	char *path = xasprintf("%s/small", dir);
	bool good = run("cd '%s' && printf '%%s\\n' 'struct s { int a; struct s *n; };' "
			"'__attribute__((noinline)) int sym_dwarf_function(struct s *p, long q)' "
			"'{' '  return p->a + q;' '}' "
			"'int main(void) { struct s s = {1, 0}; return sym_dwarf_function(&s, 2); }' >sym_dwarf.c && "
			"gcc -g -O1 %s -o small sym_dwarf.c 2>/dev/null", dir, options) == 0;

	if (good && buf_read_file(out, path, 1 << 24))
		good = false;
	free(path);
	remove_scratch(dir);
	return good;
}

static void test_broken(const char *options)
{
	struct buf good = {0}, bad = {0};
	unsigned seed = 4242;

	if (!small_program(&good, options)) {
		printf("not tried: gcc -g %s\n", options);
		return;
	}
	ask_all(&good);
	for (unsigned round = 0; round < 1500; round++) {
		buf_reset(&bad);
		buf_add(&bad, good.data, round % 5 ? good.len : next_random(&seed) % good.len);
		for (unsigned i = 0; i < 1 + round % 40 && bad.len; i++) {
			/* mostly behind the code, where the sections of interest are */
			size_t from = round % 3 ? bad.len / 2 : 0;

			bad.data[from + next_random(&seed) % (bad.len - from)] = (char)next_random(&seed);
		}
		ask_all(&bad);
	}
	CHECK(good.len > 0);
	buf_free(&good);
	buf_free(&bad);
}

int main(void)
{
	struct buf self = {0}, why = {0};
	struct elf_syms *es;
	struct dwarf *d;

	with_probes();
	if (buf_read_file(&self, "/proc/self/exe", SIZE_MAX / 2)) {
		perror("/proc/self/exe");
		return 2;
	}
	es = open_image(&self);
	test_notes(&self);
	CHECK_NUM(dwarf_open(&d, es, NULL, &why), 0);
	test_lines(d, es);
	test_entries(d, es);
	dwarf_free(d);
	elf_syms_free(es);
	buf_free(&self);
	buf_free(&why);
	test_broken("-gdwarf-5");
	test_broken("-gdwarf-4");
	test_broken("-gdwarf-3");
	test_broken("-gdwarf-5 -gz=zlib");
	return unit_result();
}
