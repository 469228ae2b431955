/*
 * world_dwarf.c - `args` of a uprobe at a function's entry: its parameters as the debugging
 * information names them, each where the calling convention puts it.
 *
 *   System V x86-64 (psABI 3.2.3)   integers and pointers in six registers, then on the stack; a
 *                                   struct of at most 16 bytes in one or two of them if it has no
 *                                   floating-point part, a larger one on the stack
 *   AAPCS64                         the same with eight; a larger struct as a pointer to a copy
 *
 * What travels in floating-point registers is known, but cannot be had: probes do not see those.
 * Types are made when they are asked for: a struct's members are read by world_complete().
 */
#include <stdlib.h>

#include "ir/arch.h"
#include "run/world_int.h"

enum { DEPTH_MAX = 24, PARAMETERS_MAX = 128, MEMBERS_MAX = 1 << 16 };
#define NO_WORD UINT32_MAX

struct dwarf_struct { /* what a struct type was made from */
	struct dwarf *d;
	uint64_t offset;
};

static const struct type *convert(struct machine *m, struct dwarf *d, uint64_t offset, unsigned depth);

/* ---- types ---- */

/* Through typedefs and qualifiers; false: void, or a chain that does not end. */
static bool resolve(struct dwarf *d, uint64_t offset, struct dwarf_die *die)
{
	for (unsigned i = 0; offset && i < DEPTH_MAX && dwarf_die_at(d, offset, die); i++) {
		switch (die->tag) {
		case DWARF_TYPEDEF: case DWARF_CONST: case DWARF_VOLATILE: case DWARF_RESTRICT: case DWARF_ATOMIC:
			offset = die->type;
			break;
		default:
			return true;
		}
	}
	return false;
}

static const struct type *void_type(struct machine *m)
{
	return type_simple(m->world.types, TYPE_VOID);
}

static const struct type *bytes_type(struct machine *m, uint64_t size)
{
	return type_array(m->world.types, type_int(m->world.types, 1, false), MIN_OF(size, (uint64_t)UINT32_MAX / 2));
}

static const struct type *number_type(struct machine *m, uint64_t size, bool is_signed)
{
	if (size == 1 || size == 2 || size == 4 || size == 8)
		return type_int(m->world.types, size, is_signed);
	return bytes_type(m, size);
}

static const struct type *base_type(struct machine *m, const struct dwarf_die *die)
{
	if (die->encoding == DWARF_BOOLEAN && die->size == 1)
		return type_simple(m->world.types, TYPE_BOOL);
	return number_type(m, die->size, die->encoding == DWARF_SIGNED || die->encoding == DWARF_SIGNED_CHAR);
}

/* One type for each struct of a file, its members not read yet. */
static const struct type *struct_type(struct machine *m, struct dwarf *d, const struct dwarf_die *die)
{
	struct { struct dwarf *d; uint64_t offset; } key = {d, die->offset};
	void **at = hmap_at(&m->dwarf_types, &key, sizeof(key));
	struct dwarf_struct *from;
	struct type *t;

	if (*at)
		return *at;
	t = type_struct_new(m->world.types, die->name ? arena_strdup(m->world.arena, die->name) : "",
			    die->tag == DWARF_UNION);
	t->space = TYPE_SPACE_USER;
	t->size = MIN_OF(die->size, (uint64_t)UINT32_MAX / 2);
	*at = t;
	from = arena_new_of(m->world.arena, struct dwarf_struct);
	*from = (struct dwarf_struct){d, die->offset};
	*hmap_at(&m->dwarf_structs, &t, sizeof(t)) = from;
	return t;
}

struct dimensions {
	uint32_t count[4];
	unsigned n;
};

static bool dimension(void *arg, const struct dwarf_die *die)
{
	struct dimensions *d = arg;

	if (die->tag == DWARF_SUBRANGE && d->n < ARRAY_SIZE(d->count))
		d->count[d->n++] = die->has_count ? MIN_OF(die->count, (uint64_t)1 << 20) : 0;
	return true;
}

