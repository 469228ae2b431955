/*
 * dwarf.c - see dwarf.h: sections in memory, the cursor over them, and the values of attributes
 * (DWARF 5, chapter 7.5: forms).
 */
#include "sym/dwarf_int.h"
#include "sym/elf_debug.h"
#include "sym/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

/* What one file may cost. The debugging information of large programs is below that. */
#define SECTION_LIMIT (UINT64_C(512) << 20)
#define WORK_BASE (UINT64_C(1) << 24)
#define WORK_LIMIT (UINT64_C(1) << 30) /* some seconds */
enum { WORK_PER_BYTE = 64 };
enum { INDIRECT_LIMIT = 4 };
enum { COMPRESS_ZSTD = 2 }; /* ELFCOMPRESS_ZSTD, of newer headers */

static const char *const section_names[SECTION_COUNT] = {
	".debug_info", ".debug_abbrev", ".debug_str", ".debug_line", ".debug_line_str",
	".debug_str_offsets", ".debug_addr",
};

/* ---- sections ---- */

/* `raw` is Elf64_Chdr and the compressed bytes (gABI, section compression). */
static bool inflate_section(const unsigned char *raw, size_t raw_size, struct dwarf_section *out)
{
	Elf64_Chdr h;
	uLongf size;

	if (raw_size < sizeof(h))
		return false;
	memcpy(&h, raw, sizeof(h));
	/* Nothing compresses by more than about a thousand: a larger claim is not believed. */
	if (h.ch_size > SECTION_LIMIT || !h.ch_size || h.ch_size / 1100 > raw_size)
		return false;
	out->data = xmalloc(h.ch_size);
	out->size = size = h.ch_size;
	raw += sizeof(h);
	raw_size -= sizeof(h);
	if (h.ch_type == ELFCOMPRESS_ZLIB && uncompress(out->data, &size, raw, raw_size) == Z_OK &&
	    size == out->size)
		return true;
	if (h.ch_type == COMPRESS_ZSTD && ZSTD_decompress(out->data, out->size, raw, raw_size) == out->size)
		return true;
	free(out->data);
	*out = (struct dwarf_section){.tried = true};
	return false;
}

static void section_read(const struct elf_file *f, const char *name, struct dwarf_section *out)
{
	const struct elf_section *s = elf_file_section(f, name);
	unsigned char *raw;

	if (!s || s->type == SHT_NOBITS || !s->size || s->size > SECTION_LIMIT)
		return;
	raw = xmalloc(s->size);
	if (!elf_file_read(f, s->offset, raw, s->size)) {
		free(raw);
	} else if (s->flags & SHF_COMPRESSED) {
		if (f->is64)
			inflate_section(raw, s->size, out);
		free(raw);
	} else {
		out->data = raw;
		out->size = s->size;
	}
}

const struct dwarf_section *dwarf_section(struct dwarf *d, enum dwarf_section_id id)
{
	struct dwarf_section *s = &d->sections[id];

	if (!s->tried) {
		section_read(d->file, section_names[id], s);
		s->tried = true;
	}
	return s;
}

static bool has_debug(const struct elf_file *f)
{
	const struct elf_section *line = elf_file_section(f, ".debug_line");
	const struct elf_section *info = elf_file_section(f, ".debug_info");

	return (line && line->type != SHT_NOBITS && line->size) ||
	       (info && info->type != SHT_NOBITS && info->size);
}

int dwarf_open(struct dwarf **out, const struct elf_syms *es, const struct elf_places *places,
	       struct buf *why)
{
	const struct elf_file *file = elf_syms_file(es);
	struct elf_file *debug = NULL;
	struct dwarf *d;

	if (!has_debug(file)) {
		debug = elf_debug_open(file, places);
		if (!debug || !has_debug(debug)) {
			elf_file_free(debug);
			buf_printf(why, "%s has no debugging information", file->name);
			return -ENOENT;
		}
	}
	d = xcalloc(1, sizeof(*d));
	d->debug = debug;
	d->file = debug ? debug : file;
	d->work_left = MIN_OF(WORK_BASE + d->file->size * WORK_PER_BYTE, WORK_LIMIT);
	*out = d;
	return 0;
}

void dwarf_free(struct dwarf *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < SECTION_COUNT; i++)
		free(d->sections[i].data);
	vec_free(&d->abbrevs.list);
	vec_free(&d->abbrevs.attributes);
	vec_free(&d->units);
	vec_free(&d->functions);
	elf_file_free(d->debug);
	free(d);
}

/* ---- the cursor ---- */

struct cursor cursor_at(const struct dwarf_section *s, uint64_t at, uint64_t end)
{
	if (end > s->size || at > end)
		return (struct cursor){.bad = true};
	return (struct cursor){s->data, at, end, false};
}

static bool room(struct cursor *c, uint64_t bytes)
{
	if (!c->bad && bytes <= c->end - c->at)
		return true;
	c->bad = true;
	return false;
}

void cursor_skip(struct cursor *c, uint64_t bytes)
{
	if (room(c, bytes))
		c->at += bytes;
}

