/*
 * dwarf.h - debugging information of one ELF file: lines to addresses, functions to parameters,
 * types. DWARF versions 2 to 5 (dwarfstd.org), read by our own reader.
 *
 *   .debug_line   (file, line)  -->  addresses                     dwarf_lines()
 *   .debug_info   address       -->  function, its parameters      dwarf_function(), dwarf_children()
 *                 reference     -->  type, its members             dwarf_die_at()
 *
 * The sections come from the file or, where it has none, from its separate debug file. They are
 * copied into memory (decompressed where they are compressed) on first need, within
 * limits. Every offset, length and count is checked: damaged or hostile input ends a question
 * with "not found", or a walk early; it never reads outside of a section and never runs on forever.
 *
 * Not followed: split DWARF (.dwo), supplementary files of dwz (names and types there are unknown).
 */
#ifndef SONDE_SYM_DWARF_H
#define SONDE_SYM_DWARF_H

#include "sym/elf_syms.h"

struct dwarf;

/* `es` outlives it. 0, or -ENOENT with `why`: no debugging information. */
int dwarf_open(struct dwarf **out, const struct elf_syms *es, const struct elf_places *places,
	       struct buf *why);
void dwarf_free(struct dwarf *d); /* NULL is fine */

/* ---- lines ---- */

struct dwarf_line {
	uint64_t address;
	const char *file;      /* directory and name as recorded; valid during the call */
	uint32_t line, column;
	bool statement;        /* a recommended place to stop at */
};

/*
 * Every row of the line table that is of a file whose path ends in the components `file`, until
 * `each` returns false; rows of code that the linker dropped are left out. False: no lines.
 */
bool dwarf_lines(struct dwarf *d, const char *file, bool (*each)(void *arg, const struct dwarf_line *line),
		 void *arg, struct buf *why);

/* ---- entries of .debug_info ---- */

enum { /* tags */
	DWARF_ARRAY = 0x01, DWARF_CLASS = 0x02, DWARF_ENUMERATION = 0x04, DWARF_PARAMETER = 0x05,
	DWARF_MEMBER = 0x0d, DWARF_POINTER = 0x0f, DWARF_REFERENCE = 0x10, DWARF_COMPILE_UNIT = 0x11,
	DWARF_STRUCTURE = 0x13, DWARF_SUBROUTINE = 0x15, DWARF_TYPEDEF = 0x16, DWARF_UNION = 0x17,
	DWARF_INHERITANCE = 0x1c, DWARF_POINTER_TO_MEMBER = 0x1f, DWARF_SUBRANGE = 0x21, DWARF_BASE = 0x24,
	DWARF_CONST = 0x26, DWARF_ENUMERATOR = 0x28, DWARF_SUBPROGRAM = 0x2e, DWARF_VOLATILE = 0x35,
	DWARF_RESTRICT = 0x37, DWARF_UNSPECIFIED = 0x3b, DWARF_RVALUE_REFERENCE = 0x42, DWARF_ATOMIC = 0x47,
};

enum { /* encodings of base types */
	DWARF_BOOLEAN = 2, DWARF_COMPLEX_FLOAT = 3, DWARF_FLOAT = 4, DWARF_SIGNED = 5, DWARF_SIGNED_CHAR = 6,
	DWARF_UNSIGNED = 7, DWARF_UNSIGNED_CHAR = 8, DWARF_UTF = 0x10,
};

enum { DWARF_BY_REFERENCE = 4 }; /* DW_CC_pass_by_reference, of a class */

/* An entry with the attributes that anybody asks about; strings live as long as the dwarf. */
struct dwarf_die {
	uint64_t offset;        /* in .debug_info; what references hold. 0: none */
	uint64_t body;          /* behind its attributes: its first child, if it has children */
	uint64_t sibling;       /* 0: not told */
	uint32_t tag;
	bool children, declaration, artificial, has_low_pc, has_count, has_size;
	const char *name;       /* NULL: none */
	uint64_t type;          /* reference; 0: none (void) */
	uint64_t origin;        /* of DW_AT_abstract_origin or _specification; 0: none */
	uint64_t low_pc, size, count; /* size: bytes; count: elements of a subrange */
	uint64_t member_offset; /* bytes */
	uint64_t bit_size, bit_offset; /* of a bit field, from the start of the struct */
	bool has_bit_offset;
	uint32_t encoding, calling;
};

/* False: no entry there, or a damaged one. */
bool dwarf_die_at(struct dwarf *d, uint64_t offset, struct dwarf_die *out);
/* The children of an entry until `each` returns false. */
void dwarf_children(struct dwarf *d, const struct dwarf_die *die,
		    bool (*each)(void *arg, const struct dwarf_die *child), void *arg);
/* The out-of-line function that begins at an address (virtual, in the file). */
bool dwarf_function(struct dwarf *d, uint64_t address, struct dwarf_die *out);
/* Name and type of an entry, or those of what it is an instance of. */
void dwarf_inherit(struct dwarf *d, struct dwarf_die *die);

#endif