static const struct type *array_type(struct machine *m, struct dwarf *d, const struct dwarf_die *die,
				     unsigned depth)
{
	struct dimensions dims = {0};
	const struct type *t = convert(m, d, die->type, depth + 1);
	struct dwarf_die elem;

	dwarf_children(d, die, dimension, &dims);
	/* char[16] is text, as it is in the kernel's types */
	if (dims.n == 1 && dims.count[0] && resolve(d, die->type, &elem) && elem.tag == DWARF_BASE &&
	    elem.size == 1 && elem.name && str_eq(elem.name, "char"))
		return type_string(m->world.types, dims.count[0]);
	while (dims.n-- > 0)
		t = type_array(m->world.types, t, dims.count[dims.n]);
	return t;
}

static const struct type *convert(struct machine *m, struct dwarf *d, uint64_t offset, unsigned depth)
{
	struct dwarf_die die;

	if (depth > DEPTH_MAX || !resolve(d, offset, &die))
		return void_type(m);
	switch (die.tag) {
	case DWARF_BASE:
		return base_type(m, &die);
	case DWARF_ENUMERATION:
		return number_type(m, die.has_size ? die.size : 4, true);
	case DWARF_POINTER: case DWARF_REFERENCE: case DWARF_RVALUE_REFERENCE:
		return type_pointer(m->world.types, convert(m, d, die.type, depth + 1), TYPE_SPACE_USER, false);
	case DWARF_STRUCTURE: case DWARF_CLASS: case DWARF_UNION:
		return struct_type(m, d, &die);
	case DWARF_ARRAY:
		return array_type(m, d, &die, depth);
	case DWARF_POINTER_TO_MEMBER:
		return number_type(m, 8, false);
	default:
		return void_type(m);
	}
}

/* ---- members ---- */

struct members {
	struct machine *m;
	struct dwarf *d;
	VEC(struct field) list;
};

static bool member(void *arg, const struct dwarf_die *die)
{
	struct members *members = arg;
	struct field field = {.source = FIELD_PLAIN};
	uint64_t offset = die->member_offset;

	if (die->tag != DWARF_MEMBER && die->tag != DWARF_INHERITANCE)
		return true;
	if (die->declaration) /* a static member is none of the object */
		return true;
	field.type = convert(members->m, members->d, die->type, 0);
	if (die->name)
		field.name = arena_strdup(members->m->world.arena, die->name);
	else if (field.type->kind != TYPE_STRUCT)
		return true;
	if (die->bit_size && die->bit_size <= 64) {
		uint64_t bits = die->has_bit_offset ? die->bit_offset : offset * 8;

		offset = bits / 8;
		field.bit_offset = bits % 8;
		field.bit_size = die->bit_size;
	}
	if (offset > INT32_MAX || field.type->kind == TYPE_VOID)
		return true;
	field.offset = offset;
	avec_push(members->m->world.arena, &members->list, field);
	return members->list.n < MEMBERS_MAX;
}

/* A struct of debugging information, completed; false: it is none, or only declared there. */
bool world_dwarf_complete(struct machine *m, struct type *t)
{
	const struct dwarf_struct *from = hmap_get(&m->dwarf_structs, &t, sizeof(t));
	struct members members = {.m = m};
	struct dwarf_die die;

	if (!from || !dwarf_die_at(from->d, from->offset, &die) || die.declaration)
		return false;
	members.d = from->d;
	dwarf_children(from->d, &die, member, &members);
	t->fields = members.list.v;
	t->nfields = members.list.n;
	t->complete = true;
	return true;
}

/* ---- where parameters are ---- */

enum class { CLASS_INTEGER, CLASS_FLOAT, CLASS_MEMORY, CLASS_REFERENCE, CLASS_UNKNOWN };

struct parts { /* the eight-byte parts of a struct: whether one has a floating-point member */
	struct dwarf *d;
	uint64_t base;
	bool integer[2], floating[2], known;
	unsigned depth;
};

static bool classify_part(void *arg, const struct dwarf_die *die);

