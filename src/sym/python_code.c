/*
 * python_code.c - see python_code.h. Formats: Objects/lnotab_notes.txt (3.8 to 3.10) and
 * Objects/locations.md (InternalDocs/code_objects.md, from 3.11 on) of CPython.
 */
#include "sym/python_code.h"
#include "sym/punycode.h"

#include <stdlib.h>

enum {
	LONGEST_TEXT = 1024,    /* characters */
	LONGEST_LINES = 1 << 20,
	NO_CHARACTER = 0xfffd,
};

/* struct unicode_object's state: interned:2 kind:3 compact:1 ascii:1, the same from 3.8 to 3.14. */
enum { KIND_SHIFT = 2, KIND_MASK = 7, IS_COMPACT = 1 << 5, IS_ASCII = 1 << 6 };

static bool read_u64(const struct process_memory *m, uint64_t address, uint64_t *out)
{
	return m->read(m->ctx, address, out, sizeof(*out));
}

/*
 * Whether the object at an address has not been freed: its count of references is one. What
 * allocators keep in freed memory, in its place, is an address or 0. (3.14: the lower half
 * counts, then 16 bits that are 0, then flags.)
 */
static bool is_alive(const struct process_memory *m, uint64_t address)
{
	uint64_t references;

	return read_u64(m, address, &references) && (uint32_t)references && !(references >> 32 & 0xffff);
}

static uint32_t character(const unsigned char *at, unsigned kind)
{
	uint16_t two;
	uint32_t four;

	if (kind == 1)
		return *at;
	if (kind == 2)
		return memcpy(&two, at, 2), two;
	memcpy(&four, at, 4);
	return four;
}

/* A str object as UTF-8, malloc'd; NULL: it is none, or not readable. */
static char *read_text(const struct python_build *b, const struct process_memory *m, uint64_t object)
{
	unsigned char characters[4 * LONGEST_TEXT];
	char *utf8;
	struct buf text = {0};
	uint64_t length, address;
	uint32_t state;
	unsigned kind;

	if (!read_u64(m, object + b->objects.text_length, &length) ||
	    !m->read(m->ctx, object + b->objects.text_state, &state, sizeof(state)))
		return NULL;
	kind = state >> KIND_SHIFT & KIND_MASK;
	if (!(state & IS_COMPACT) || (kind != 1 && kind != 2 && kind != 4) || length > LONGEST_TEXT)
		return NULL;
	address = object + (state & IS_ASCII ? b->objects.ascii_data : b->objects.compact_data);
	if (!m->read(m->ctx, address, characters, length * kind) || !is_alive(m, object))
		return NULL;
	for (uint64_t i = 0; i < length; i++) {
		uint32_t c = character(characters + i * kind, kind);

		utf8_add(c < 0x110000 && (c < 0xd800 || c >= 0xe000) ? c : NO_CHARACTER, &text);
	}
	utf8 = xstrdup(buf_str(&text));
	buf_free(&text);
	return utf8;
}

/* The contents of a bytes object. */
static bool read_bytes(const struct python_build *b, const struct process_memory *m, uint64_t address,
		       struct python_code *out)
{
	uint64_t length;

	if (!read_u64(m, address + b->objects.bytes_length, &length) || length > LONGEST_LINES)
		return false;
	out->lines = xmalloc(MAX_OF(length, UINT64_C(1)));
	out->lines_len = (uint32_t)length;
	return m->read(m->ctx, address + b->objects.bytes_data, out->lines, length) && is_alive(m, address);
}

