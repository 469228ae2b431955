/*
 * dwarf_line.c - dwarf_lines(): the line-number programs of .debug_line (DWARF 5, chapter 6.2).
 *
 *   header: lengths, opcode table, directories, file names | opcodes ... | next header ...
 *
 * Each program is a small machine that walks addresses and lines upward and emits rows; which
 * files of its table are wanted is settled once a program, so rows of others cost little.
 */
#include "sym/dwarf_int.h"

#include <errno.h>
#include <stdlib.h>

enum { FILES_LIMIT = 1 << 20, FORMATS_LIMIT = 32, OPERANDS_LIMIT = 255 };
enum { /* standard opcodes */
	LNS_COPY = 1, LNS_ADVANCE_PC, LNS_ADVANCE_LINE, LNS_SET_FILE, LNS_SET_COLUMN, LNS_NEGATE_STMT,
	LNS_BASIC_BLOCK, LNS_CONST_ADD_PC, LNS_FIXED_ADVANCE_PC,
};
enum { LNE_END_SEQUENCE = 1, LNE_SET_ADDRESS, LNE_DEFINE_FILE };
enum { LNCT_PATH = 1, LNCT_DIRECTORY = 2 };

struct line_file {
	const char *name;
	uint64_t directory;
};

struct program {
	struct dwarf *d;
	struct unit unit;      /* version and sizes, for forms */
	uint8_t min_instruction, line_range, opcode_base;
	int8_t line_base;
	bool default_stmt;
	uint8_t operands[OPERANDS_LIMIT]; /* of standard opcodes */
	VEC(const char *) directories;
	VEC(struct line_file) files;
	VEC(char *) paths;     /* of wanted files, NULL for others; as files */
};

struct machine {
	uint64_t address, file, line, column;
	bool stmt;
};

/* ---- the header ---- */

/* Version 2 to 4: strings up to an empty one; files with three numbers behind. */
static void old_tables(struct program *p, struct cursor *c)
{
	const char *name;

	vec_push(&p->directories, NULL); /* 0: where it was compiled */
	while ((name = cursor_string(c)) && *name && p->directories.n < FILES_LIMIT)
		vec_push(&p->directories, name);
	vec_push(&p->files, ((struct line_file){0})); /* counted from 1 */
	while ((name = cursor_string(c)) && *name && p->files.n < FILES_LIMIT) {
		struct line_file file = {.name = name, .directory = cursor_uleb(c)};

		cursor_uleb(c); /* time */
		cursor_uleb(c); /* size */
		vec_push(&p->files, file);
	}
}

/* Version 5: a table that says of what its rows are made. False: damaged. */
static bool new_table(struct program *p, struct cursor *c, bool directories)
{
	struct { uint64_t content, form; } formats[FORMATS_LIMIT];
	unsigned nformats = cursor_uint(c, 1);
	uint64_t rows;

	if (nformats > FORMATS_LIMIT)
		return false;
	for (unsigned i = 0; i < nformats; i++) {
		formats[i].content = cursor_uleb(c);
		formats[i].form = cursor_uleb(c);
	}
	rows = cursor_uleb(c);
	if (c->bad || rows > FILES_LIMIT || (rows && !nformats))
		return false;
	for (uint64_t row = 0; row < rows && !c->bad; row++) {
		struct line_file file = {0};

		for (unsigned i = 0; i < nformats; i++) {
			struct value v = dwarf_value(p->d, &p->unit, c, formats[i].form, 0);

			if (formats[i].content == LNCT_PATH)
				file.name = v.string;
			else if (formats[i].content == LNCT_DIRECTORY)
				file.directory = v.number;
		}
		if (directories)
			vec_push(&p->directories, file.name);
		else
			vec_push(&p->files, file);
	}
	return !c->bad;
}

/* Fills p; *at becomes where the opcodes start. False: a version we do not know, or damaged. */
static bool read_header(struct program *p, struct cursor *c)
{
	uint64_t header_length, opcodes;

	p->unit.version = cursor_uint(c, 2);
	if (p->unit.version < 2 || p->unit.version > 5)
		return false;
	p->unit.address_size = sizeof(uint64_t);
	if (p->unit.version == 5) {
		p->unit.address_size = cursor_uint(c, 1);
		cursor_skip(c, 1); /* segment selector */
	}
	header_length = cursor_uint(c, p->unit.offset_size);
	opcodes = c->at + header_length;
	if (c->bad || header_length > c->end - c->at)
		return false;
	p->min_instruction = cursor_uint(c, 1);
	if (p->unit.version >= 4)
		cursor_skip(c, 1); /* operations an instruction: for machines with long ones */
	p->default_stmt = cursor_uint(c, 1);
	p->line_base = (int8_t)cursor_uint(c, 1);
	p->line_range = cursor_uint(c, 1);
	p->opcode_base = cursor_uint(c, 1);
	if (c->bad || !p->line_range || !p->opcode_base ||
	    (p->unit.address_size != 8 && p->unit.address_size != 4))
		return false;
	for (unsigned i = 1; i < p->opcode_base; i++)
		p->operands[i] = cursor_uint(c, 1);
	if (p->unit.version == 5) {
		if (!new_table(p, c, true) || !new_table(p, c, false))
			return false;
	} else {
		old_tables(p, c);
	}
	c->at = c->bad ? c->at : opcodes;
	return !c->bad;
}

