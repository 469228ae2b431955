/* dwarf_int.h - between the files of sym/dwarf*.c: sections, a checked cursor, forms. */
#ifndef SONDE_SYM_DWARF_INT_H
#define SONDE_SYM_DWARF_INT_H

#include "sym/dwarf.h"

enum dwarf_section_id {
	SECTION_INFO, SECTION_ABBREV, SECTION_STR, SECTION_LINE, SECTION_LINE_STR, SECTION_STR_OFFSETS,
	SECTION_ADDR, SECTION_COUNT,
};

struct dwarf_section {
	unsigned char *data;
	size_t size;
	bool tried;
};

struct abbrev_attribute {
	uint32_t name, form;
	int64_t constant; /* of DW_FORM_implicit_const */
};

struct abbrev {
	uint64_t code;
	uint32_t tag, first, count; /* attributes in abbrevs.attributes */
	bool children;
};

struct abbrevs { /* one table of .debug_abbrev */
	uint64_t offset;
	bool valid;
	VEC(struct abbrev) list;
	VEC(struct abbrev_attribute) attributes;
};

struct unit { /* one unit of .debug_info */
	uint64_t start, first, end; /* header, first entry, end: offsets in the section */
	uint64_t abbrevs;
	uint16_t version;
	uint8_t address_size, offset_size;
	uint64_t str_offsets_base, addr_base;
};

struct function_at {
	uint64_t address, offset;
};

struct dwarf {
	const struct elf_file *file;   /* where the sections are */
	struct elf_file *debug;        /* the same, when it is a debug file: owned */
	struct dwarf_section sections[SECTION_COUNT];
	struct abbrevs abbrevs;        /* of the unit asked last */
	VEC(struct unit) units;
	bool units_read, functions_read;
	VEC(struct function_at) functions; /* by address */
	uint64_t work_left;            /* attributes that may still be read */
};

/* A place in a section; once it runs over the end, `bad` stays set and all reads give 0. */
struct cursor {
	const unsigned char *data;
	size_t at, end;
	bool bad;
};

/* The section's bytes, read on first need; size 0: there is none (or it exceeds the limit). */
const struct dwarf_section *dwarf_section(struct dwarf *d, enum dwarf_section_id id);
struct cursor cursor_at(const struct dwarf_section *s, uint64_t at, uint64_t end);
uint64_t cursor_uint(struct cursor *c, unsigned bytes);
uint64_t cursor_uleb(struct cursor *c);
int64_t cursor_sleb(struct cursor *c);
const char *cursor_string(struct cursor *c);
void cursor_skip(struct cursor *c, uint64_t bytes);
/* A unit's length: 4 bytes, or 12 and then offsets have 8. */
uint64_t cursor_length(struct cursor *c, uint8_t *offset_size);
/* The string at an offset of a section, or NULL. */
const char *dwarf_string(struct dwarf *d, enum dwarf_section_id id, uint64_t offset);

enum value_kind { VALUE_NONE, VALUE_NUMBER, VALUE_STRING, VALUE_REFERENCE, VALUE_BLOCK };

struct value {
	enum value_kind kind;
	uint64_t number;    /* also signed ones; REFERENCE: offset in .debug_info; BLOCK: length */
	const char *string; /* STRING: may be NULL (not known) */
	const unsigned char *block;
};

/*
 * Takes n off the work that is left; false: there is none. Attributes need not have any bytes in the
 * file, so that its size alone bounds nothing.
 */
bool dwarf_work(struct dwarf *d, uint64_t n);
/* Reads an attribute of that form; `unit` gives sizes and bases. */
struct value dwarf_value(struct dwarf *d, const struct unit *unit, struct cursor *c, uint32_t form,
			 int64_t constant);

#endif
