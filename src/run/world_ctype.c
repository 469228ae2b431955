/*
 * world_ctype.c - the C declarations of tracepoint format files as our types.
 *
 *   char comm[16]              string[16]
 *   __data_loc char[] name     string of any length
 *   unsigned int fd            size and sign from the file, or, where the file widens
 *                              everything to a register (system calls), from the name
 *   struct sockaddr * addr     pointer to the kernel's struct
 */
#include <ctype.h>

#include "run/world_int.h"

enum { WORDS_MAX = 8 };

/* A declaration taken apart: "const struct foo * const *" -> words "struct","foo", stars 2. */
struct decl {
	char text[128];
	const char *words[WORDS_MAX];
	unsigned nwords, stars;
};

static bool is_noise(const char *word)
{
	static const char *const noise[] = {
		"const", "volatile", "__user", "__rcu", "__kernel", "restrict", "__percpu",
		"__seg_gs", "__iomem", "__attribute__", "register",
	};

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (str_eq(word, noise[i]))
			return true;
	return false;
}

/* False: too long, or not a declaration we know how to read. */
static bool decl_parse(struct decl *d, const char *text)
{
	char *out = d->text;

	*d = (struct decl){0};
	if (strlen(text) >= sizeof(d->text) / 2)
		return false;
	for (const char *c = text; *c;) {
		if (isspace((unsigned char)*c)) {
			c++;
		} else if (*c == '*') {
			d->stars++;
			c++;
		} else if (isalnum((unsigned char)*c) || *c == '_') {
			const char *word = out;
			while (isalnum((unsigned char)*c) || *c == '_')
				*out++ = *c++;
			*out++ = '\0';
			if (is_noise(word))
				continue;
			if (d->nwords == WORDS_MAX)
				return false;
			d->words[d->nwords++] = word;
		} else {
			return false; /* function pointers and the like */
		}
	}
	return d->nwords > 0;
}

static bool has_word(const struct decl *d, const char *word)
{
	for (unsigned i = 0; i < d->nwords; i++)
		if (str_eq(d->words[i], word))
			return true;
	return false;
}

/* The common typedefs of system calls, so that they need no BTF. Sizes of 64-bit Linux. */
static const struct {
	const char *name;
	uint8_t size;
	bool is_signed;
} typedefs[] = {
	{"size_t", 8, false}, {"ssize_t", 8, true}, {"loff_t", 8, true}, {"off_t", 8, true},
	{"umode_t", 2, false}, {"mode_t", 4, false}, {"pid_t", 4, true}, {"uid_t", 4, false},
	{"gid_t", 4, false}, {"key_t", 4, true}, {"clockid_t", 4, true}, {"timer_t", 4, true},
	{"mqd_t", 4, true}, {"qid_t", 4, false}, {"rwf_t", 4, true}, {"aio_context_t", 8, false},
	{"key_serial_t", 4, true}, {"dev_t", 4, false}, {"bool", 1, false},
	{"u8", 1, false}, {"u16", 2, false}, {"u32", 4, false}, {"u64", 8, false},
	{"s8", 1, true}, {"s16", 2, true}, {"s32", 4, true}, {"s64", 8, true},
	{"__u8", 1, false}, {"__u16", 2, false}, {"__u32", 4, false}, {"__u64", 8, false},
	{"__s8", 1, true}, {"__s16", 2, true}, {"__s32", 4, true}, {"__s64", 8, true},
	{"uint", 4, false}, {"uint8_t", 1, false}, {"uint16_t", 2, false}, {"uint32_t", 4, false},
	{"uint64_t", 8, false}, {"int8_t", 1, true}, {"int16_t", 2, true}, {"int32_t", 4, true},
	{"int64_t", 8, true},
};

/* "unsigned long int" and its like; size 0: not of the language itself. */
static unsigned basic_size(const struct decl *d, bool *is_signed)
{
	unsigned longs = 0;

	*is_signed = !has_word(d, "unsigned");
	for (unsigned i = 0; i < d->nwords; i++)
		longs += str_eq(d->words[i], "long");
	if (has_word(d, "char"))
		return 1;
	if (has_word(d, "short"))
		return 2;
	if (longs)
		return 8;
	if (has_word(d, "int") || has_word(d, "unsigned") || has_word(d, "signed"))
		return 4;
	for (size_t i = 0; i < ARRAY_SIZE(typedefs); i++)
		if (str_eq(d->words[0], typedefs[i].name)) {
			*is_signed = typedefs[i].is_signed;
			return typedefs[i].size;
		}
	return 0;
}