bool python_code_read(const struct python_build *b, uint64_t bias, const struct process_memory *m, uint64_t address,
		      uint32_t check, struct python_code *out)
{
	const struct python_objects *o = &b->objects;
	uint64_t type, filename, name, called, lines;

	*out = (struct python_code){0};
	if (!read_u64(m, address + o->type, &type) || type != b->code_type + bias ||
	    !read_u64(m, address + o->filename, &filename) || !read_u64(m, address + o->name, &name) ||
	    !m->read(m->ctx, address + o->first_line, &out->first_line, sizeof(out->first_line)) ||
	    !read_u64(m, address + o->lines, &lines) || check != python_check(filename, name, out->first_line))
		return false;
	called = name;
	if (o->qualname && !read_u64(m, address + o->qualname, &called))
		return false;
	out->function = read_text(b, m, called);
	out->file = read_text(b, m, filename);
	if (out->function && out->file && read_bytes(b, m, lines, out) && is_alive(m, address))
		return true;
	python_code_free(out);
	return false;
}

void python_code_free(struct python_code *code)
{
	free(code->function);
	free(code->file);
	free(code->lines);
	*code = (struct python_code){0};
}

/* ---- lines ---- */

/* co_lnotab: pairs {bytes, lines}; the line changes after the bytes. */
static uint32_t line_by_notab(const struct python_code *c, uint32_t place)
{
	int64_t line = c->first_line;
	uint64_t at = 0;

	for (uint32_t i = 0; i + 1 < c->lines_len; i += 2) {
		at += c->lines[i];
		if (at > place)
			break;
		line += (int8_t)c->lines[i + 1];
	}
	return line > 0 ? (uint32_t)line : 0;
}

/* 3.10's co_linetable: pairs {bytes, lines}; the line changes before the bytes. -128: these have none. */
static uint32_t line_by_ranges(const struct python_code *c, uint32_t place)
{
	int64_t line = c->first_line;
	uint64_t end = 0;

	for (uint32_t i = 0; i + 1 < c->lines_len; i += 2) {
		int8_t change = (int8_t)c->lines[i + 1];

		if (change != -128)
			line += change;
		end += c->lines[i];
		if (place < end)
			return change == -128 || line < 0 ? 0 : (uint32_t)line;
	}
	return 0;
}

struct table { const unsigned char *at, *end; };

/* Six bits a byte, the lowest first; bit 6: more follow. */
static uint64_t varint(struct table *t)
{
	uint64_t value = 0;

	for (unsigned shift = 0; t->at < t->end && shift < 60; shift += 6) {
		unsigned char byte = *t->at++;

		value |= (uint64_t)(byte & 63) << shift;
		if (!(byte & 64))
			break;
	}
	return value;
}

static int64_t signed_varint(struct table *t)
{
	uint64_t value = varint(t);

	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/*
 * From 3.11 on: entries whose first byte has bit 7 set, {1, kind:4, units - 1: 3}, then what the
 * kind has. A unit is two bytes of code.
 */
static uint32_t line_by_locations(const struct python_code *c, uint32_t place)
{
	enum { ONE_LINE = 10, NO_COLUMNS = 13, LONG = 14, NONE = 15 };
	struct table t = {c->lines, c->lines + c->lines_len};
	int64_t line = c->first_line;
	uint64_t end = 0;

	while (t.at < t.end) {
		unsigned first = *t.at++, kind = first >> 3 & 15;

		if (!(first & 128))
			continue; /* what the entry before it has more */
		if (kind == NO_COLUMNS || kind == LONG)
			line += signed_varint(&t);
		else if (kind >= ONE_LINE && kind < NO_COLUMNS)
			line += kind - ONE_LINE;
		end += ((first & 7) + 1) * 2;
		if (line < 0 || line > UINT32_MAX)
			return 0;
		if (place < end)
			return kind == NONE ? 0 : (uint32_t)line;
	}
	return 0;
}

uint32_t python_code_line(const struct python_build *b, const struct python_code *code, uint32_t place)
{
	if (place == PYTHON_PLACE_UNKNOWN)
		return 0;
	if (b->minor >= 11)
		return line_by_locations(code, place);
	return b->minor == 10 ? line_by_ranges(code, place) : line_by_notab(code, place);
}
