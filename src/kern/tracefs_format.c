/*
 * tracefs_format.c - the format file of an event:
 *
 *     name: sched_switch
 *     ID: 372
 *     format:
 *     <tab>field:unsigned short common_type;<tab>offset:0;<tab>size:2;<tab>signed:0;
 *     ...
 *     (an empty line)
 *     <tab>field:char prev_comm[16];<tab>offset:8;<tab>size:16;<tab>signed:0;
 *     ...
 *     print fmt: ...
 *
 * The form: Documentation/trace/events.rst of the kernel, "Event formats". A declaration is C, but
 * for "__data_loc TYPE[] NAME" and "__rel_loc TYPE[] NAME", where the record holds a reference.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "kern/tracefs.h"

#define FIELD_LIMIT 512
#define RECORD_LIMIT 65536u /* a perf record's size is 16 bits */

static char *skip_space(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static void trim_end(char *s)
{
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Takes "prefix" with the space behind it off the front. */
static bool take_word(char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) != 0 || is_word((*s)[n]))
		return false;
	*s = skip_space(*s + n);
	return true;
}

/* Sizes of the types that events use in arrays; the rest follows from size / count. */
static uint32_t size_by_name(const char *type)
{
	static const struct {
		const char *name;
		uint8_t size;
	} known[] = {
		{"char", 1}, {"unsigned char", 1}, {"signed char", 1}, {"u8", 1}, {"__u8", 1},
		{"s8", 1}, {"uint8_t", 1}, {"bool", 1}, {"short", 2}, {"unsigned short", 2},
		{"u16", 2}, {"__u16", 2}, {"s16", 2}, {"uint16_t", 2}, {"int", 4},
		{"unsigned int", 4}, {"unsigned", 4}, {"u32", 4}, {"__u32", 4}, {"s32", 4},
		{"uint32_t", 4}, {"long", 8}, {"unsigned long", 8}, {"u64", 8}, {"__u64", 8},
		{"s64", 8}, {"uint64_t", 8}, {"long long", 8}, {"unsigned long long", 8},
		{"size_t", 8}, {"void *", 8},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(type, known[i].name))
			return known[i].size;
	return 0;
}

static bool is_char_type(const char *type)
{
	return str_eq(type, "char") || str_eq(type, "const char") || str_eq(type, "signed char") ||
	       str_eq(type, "unsigned char");
}

/* What the brackets at the end of a declaration say; taken off. */
struct brackets {
	bool any;
	bool counted; /* a number, not a name or nothing */
	uint32_t count;
};

static bool take_brackets(char *decl, struct brackets *out)
{
	uint64_t product = 1;
	bool counted = true;

	*out = (struct brackets){0};
	for (;;) {
		size_t n = strlen(decl);
		char *open, *end;
		unsigned long value;

		if (!n || decl[n - 1] != ']')
			break;
		open = strrchr(decl, '[');
		if (!open)
			return false;
		value = strtoul(skip_space(open + 1), &end, 0);
		counted = counted && isdigit((unsigned char)*skip_space(open + 1)) &&
			  *skip_space(end) == ']';
		product = counted ? MIN_OF(product * MIN_OF(value, RECORD_LIMIT), UINT32_MAX) : 0;
		out->any = true;
		*open = '\0';
		trim_end(decl);
	}
	out->counted = out->any && counted;
	out->count = product;
	return true;
}

/* Splits "TYPE NAME" at the last word; false without both. */
static bool take_name(char *decl, struct tracefs_field *f)
{
	size_t n = strlen(decl), start = n;

	while (start && is_word(decl[start - 1]))
		start--;
	if (start == n || start == 0)
		return false;
	f->name = decl + start;
	/* The name goes on; the type must be cut before it, at a space it has. */
	if (isspace((unsigned char)decl[start - 1])) {
		decl[start - 1] = '\0';
		trim_end(decl);
		f->type = decl;
		return *decl != '\0';
	}
	/* "char *name": no room for the end of the type where it is */
	memmove(decl - 1, decl, start);
	decl[start - 1] = '\0';
	f->type = decl - 1;
	return true;
}