/* The type without stars and brackets, from its name alone; NULL: not known. */
static const struct type *named_type(struct machine *m, const struct decl *d)
{
	struct types *types = m->world.types;
	bool is_signed;

	if (d->nwords >= 2 && (str_eq(d->words[0], "struct") || str_eq(d->words[0], "union")))
		return world_struct_named(m, d->words[0][0] == 'u', d->words[1]);
	if (d->nwords >= 2 && str_eq(d->words[0], "enum"))
		return world_type_named(&m->world, OP_ENUM, d->words[1]);
	if (str_eq(d->words[0], "void"))
		return type_simple(types, TYPE_VOID);
	if (str_eq(d->words[0], "bool") || str_eq(d->words[0], "_Bool"))
		return type_simple(types, TYPE_BOOL);
	unsigned size = basic_size(d, &is_signed);
	if (size)
		return type_int(types, size, is_signed);
	return world_type_named(&m->world, OP_NONE, d->words[0]);
}

static const struct type *pointer_to(struct machine *m, const struct decl *d)
{
	const struct type *t = named_type(m, d);

	if (!t)
		t = type_simple(m->world.types, TYPE_VOID);
	for (unsigned i = 0; i < d->stars; i++)
		t = type_pointer(m->world.types, t, TYPE_SPACE_NONE, false);
	return t;
}

static const struct type *bytes_of(struct machine *m, uint32_t size)
{
	return type_array(m->world.types, type_int(m->world.types, 1, false), size);
}

/* A value of `size` bytes that is none of ours by name. */
static const struct type *plain(struct machine *m, uint32_t size, bool is_signed)
{
	if (size == 1 || size == 2 || size == 4 || size == 8)
		return type_int(m->world.types, size, is_signed);
	return bytes_of(m, size);
}

static bool is_text(const struct tracefs_field *f)
{
	return str_eq(f->type, "char") || str_eq(f->type, "const char");
}

static const struct type *array_of(struct machine *m, const struct tracefs_field *f)
{
	uint32_t size = f->count ? f->size / f->count : 0;
	const struct type *elem = NULL;
	struct decl d;

	if (is_text(f))
		return type_string(m->world.types, f->size);
	if (decl_parse(&d, f->type))
		elem = d.stars ? pointer_to(m, &d) : named_type(m, &d);
	if (!size || size * (uint64_t)f->count != f->size)
		return bytes_of(m, f->size);
	if (!elem || elem->size != size || elem->kind == TYPE_VOID)
		elem = plain(m, size, f->is_signed);
	return type_array(m->world.types, elem, f->count);
}

/* Behind a __data_loc: a string of size 0, or an array of count 0, for "as long as it is". */
static const struct type *dynamic_of(struct machine *m, const struct tracefs_field *f)
{
	const struct type *elem = NULL;
	struct decl d;

	if (is_text(f))
		return type_string(m->world.types, 0);
	if (decl_parse(&d, f->type))
		elem = d.stars ? pointer_to(m, &d) : named_type(m, &d);
	if (!elem || !elem->size)
		elem = plain(m, f->elem_size ? f->elem_size : 1, f->is_signed);
	return type_array(m->world.types, elem, 0);
}

/*
 * The file's size and sign are the truth, but for system calls, where every argument is shown
 * as wide as a register and unsigned: there the name decides.
 */
static const struct type *scalar_of(struct machine *m, const struct tracefs_field *f,
				    bool syscall)
{
	const struct type *t;
	struct decl d;

	if (!decl_parse(&d, f->type))
		return plain(m, f->size, f->is_signed);
	if (d.stars)
		return f->size == 8 ? pointer_to(m, &d) : plain(m, f->size, f->is_signed);
	/* An integer whose size and sign the file gives needs no name looked up. */
	if (!syscall && !has_word(&d, "enum") && !has_word(&d, "bool"))
		return plain(m, f->size, f->is_signed);
	t = named_type(m, &d);
	if (t && (t->kind == TYPE_ENUM || t->kind == TYPE_BOOL || t->kind == TYPE_INT) &&
	    (syscall ? t->size <= f->size : MAX_OF(t->size, 1) == f->size))
		return t;
	return plain(m, f->size, f->is_signed);
}

static const struct type *blob_of(struct machine *m, const struct tracefs_field *f)
{
	const struct type *t = NULL;
	struct decl d;

	if (decl_parse(&d, f->type) && !d.stars)
		t = named_type(m, &d);
	if (t && t->kind == TYPE_STRUCT && world_complete(&m->world, (struct type *)t) &&
	    t->size == f->size)
		return t;
	return bytes_of(m, f->size);
}

const struct type *world_field_type(struct machine *m, const struct tracefs_field *f, bool syscall)
{
	switch (f->kind) {
	case TRACEFS_ARRAY:
		return array_of(m, f);
	case TRACEFS_DATA_LOC:
	case TRACEFS_REL_LOC:
		return dynamic_of(m, f);
	case TRACEFS_BLOB:
		return blob_of(m, f);
	default:
		return scalar_of(m, f, syscall);
	}
}
