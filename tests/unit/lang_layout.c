/*
 * lang_layout.c - sizes, alignments, offsets and bit positions of generated structs, held
 * against those of the C compiler of this machine. Skipped where there is none. SEED=N in the
 * environment gives other structs.
 */
#include <stdlib.h>
#include <unistd.h>

#include "lang/ctype_int.h"
#include "lang/parse.h"
#include "unit.h"

enum { STRUCTS = 320, FIELDS = 9 };

static uint64_t state = 88172645463325252ull;

static unsigned random_below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % n;
}

static const char *const integers[] = {
	"char", "signed char", "unsigned char", "short", "unsigned short int", "int", "unsigned", "long",
	"unsigned long", "long long", "unsigned long long int", "_Bool", "long unsigned int", "volatile int",
	"volatile short", "enum small", "enum wide", "my_int", "my_aligned",
};
static const uint8_t integer_bits[] = {8, 8, 8, 16, 16, 32, 32, 64, 64, 64, 64, 1, 64, 32, 16, 32, 64, 32, 32};
static const char *const others[] = {"void *", "float", "double", "long double", "char **", "my_array", "__int128"};

struct shape { /* what was generated, for asking about it */
	char name[FIELDS][16];
	bool bits[FIELDS];
	unsigned fields;
};

static void put_attribute(struct buf *out)
{
	switch (random_below(12)) {
	case 0: buf_puts(out, " __attribute__((packed))"); break;
	case 1: buf_printf(out, " __attribute__((aligned(%u)))", 1u << random_below(6)); break;
	case 2: buf_puts(out, " __attribute__((__packed__, __aligned__(4)))"); break;
	}
}

static void put_bit_field(struct buf *out, struct shape *s, unsigned i)
{
	unsigned type = random_below(ARRAY_SIZE(integers) - 1); /* a bit-field of an aligned typedef is gcc's own */
	unsigned width = random_below(integer_bits[type] + 1);

	if (!width || random_below(8) == 0) {
		buf_printf(out, "\t%s : %u;\n", integers[type], width);
		return;
	}
	buf_printf(out, "\t%s %s : %u", integers[type], s->name[i], width);
	if (random_below(10) == 0)
		buf_puts(out, " __attribute__((packed))");
	buf_puts(out, ";\n");
	s->bits[i] = true;
}

/* Returns whether the field got its name. */
static bool put_field(struct buf *out, struct shape *s, unsigned number, unsigned i)
{
	snprintf(s->name[i], sizeof(s->name[i]), "f%u", i);
	switch (random_below(10)) {
	case 0: case 1: case 2: case 3:
		put_bit_field(out, s, i);
		return s->bits[i];
	case 4:
		buf_printf(out, "\t%s %s[%u][%u]", integers[random_below(ARRAY_SIZE(integers) - 2)], s->name[i],
			   1 + random_below(3), 1 + random_below(4));
		break;
	case 5:
		buf_printf(out, "\t%s%s", others[random_below(ARRAY_SIZE(others))], " ");
		buf_puts(out, s->name[i]);
		break;
	case 6:
		if (number) {
			buf_printf(out, "\tstruct s%u %s", random_below(number), s->name[i]);
			break;
		} /* fall through */
	case 7:
		buf_printf(out, "\t%s { char c%u; %s d%u : 3; int e%u; }", random_below(2) ? "struct" : "union", i,
			   random_below(2) ? "int" : "long", i, i);
		put_attribute(out);
		buf_printf(out, " %s", s->name[i]);
		break;
	case 8:
		buf_printf(out, "\tint (*%s)(int, struct s%u *)", s->name[i], number);
		break;
	default:
		buf_printf(out, "\t%s %s", integers[random_below(ARRAY_SIZE(integers))], s->name[i]);
	}
	put_attribute(out);
	buf_puts(out, ";\n");
	return true;
}

static void put_struct(struct buf *out, struct shape *s, unsigned number)
{
	unsigned n = 1 + random_below(FIELDS);

	*s = (struct shape){0};
	buf_printf(out, "%s s%u {\n", "struct", number);
	for (unsigned i = 0; i < n; i++)
		s->fields += put_field(out, s, number, s->fields);
	buf_printf(out, "\tchar last;\n}");
	put_attribute(out);
	buf_puts(out, ";\n");
}

static void put_questions(struct buf *out, const struct shape *shapes)
{
	buf_puts(out, "#include <stdio.h>\n#include <stddef.h>\n#include <string.h>\n"
		 "static void bits(const unsigned char *p, size_t n) { size_t first = 0, count = 0;\n"
		 "for (size_t i = 0; i < n * 8; i++) if (p[i / 8] >> i % 8 & 1) { if (!count++) first = i; }\n"
		 "printf(\" %zu:%zu\", first, count); }\nint main(void) {\n");
	for (unsigned i = 0; i < STRUCTS; i++) {
		const struct shape *s = &shapes[i];

		buf_printf(out, "{ union { struct s%u v; unsigned char b[sizeof(struct s%u)]; } u;\n", i, i);
		buf_printf(out, "printf(\"s%u %%zu %%zu\", sizeof(u.v), _Alignof(struct s%u));\n", i, i);
		for (unsigned f = 0; f < s->fields; f++) {
			if (s->bits[f])
				buf_printf(out, "memset(&u, 0, sizeof(u)); u.v.%s = -1; bits(u.b, sizeof(u));\n",
					   s->name[f]);
			else
				buf_printf(out, "printf(\" %%zu\", offsetof(struct s%u, %s));\n", i, s->name[f]);
		}
		buf_puts(out, "puts(\"\"); }\n");
	}
	buf_puts(out, "return 0; }\n");
}