static void classify_type(struct parts *p, uint64_t type, uint64_t at)
{
	struct dwarf_die die;

	if (!p->known || !resolve(p->d, type, &die) || p->depth > DEPTH_MAX || at >= 16) {
		p->known = false;
		return;
	}
	p->depth++;
	switch (die.tag) {
	case DWARF_BASE:
		if (die.encoding == DWARF_FLOAT || die.encoding == DWARF_COMPLEX_FLOAT)
			p->floating[at / 8] = true;
		else
			p->integer[at / 8] = true;
		break;
	case DWARF_STRUCTURE: case DWARF_CLASS: case DWARF_UNION: {
		uint64_t outer = p->base;

		p->base = at;
		dwarf_children(p->d, &die, classify_part, p);
		p->base = outer;
		break;
	}
	case DWARF_ARRAY: { /* all elements are alike; where the first and the last lie is enough */
		struct dwarf_die elem;
		struct dimensions dims = {0};

		dwarf_children(p->d, &die, dimension, &dims);
		classify_type(p, die.type, at);
		if (dims.n == 1 && dims.count[0] > 1 && resolve(p->d, die.type, &elem) && elem.size)
			classify_type(p, die.type, at + (dims.count[0] - 1) * elem.size);
		p->known &= dims.n == 1;
		break;
	}
	default:
		p->integer[at / 8] = true;
	}
	p->depth--;
}

static bool classify_part(void *arg, const struct dwarf_die *die)
{
	struct parts *p = arg;

	if ((die->tag == DWARF_MEMBER || die->tag == DWARF_INHERITANCE) && !die->declaration)
		classify_type(p, die->type, p->base + (die->has_bit_offset && !die->member_offset
						       ? die->bit_offset / 8 : die->member_offset));
	return p->known;
}

/* How a value of the type is passed, and how many words it takes where it goes. */
static enum class classify(struct dwarf *d, uint64_t type, unsigned *words)
{
	struct parts p = {.d = d, .known = true};
	struct dwarf_die die;

	*words = 1;
	if (!resolve(d, type, &die))
		return CLASS_UNKNOWN;
	if (die.tag == DWARF_BASE && (die.encoding == DWARF_FLOAT || die.encoding == DWARF_COMPLEX_FLOAT)) {
		*words = 2;
		return die.size > 8 && arch_native() == &arch_x86_64 ? CLASS_MEMORY : CLASS_FLOAT;
	}
	if (die.tag == DWARF_POINTER_TO_MEMBER) {
		*words = 2; /* of a function; of data it is one: not told apart */
		return CLASS_UNKNOWN;
	}
	if (die.tag != DWARF_STRUCTURE && die.tag != DWARF_CLASS && die.tag != DWARF_UNION) {
		*words = die.tag == DWARF_BASE && die.size > 8 ? 2 : 1;
		return CLASS_INTEGER;
	}
	if (die.declaration || !die.has_size)
		return CLASS_UNKNOWN;
	if (die.calling == DWARF_BY_REFERENCE)
		return CLASS_REFERENCE;
	*words = (MIN_OF(die.size, (uint64_t)1 << 20) + 7) / 8;
	if (die.size > 16)
		return arch_native() == &arch_x86_64 ? CLASS_MEMORY : CLASS_REFERENCE;
	classify_type(&p, type, 0);
	if (!p.known || !*words)
		return CLASS_UNKNOWN;
	for (unsigned i = 0; i < *words; i++) /* a part is an integer's if any of its members is */
		if (p.floating[i] && !p.integer[i])
			return CLASS_FLOAT;
	return CLASS_INTEGER;
}

struct parameters {
	struct machine *m;
	struct dwarf *d;
	VEC(struct field) list;
	uint32_t registers, stack; /* words used so far */
	const char *lost;          /* why places are not known from here on */
};

/* The number of its first word: registers are 0 .. nargs - 1, the stack follows. */
static uint32_t place_words(struct parameters *p, enum class class, unsigned words)
{
	uint32_t nargs = arch_native()->nargs, at;

	if (class != CLASS_MEMORY && p->registers + words <= nargs) {
		at = p->registers;
		p->registers += words;
		return at;
	}
	at = nargs + p->stack;
	p->stack += words;
	return at;
}

static void place(struct parameters *p, struct field *field, uint64_t type)
{
	unsigned words;
	enum class class = classify(p->d, type, &words);

	if (p->lost) {
		field->source = FIELD_UNREACHABLE;
		field->why = p->lost;
		return;
	}
	field->source = FIELD_ARGUMENT;
	switch (class) {
	case CLASS_FLOAT:
		field->source = FIELD_UNREACHABLE;
		field->why = "it is passed in a floating-point register, which probes do not see";
		return;
	case CLASS_UNKNOWN:
		p->lost = "how a parameter before it is passed is not known";
		field->source = FIELD_UNREACHABLE;
		field->why = "how it is passed is not known";
		return;
	case CLASS_REFERENCE:
		field->type = type_pointer(p->m->world.types, field->type, TYPE_SPACE_USER, false);
		field->offset = place_words(p, class, 1);
		return;
	case CLASS_MEMORY: case CLASS_INTEGER:
		field->offset = place_words(p, class, words);
	}
}