/* Whether the path's last components are those of `wanted`. */
static bool ends_in(const char *path, const char *wanted)
{
	size_t n = strlen(path), w = strlen(wanted);

	return n >= w && str_eq(path + n - w, wanted) &&
	       (n == w || path[n - w - 1] == '/' || wanted[0] == '/');
}

static bool choose_files(struct program *p, const char *wanted)
{
	const char *base = strrchr(wanted, '/') ? strrchr(wanted, '/') + 1 : wanted;
	bool any = false;

	vec_each(file, &p->files) {
		const char *directory = file->directory < p->directories.n ?
			p->directories.v[file->directory] : NULL;
		char *path = NULL;

		if (file->name && ends_in(file->name, base)) {
			path = file->name[0] == '/' || !directory ? xstrdup(file->name) :
				xasprintf("%s/%s", directory, file->name);
			if (!ends_in(path, wanted)) {
				free(path);
				path = NULL;
			}
		}
		any |= path != NULL;
		vec_push(&p->paths, path);
	}
	return any;
}

/* ---- the machine ---- */

struct emitter {
	bool (*each)(void *arg, const struct dwarf_line *line);
	void *arg;
	bool stopped, dropped; /* dropped: the sequence is of code that is not there */
};

static void emit(struct program *p, struct emitter *e, const struct machine *m)
{
	const char *path = m->file < p->paths.n ? p->paths.v[m->file] : NULL;
	struct dwarf_line line = {m->address, path, m->line, m->column, m->stmt};

	if (path && !e->dropped && m->line <= UINT32_MAX)
		e->stopped = !e->each(e->arg, &line);
}

static void reset(struct program *p, struct emitter *e, struct machine *m)
{
	*m = (struct machine){.file = 1, .line = 1, .stmt = p->default_stmt};
	e->dropped = false;
}

static void extended(struct program *p, struct emitter *e, struct cursor *c, struct machine *m)
{
	uint64_t length = cursor_uleb(c), next;

	if (c->bad || !length || length > c->end - c->at) {
		c->bad = true;
		return;
	}
	next = c->at + length;
	switch (cursor_uint(c, 1)) {
	case LNE_END_SEQUENCE:
		reset(p, e, m);
		break;
	case LNE_SET_ADDRESS:
		m->address = cursor_uint(c, MIN_OF(length - 1, (uint64_t)8));
		/* linkers mark what they dropped by 0, 1 or -1 */
		e->dropped = m->address <= 1 || m->address == UINT64_MAX || m->address == UINT32_MAX;
		break;
	}
	c->at = c->bad ? c->at : next;
}

static void standard(struct program *p, struct emitter *e, struct cursor *c, struct machine *m,
		     uint8_t opcode)
{
	switch (opcode) {
	case LNS_COPY: emit(p, e, m); return;
	case LNS_ADVANCE_PC: m->address += cursor_uleb(c) * p->min_instruction; return;
	case LNS_ADVANCE_LINE: m->line += (uint64_t)cursor_sleb(c); return;
	case LNS_SET_FILE: m->file = cursor_uleb(c); return;
	case LNS_SET_COLUMN: m->column = cursor_uleb(c); return;
	case LNS_NEGATE_STMT: m->stmt = !m->stmt; return;
	case LNS_CONST_ADD_PC:
		m->address += (uint64_t)((255 - p->opcode_base) / p->line_range) * p->min_instruction;
		return;
	case LNS_FIXED_ADVANCE_PC: m->address += cursor_uint(c, 2); return;
	default: /* basic block, prologue and whatever is newer: operands are numbers */
		for (unsigned i = 0; i < p->operands[opcode]; i++)
			cursor_uleb(c);
	}
}

static void run(struct program *p, struct emitter *e, struct cursor *c)
{
	struct machine m;

	reset(p, e, &m);
	while (!c->bad && !e->stopped && c->at < c->end) {
		uint8_t opcode = cursor_uint(c, 1);

		if (!opcode) {
			extended(p, e, c, &m);
		} else if (opcode < p->opcode_base) {
			standard(p, e, c, &m, opcode);
		} else {
			unsigned special = opcode - p->opcode_base;

			m.address += (uint64_t)(special / p->line_range) * p->min_instruction;
			m.line += (uint64_t)(int64_t)(p->line_base + (int)(special % p->line_range));
			emit(p, e, &m);
		}
	}
}

static void program_free(struct program *p)
{
	vec_each(path, &p->paths)
		free(*path);
	vec_free(&p->paths);
	vec_free(&p->files);
	vec_free(&p->directories);
}

bool dwarf_lines(struct dwarf *d, const char *file, bool (*each)(void *arg, const struct dwarf_line *line),
		 void *arg, struct buf *why)
{
	const struct dwarf_section *s = dwarf_section(d, SECTION_LINE);
	struct emitter e = {.each = each, .arg = arg};

	if (!s->size) {
		buf_puts(why, "it has no line numbers");
		return false;
	}
	for (uint64_t at = 0; at < s->size && !e.stopped;) {
		struct program p = {.d = d};
		struct cursor c = cursor_at(s, at, s->size);
		uint64_t length = cursor_length(&c, &p.unit.offset_size);

		if (c.bad || length > s->size - c.at)
			break;
		at = c.at + length;
		c.end = at;
		if (read_header(&p, &c) && choose_files(&p, file))
			run(&p, &e, &c);
		program_free(&p);
	}
	return true;
}
