/*
 * world_ctype.c - the C declarations of tracepoint format files as our types.
 *
 *   "char comm[16]"            string[16]
 *   "__data_loc char[] name"   string of any length
 *   "unsigned int fd"          size and sign from the file, or, where the file widens
 *                              everything to a register (system calls), from the name
 *   "struct sockaddr *"        pointer to the kernel's struct
 */
#include <ctype.h>

#include "run/world_int.h"

enum { WORDS_MAX = 8 };

/* A declaration taken apart: "const struct foo * const *" -> words "struct","foo", stars 2. */
struct decl {
	char text[128];
	const char *words[WORDS_MAX];
	unsigned nwords, stars;
	bool array;
	uint32_t count; /* of the array; 0: as many as the size says */
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
		} else if (*c == '[') {
			d->array = true;
			for (c++; isdigit((unsigned char)*c) && d->count < 1 << 24; c++)
				d->count = d->count * 10 + (*c - '0');
			c += strcspn(c, "]");
			c += *c == ']';
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

static const struct type *array_of(struct machine *m, const struct decl *d, uint32_t size,
				   bool is_signed)
{
	const struct type *elem = d->stars ? pointer_to(m, d) : named_type(m, d);
	uint32_t count = d->count;

	if (d->nwords == 1 && str_eq(d->words[0], "char") && !d->stars)
		return type_string(m->world.types, size);
	if (!count && elem && elem->size)
		count = size / elem->size; /* written with a constant's name: [NAME_MAX] */
	if (!count)
		return bytes_of(m, size);
	if (!elem || elem->size * (uint64_t)count != size)
		elem = size % count ? NULL : plain(m, size / count, is_signed);
	return elem ? type_array(m->world.types, elem, count) : bytes_of(m, size);
}

const struct type *world_c_type(struct machine *m, const char *text, uint32_t size, bool is_signed,
				bool widened)
{
	struct decl d;

	if (!decl_parse(&d, text))
		return plain(m, size, is_signed);
	if (d.array)
		return array_of(m, &d, size, is_signed);
	if (d.stars)
		return size == 8 ? pointer_to(m, &d) : plain(m, size, is_signed);
	const struct type *t = named_type(m, &d);
	if (t && t->kind == TYPE_STRUCT && world_complete(&m->world, (struct type *)t) &&
	    t->size == size)
		return t;
	if (t && (t->kind == TYPE_ENUM || t->kind == TYPE_BOOL || t->kind == TYPE_INT) &&
	    (widened ? t->size <= size : t->size == size) &&
	    (t->kind != TYPE_INT || widened))
		return t;
	return plain(m, size, is_signed);
}

const struct type *world_c_dynamic(struct machine *m, const char *text)
{
	struct decl d;

	if (!decl_parse(&d, text))
		return bytes_of(m, 0);
	if (d.nwords == 1 && str_eq(d.words[0], "char") && !d.stars)
		return type_string(m->world.types, 0);
	const struct type *elem = d.stars ? pointer_to(m, &d) : named_type(m, &d);
	if (!elem || !elem->size)
		return bytes_of(m, 0);
	return type_array(m->world.types, elem, 0);
}