static bool shape_of_array(struct tracefs_field *f, const struct brackets *b)
{
	uint32_t elem = size_by_name(f->type);

	f->kind = TRACEFS_ARRAY;
	if (elem && f->size % elem == 0)
		f->count = f->size / elem;
	else if (b->counted && b->count && f->size % b->count == 0)
		f->count = b->count;
	else
		return false;
	f->elem_size = f->count ? f->size / f->count : elem;
	return true;
}

static bool ends_with_star(const char *s)
{
	size_t n = strlen(s);

	return n && s[n - 1] == '*';
}

/* Kind and shape from the declaration; offset, size and sign are already in. */
static bool parse_declaration(char *decl, struct tracefs_field *f)
{
	struct brackets in_name, in_type;
	bool data = take_word(&decl, "__data_loc"), rel = take_word(&decl, "__rel_loc");

	trim_end(decl);
	if (!take_brackets(decl, &in_name) || !take_name(decl, f) ||
	    !take_brackets((char *)f->type, &in_type))
		return false;
	if (in_type.any && !in_name.any)
		in_name = in_type;
	f->is_char = is_char_type(f->type);
	if (data || rel) {
		f->kind = data ? TRACEFS_DATA_LOC : TRACEFS_REL_LOC;
		f->elem_size = size_by_name(f->type);
		return f->size == 4;
	}
	if (in_name.any) {
		if (!shape_of_array(f, &in_name))
			f->kind = TRACEFS_BLOB;
		return true;
	}
	f->is_char = false;
	if (ends_with_star(f->type) && f->size == 8)
		f->kind = TRACEFS_POINTER;
	else if (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8)
		f->kind = str_starts(f->type, "struct ") || str_starts(f->type, "union ")
				  ? TRACEFS_BLOB : TRACEFS_INT;
	else
		f->kind = TRACEFS_BLOB;
	return true;
}

/* "key:number" in a part between semicolons. */
static bool part_number(const char *part, const char *key, uint32_t *out)
{
	size_t n = strlen(key);
	unsigned long value;
	char *end;

	if (strncmp(part, key, n) != 0 || part[n] != ':' || !isdigit((unsigned char)part[n + 1]))
		return false;
	value = strtoul(part + n + 1, &end, 10);
	if (value > RECORD_LIMIT)
		return false;
	*out = value;
	return true;
}

/* The rest of a line after "field:". Cuts it; the field's strings point into it. */
static bool parse_field(char *rest, struct tracefs_field *f)
{
	char *decl = strsep(&rest, ";"), *part;
	bool has_offset = false, has_size = false;
	uint32_t number;

	*f = (struct tracefs_field){0};
	while (rest && (part = strsep(&rest, ";"))) {
		part = skip_space(part);
		if (part_number(part, "offset", &number)) {
			f->offset = number;
			has_offset = true;
		} else if (part_number(part, "size", &number)) {
			f->size = number;
			has_size = true;
		} else if (part_number(part, "signed", &number)) {
			f->is_signed = number;
		}
	}
	return has_offset && has_size && f->offset + f->size <= RECORD_LIMIT &&
	       parse_declaration(skip_space(decl), f);
}

static bool parse_id(const char *line, uint32_t *id)
{
	unsigned long value;
	char *end;

	if (!str_starts(line, "ID:"))
		return false;
	errno = 0;
	value = strtoul(line + 3, &end, 10);
	if (end == line + 3 || errno || value > UINT32_MAX)
		return false;
	*id = value;
	return true;
}

int tracefs_format_parse(const char *text, size_t size, struct tracefs_format *out)
{
	bool has_id = false;
	char *line, *next;

	*out = (struct tracefs_format){0};
	out->text = xstrndup(text, strnlen(text, size));
	next = out->text;
	while ((line = strsep(&next, "\n"))) {
		struct tracefs_field f;

		has_id |= parse_id(line, &out->id);
		if (str_starts(line, "print fmt:"))
			break;
		line = skip_space(line);
		if (!str_starts(line, "field:"))
			continue;
		if (out->fields.n >= FIELD_LIMIT || !parse_field(line + strlen("field:"), &f)) {
			out->skipped++;
			continue;
		}
		if (str_starts(f.name, "common_") && out->common == out->fields.n)
			out->common++;
		vec_push(&out->fields, f);
	}
	return has_id ? 0 : -EBADMSG;
}

void tracefs_format_free(struct tracefs_format *f)
{
	vec_free(&f->fields);
	free(f->text);
	f->text = NULL;
}