uint64_t cursor_uint(struct cursor *c, unsigned bytes)
{
	uint64_t v = 0;

	BUG_ON(bytes > 8);
	if (!room(c, bytes))
		return 0;
	for (unsigned i = 0; i < bytes; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		v |= (uint64_t)c->data[c->at + i] << (8 * i);
#else
		v = v << 8 | c->data[c->at + i];
#endif
	c->at += bytes;
	return v;
}

uint64_t cursor_uleb(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		if (!room(c, 1))
			return 0;
		unsigned char byte = c->data[c->at++];
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
}

int64_t cursor_sleb(struct cursor *c)
{
	uint64_t v = 0;
	unsigned shift = 0;
	unsigned char byte;

	do {
		if (!room(c, 1))
			return 0;
		byte = c->data[c->at++];
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && byte & 0x40)
		v |= ~UINT64_C(0) << shift;
	return (int64_t)v;
}

const char *cursor_string(struct cursor *c)
{
	const unsigned char *start, *nul;

	if (!room(c, 1))
		return NULL;
	start = c->data + c->at;
	nul = memchr(start, 0, c->end - c->at);
	if (!nul) {
		c->bad = true;
		return NULL;
	}
	c->at += nul - start + 1;
	return (const char *)start;
}

uint64_t cursor_length(struct cursor *c, uint8_t *offset_size)
{
	uint64_t length = cursor_uint(c, 4);

	*offset_size = length == 0xffffffff ? 8 : 4;
	if (length == 0xffffffff)
		length = cursor_uint(c, 8);
	else if (length >= 0xfffffff0)
		c->bad = true;
	return length;
}

const char *dwarf_string(struct dwarf *d, enum dwarf_section_id id, uint64_t offset)
{
	const struct dwarf_section *s = dwarf_section(d, id);
	struct cursor c = cursor_at(s, offset, s->size);

	return cursor_string(&c);
}

/* ---- forms ---- */

/* Names of forms as numbers of the standard, with what is read for them. */
enum {
	FORM_ADDR = 0x01, FORM_BLOCK2 = 0x03, FORM_BLOCK4 = 0x04, FORM_DATA2 = 0x05, FORM_DATA4 = 0x06,
	FORM_DATA8 = 0x07, FORM_STRING = 0x08, FORM_BLOCK = 0x09, FORM_BLOCK1 = 0x0a, FORM_DATA1 = 0x0b,
	FORM_FLAG = 0x0c, FORM_SDATA = 0x0d, FORM_STRP = 0x0e, FORM_UDATA = 0x0f, FORM_REF_ADDR = 0x10,
	FORM_REF1 = 0x11, FORM_REF2 = 0x12, FORM_REF4 = 0x13, FORM_REF8 = 0x14, FORM_REF_UDATA = 0x15,
	FORM_INDIRECT = 0x16, FORM_SEC_OFFSET = 0x17, FORM_EXPRLOC = 0x18, FORM_FLAG_PRESENT = 0x19,
	FORM_STRX = 0x1a, FORM_ADDRX = 0x1b, FORM_REF_SUP4 = 0x1c, FORM_STRP_SUP = 0x1d, FORM_DATA16 = 0x1e,
	FORM_LINE_STRP = 0x1f, FORM_REF_SIG8 = 0x20, FORM_IMPLICIT_CONST = 0x21, FORM_LOCLISTX = 0x22,
	FORM_RNGLISTX = 0x23, FORM_REF_SUP8 = 0x24, FORM_STRX1 = 0x25, FORM_STRX2 = 0x26, FORM_STRX3 = 0x27,
	FORM_STRX4 = 0x28, FORM_ADDRX1 = 0x29, FORM_ADDRX2 = 0x2a, FORM_ADDRX3 = 0x2b, FORM_ADDRX4 = 0x2c,
	FORM_GNU_ADDR_INDEX = 0x1f01, FORM_GNU_STR_INDEX = 0x1f02, FORM_GNU_REF_ALT = 0x1f20,
	FORM_GNU_STRP_ALT = 0x1f21,
};

static struct value number(uint64_t v)
{
	return (struct value){.kind = VALUE_NUMBER, .number = v};
}

static struct value text(const char *s)
{
	return (struct value){.kind = VALUE_STRING, .string = s};
}

static struct value block(struct cursor *c, uint64_t length)
{
	struct value v = {.kind = VALUE_BLOCK, .number = length, .block = c->data + c->at};

	cursor_skip(c, length);
	return c->bad ? (struct value){0} : v;
}

/* A reference within the unit. */
static struct value reference(const struct unit *unit, uint64_t offset)
{
	if (offset >= unit->end - unit->start)
		return (struct value){0};
	return (struct value){.kind = VALUE_REFERENCE, .number = unit->start + offset};
}

static struct value indexed_string(struct dwarf *d, const struct unit *unit, uint64_t index)
{
	const struct dwarf_section *s = dwarf_section(d, SECTION_STR_OFFSETS);
	struct cursor c;

	if (index > s->size)
		return text(NULL);
	c = cursor_at(s, unit->str_offsets_base + index * unit->offset_size, s->size);
	uint64_t offset = cursor_uint(&c, unit->offset_size);
	return text(c.bad ? NULL : dwarf_string(d, SECTION_STR, offset));
}

static struct value indexed_address(struct dwarf *d, const struct unit *unit, uint64_t index)
{
	const struct dwarf_section *s = dwarf_section(d, SECTION_ADDR);
	struct cursor c;

	if (index > s->size)
		return (struct value){0};
	c = cursor_at(s, unit->addr_base + index * unit->address_size, s->size);
	uint64_t address = cursor_uint(&c, unit->address_size);
	return c.bad ? (struct value){0} : number(address);
}

/* Forms of a fixed or self-described size whose value nobody asks for, or a plain number. */
static struct value plain_value(const struct unit *unit, struct cursor *c, uint32_t form, int64_t constant)
{
	switch (form) {
	case FORM_ADDR: return number(cursor_uint(c, unit->address_size));
	case FORM_DATA1: case FORM_FLAG: return number(cursor_uint(c, 1));
	case FORM_DATA2: return number(cursor_uint(c, 2));
	case FORM_DATA4: return number(cursor_uint(c, 4));
	case FORM_DATA8: return number(cursor_uint(c, 8));
	case FORM_SDATA: return number((uint64_t)cursor_sleb(c));
	case FORM_UDATA: case FORM_LOCLISTX: case FORM_RNGLISTX: return number(cursor_uleb(c));
	case FORM_SEC_OFFSET: return number(cursor_uint(c, unit->offset_size));
	case FORM_FLAG_PRESENT: return number(1);
	case FORM_IMPLICIT_CONST: return number((uint64_t)constant);
	case FORM_BLOCK1: return block(c, cursor_uint(c, 1));
	case FORM_BLOCK2: return block(c, cursor_uint(c, 2));
	case FORM_BLOCK4: return block(c, cursor_uint(c, 4));
	case FORM_BLOCK: case FORM_EXPRLOC: return block(c, cursor_uleb(c));
	case FORM_DATA16: return block(c, 16);
	case FORM_REF_SIG8: case FORM_REF_SUP8: cursor_skip(c, 8); break;
	case FORM_REF_SUP4: cursor_skip(c, 4); break;
	case FORM_GNU_REF_ALT: cursor_skip(c, unit->offset_size); break;
	default: c->bad = true; /* its size is not known: what follows cannot be read */
	}
	return (struct value){0};
}

bool dwarf_work(struct dwarf *d, uint64_t n)
{
	d->work_left -= MIN_OF(n, d->work_left);
	return d->work_left;
}

struct value dwarf_value(struct dwarf *d, const struct unit *unit, struct cursor *c, uint32_t form,
			 int64_t constant)
{
	if (!dwarf_work(d, 1)) {
		c->bad = true;
		return (struct value){0};
	}
	for (unsigned i = 0; form == FORM_INDIRECT; i++) {
		form = cursor_uleb(c);
		if (i >= INDIRECT_LIMIT)
			c->bad = true;
		if (c->bad)
			return (struct value){0};
	}
	switch (form) {
	case FORM_STRING: return text(cursor_string(c));
	case FORM_STRP: return text(dwarf_string(d, SECTION_STR, cursor_uint(c, unit->offset_size)));
	case FORM_LINE_STRP: return text(dwarf_string(d, SECTION_LINE_STR, cursor_uint(c, unit->offset_size)));
	case FORM_STRP_SUP: case FORM_GNU_STRP_ALT:
		cursor_skip(c, unit->offset_size);
		return text(NULL);
	case FORM_STRX: case FORM_GNU_STR_INDEX: return indexed_string(d, unit, cursor_uleb(c));
	case FORM_STRX1: case FORM_STRX2: case FORM_STRX3: case FORM_STRX4:
		return indexed_string(d, unit, cursor_uint(c, form - FORM_STRX1 + 1));
	case FORM_ADDRX: case FORM_GNU_ADDR_INDEX: return indexed_address(d, unit, cursor_uleb(c));
	case FORM_ADDRX1: case FORM_ADDRX2: case FORM_ADDRX3: case FORM_ADDRX4:
		return indexed_address(d, unit, cursor_uint(c, form - FORM_ADDRX1 + 1));
	case FORM_REF1: return reference(unit, cursor_uint(c, 1));
	case FORM_REF2: return reference(unit, cursor_uint(c, 2));
	case FORM_REF4: return reference(unit, cursor_uint(c, 4));
	case FORM_REF8: return reference(unit, cursor_uint(c, 8));
	case FORM_REF_UDATA: return reference(unit, cursor_uleb(c));
	case FORM_REF_ADDR: /* version 2: as wide as an address */
		return (struct value){.kind = VALUE_REFERENCE, .number = cursor_uint(c, unit->version <= 2 ?
			unit->address_size : unit->offset_size)};
	default:
		return plain_value(unit, c, form, constant);
	}
}