static bool parameter(void *arg, const struct dwarf_die *child)
{
	struct parameters *p = arg;
	struct dwarf_die die = *child;
	struct field field = {0};

	if (die.tag != DWARF_PARAMETER)
		return true;
	dwarf_inherit(p->d, &die);
	field.name = die.name ? arena_strdup(p->m->world.arena, die.name) :
				arena_printf(p->m->world.arena, "arg%zu", p->list.n);
	field.type = convert(p->m, p->d, die.type, 0);
	place(p, &field, die.type);
	if (field.type->kind == TYPE_VOID) /* a type that is not described: the word itself */
		field.type = type_int(p->m->world.types, 8, false);
	avec_push(p->m->world.arena, &p->list, field);
	return p->list.n < PARAMETERS_MAX;
}

/* NULL: no debugging information, or the probe is not at a function's entry. */
const struct type *world_dwarf_args(struct machine *m, const struct target *target)
{
	const char *why;
	struct dwarf *d = world_dwarf(m, target->path, &why);
	struct parameters p = {.m = m, .d = d};
	struct dwarf_die die;
	struct type *t;

	if (!d || !dwarf_function(d, target->address, &die))
		return NULL;
	dwarf_children(d, &die, parameter, &p);
	t = type_struct_new(m->world.types, target->name, false);
	t->is_args = true;
	t->fields = p.list.v;
	t->nfields = p.list.n;
	t->complete = true;
	return t;
}

/* ---- as C declares them ---- */

static void print_type(struct dwarf *d, uint64_t offset, struct buf *out, unsigned depth)
{
	struct dwarf_die die;

	if (!offset || depth > DEPTH_MAX || !dwarf_die_at(d, offset, &die)) {
		buf_puts(out, "void");
		return;
	}
	switch (die.tag) {
	case DWARF_POINTER: case DWARF_REFERENCE: case DWARF_RVALUE_REFERENCE:
		print_type(d, die.type, out, depth + 1);
		if (out->data[out->len - 1] != '*')
			buf_putc(out, ' ');
		buf_puts(out, die.tag == DWARF_POINTER ? "*" : die.tag == DWARF_REFERENCE ? "&" : "&&");
		return;
	case DWARF_CONST: case DWARF_VOLATILE:
		buf_puts(out, die.tag == DWARF_CONST ? "const " : "volatile ");
		print_type(d, die.type, out, depth + 1);
		return;
	case DWARF_RESTRICT: case DWARF_ATOMIC: case DWARF_ARRAY:
		print_type(d, die.type, out, depth + 1);
		return;
	case DWARF_STRUCTURE: buf_puts(out, "struct "); break;
	case DWARF_UNION: buf_puts(out, "union "); break;
	case DWARF_ENUMERATION: buf_puts(out, "enum "); break;
	case DWARF_SUBROUTINE: buf_puts(out, "void (*)()"); return;
	default: break;
	}
	buf_puts(out, die.name ? die.name : "{...}");
}

struct printing {
	struct dwarf *d;
	struct buf *out;
};

static bool print_parameter(void *arg, const struct dwarf_die *child)
{
	struct printing *p = arg;
	struct dwarf_die die = *child;

	if (die.tag != DWARF_PARAMETER)
		return true;
	dwarf_inherit(p->d, &die);
	buf_puts(p->out, "    ");
	print_type(p->d, die.type, p->out, 0);
	if (!strchr("*&", p->out->data[p->out->len - 1]))
		buf_putc(p->out, ' ');
	buf_printf(p->out, "%s\n", die.name ? die.name : "");
	return true;
}

void world_dwarf_print_args(struct machine *m, const char *path, uint64_t address, struct buf *out)
{
	const char *why;
	struct printing p = {world_dwarf(m, path, &why), out};
	struct dwarf_die die;

	if (p.d && dwarf_function(p.d, address, &die))
		dwarf_children(p.d, &die, print_parameter, &p);
}