/* The same answers by our own layout. */
static void put_answers(struct buf *out, struct ctypes *c, const struct shape *shapes)
{
	for (unsigned i = 0; i < STRUCTS; i++) {
		const struct shape *s = &shapes[i];
		char name[16];
		struct field f;

		snprintf(name, sizeof(name), "s%u", i);
		const struct type *t = ctypes_named(c, OP_STRUCT, name);

		CHECK(t && ctypes_complete(c, t));
		if (!t || !t->complete)
			continue;
		struct ctype *entry = hmap_get(&c->by_type, &t, sizeof(t));

		buf_printf(out, "s%u %u %u", i, t->size, entry->align);
		for (unsigned k = 0; k < s->fields; k++) {
			if (!type_field(t, s->name[k], &f)) {
				buf_puts(out, " missing");
				continue;
			}
			/* a field of all the bits of its type is a plain one to us, one over nine bytes an array */
			if (s->bits[k] && f.type->kind == TYPE_ARRAY)
				buf_puts(out, " nine");
			else if (s->bits[k])
				buf_printf(out, " %u:%u", f.offset * 8 + f.bit_offset, f.bit_size ? f.bit_size
					   : f.type->kind == TYPE_BOOL ? 1 : f.type->size * 8);
			else
				buf_printf(out, " %u", f.offset);
		}
		buf_putc(out, '\n');
	}
}

static bool run_compiler(const char *folder, const struct buf *program, struct buf *out)
{
	char path[256], command[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/layout.c", folder);
	f = fopen(path, "w");
	if (!f || fwrite(program->data, 1, program->len, f) != program->len || fclose(f))
		return false;
	snprintf(command, sizeof(command), "gcc -w -Wno-packed-bitfield-compat -O0 -o %s/layout %s/layout.c 2>&1 |"
		 " head -n 20; %s/layout", folder, folder, folder);
	f = popen(command, "r");
	if (!f)
		return false;
	buf_reserve(out, 1 << 20);
	out->len = fread(out->data, 1, (1 << 20) - 1, f);
	out->data[out->len] = '\0';
	return pclose(f) == 0;
}

/* Line by line, so that a failure names its struct. */
static void compare(struct buf *ours, struct buf *theirs, const char *text)
{
	char *a = ours->data, *b = theirs->data;
	unsigned compared = 0, shown = 0;

	while (a && b && *a && *b) {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");
		bool nine = la > 5 && memmem(a, la, " nine", 5); /* only its place among others is ours to tell */

		compared++;
		unit_checks++;
		if (!nine && (la != lb || memcmp(a, b, la))) {
			unit_failures++;
			char head[32];
			snprintf(head, sizeof(head), "struct %.*s {", (int)strcspn(a, " "), a);
			const char *source = strstr(text, head);

			if (shown++ < 4)
				printf("ours %.*s\ngcc  %.*s\n%.*s\n", (int)la, a, (int)lb, b,
				       source ? (int)(strstr(source, "\n}") - source + 40) : 0, source);
		}
		a += la + 1;
		b += lb + 1;
	}
	CHECK(compared == STRUCTS);
}

int main(void)
{
	static struct shape shapes[STRUCTS];
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct buf text = {0}, program = {0}, ours = {0}, theirs = {0};
	char folder[] = "/tmp/sonde-layout.XXXXXX", command[64];
	struct types types;
	struct ctypes c;

	if (system("command -v gcc >/dev/null 2>&1")) {
		printf("there is no gcc\n");
		return 77;
	}
	if (getenv("SEED"))
		state = strtoull(getenv("SEED"), NULL, 0);
	buf_puts(&text, "enum small { A, B, C = 70000 };\nenum wide { D = 0x100000000 };\ntypedef int my_int;\n"
		 "typedef int my_aligned __attribute__((aligned(16)));\ntypedef short my_array[3];\n");
	for (unsigned i = 0; i < STRUCTS; i++)
		put_struct(&text, &shapes[i], i);
	buf_add(&program, text.data, text.len);
	put_questions(&program, shapes);
	types_init(&types, arena);
	ctypes_init(&c, arena, &types, NULL, &diags);
	const struct node *header = parse_header(arena, &diags, source_add(&sources, "layout", text.data, text.len));

	vec_each(it, &header->list)
		ctypes_add(&c, *it, false);
	put_answers(&ours, &c, shapes);
	CHECK(diags.errors == 0);
	if (diags.errors) {
		struct buf why = {0};

		diags_print(&diags, &why, false);
		printf("%s", buf_str(&why));
		buf_free(&why);
	}
	CHECK(mkdtemp(folder) != NULL);
	CHECK(run_compiler(folder, &program, &theirs));
	compare(&ours, &theirs, text.data);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK(system(command) == 0);
	ctypes_free(&c);
	types_free(&types);
	buf_free(&text);
	buf_free(&program);
	buf_free(&ours);
	buf_free(&theirs);
	arena_free(arena);
	return unit_result();
}
