/*
 * header.c - reading the headers that a script includes; see header.h.
 *
 * A system header that is not there costs a warning: kernel types come from BTF anyway, and
 * what is missing then is said where it is used.
 */
#include "lang/header.h"

#include <stdlib.h>

enum { MAX_DEPTH = 32 };

#define complain(h, id, span, ...) do { \
	if (!(h)->quiet) \
		diag_add((h)->diags, DIAG_##id, (span), __VA_ARGS__); \
} while (0)

static void include_inside(struct cpp *cpp, const char *name, bool system, struct span span)
{
	headers_include(cpp->ctx, name, system, span);
}

void headers_init(struct headers *h, struct arena *arena, struct diags *diags, struct files *files)
{
	*h = (struct headers){.arena = arena, .diags = diags, .files = files};
	cpp_init(&h->cpp, arena, diags);
	h->cpp.ctx = h;
	h->cpp.include = include_inside;
}

void headers_free(struct headers *h)
{
	cpp_free(&h->cpp);
	hmap_free(&h->seen);
}

bool headers_file(struct headers *h, struct span span, const char *id, bool *again)
{
	void **at = hmap_at(&h->seen, id, strlen(id));

	*again = *at != NULL;
	*at = h;
	if (*again || h->seen.entries.n <= HEADERS_MAX_FILES)
		return true;
	complain(h, IMPORT, span, "more than %d files are read", HEADERS_MAX_FILES);
	return false;
}

const char *headers_path(const struct headers *h, struct span span, const char *path)
{
	struct place place;
	const char *slash = source_place(h->diags->sources, span.off, &place) && place.source->name ?
			strrchr(place.source->name, '/') : NULL;

	if (path[0] == '/' || !slash)
		return path;
	return arena_printf(h->arena, "%.*s/%s", (int)(slash - place.source->name), place.source->name, path);
}

/* What a text holds besides macros. */
static void give(struct headers *h, const char *name, struct buf *text, bool system)
{
	struct source *source = h->define ? source_add(h->diags->sources, name, buf_str(text), text->len) : NULL;

	if (source)
		h->define(h, source, system);
}

/* ---- local headers ---- */

/* Within the bounds of headers, whatever bounds the text that includes them has. */
static void expand(struct headers *h, const struct source *source, struct buf *out)
{
	struct cpp *cpp = &h->cpp;
	struct diags *diags = cpp->diags;
	size_t left = cpp->limit - MIN_OF(cpp->produced, cpp->limit);

	cpp->limit = CPP_MAX_OUTPUT;
	if (h->quiet)
		cpp->diags = NULL;
	cpp_expand(cpp, source, out);
	cpp->diags = diags;
	cpp->limit = cpp->produced + left;
}

/* A text's name is its path, and its lines are the file's: expansion keeps them. */
static void read_header(struct headers *h, const char *path, struct span span)
{
	struct source *source;
	struct buf out = {0};
	struct text text;
	const char *why = NULL;

	if (!h->files->read(h->files, path, &text, &why)) {
		complain(h, IMPORT, span, "'%s' cannot be read: %s", path, why);
		return;
	}
	source = source_add(h->diags->sources, path, text.data, text.len);
	if (!source || memchr(text.data, '\0', text.len)) {
		complain(h, IMPORT, span, "'%s' is no header: it %s", path, source ? "holds NUL bytes" :
			 "is too large");
		return;
	}
	h->depth++;
	expand(h, source, &out);
	h->depth--;
	give(h, path, &out, false);
	buf_free(&out);
}

static const char *find_local(struct headers *h, const char *beside, const char *name, const char **id)
{
	struct files *files = h->files;
	const char *why;

	if (files->look(files, beside, id, &why) == FILE_REGULAR)
		return beside;
	for (unsigned i = 0; name[0] != '/' && i < files->nfolders; i++) {
		const char *path = arena_printf(h->arena, "%s/%s", files->folders[i], name);

		if (files->look(files, path, id, &why) == FILE_REGULAR)
			return path;
	}
	return NULL;
}

static void want_system(struct headers *h, const char *name, struct span span)
{
	vec_each(it, &h->system)
		if (str_eq(it->name, name))
			return;
	avec_push(h->arena, &h->system, ((struct header_wanted){name, span}));
}

/* "name"; `path`: where it would be beside the text that names it. */
static void include_local(struct headers *h, const char *path, const char *name, struct span span)
{
	const char *id = NULL, *found = find_local(h, path, name, &id), *why = "there is no such file";
	bool again;

	if (!found && h->files->find_header(h->files, name)) {
		want_system(h, name, span);
		return;
	}
	if (!found) {
		h->files->look(h->files, path, &id, &why);
		complain(h, IMPORT, span, "'%s' cannot be included: %s", path, why);
		return;
	}
	if (h->depth == MAX_DEPTH) {
		complain(h, TOO_DEEP, span, "headers are nested more than %d levels deep", MAX_DEPTH);
		return;
	}
	if (headers_file(h, span, id, &again) && !again)
		read_header(h, found, span);
}

void headers_include(struct headers *h, const char *name, bool system, struct span span)
{
	if (!h->files)
		complain(h, IMPORT, span, "files cannot be included here");
	else if (system)
		want_system(h, name, span);
	else
		include_local(h, headers_path(h, span, name), name, span);
}

void headers_include_file(struct headers *h, const char *path, struct span span)
{
	include_local(h, path, path, span);
}

/* ---- the machine's headers ---- */

static void put_macro(const struct cpp_macro *m, struct buf *out)
{
	buf_printf(out, "#define %s", m->name);
	for (uint32_t i = 0; i < m->nparameters; i++)
		buf_printf(out, "%s%s", i ? ", " : "(", m->variadic && i + 1 == m->nparameters ?
				"..." : m->parameters[i]);
	buf_printf(out, "%s %.*s\n", m->nparameters ? ")" : m->called ? "()" : "", (int)m->text.len, m->text.data);
}

/* The script's own #define lines go before the headers, as where they are written. */
static void put_input(struct headers *h, struct buf *out)
{
	vec_each(it, &h->cpp.own)
		if (hmap_gets(&h->cpp.macros, (*it)->name) == *it)
			put_macro(*it, out);
	vec_each(it, &h->system)
		buf_printf(out, "#include <%s>\n", it->name);
}

static void missing(struct headers *h, const struct header_wanted *w, const char *why)
{
	complain(h, HEADER_MISSING, w->span, "<%s> is not read: %s", w->name, why);
	if (!h->quiet)
		diag_hint(h->diags, "types of the kernel come from BTF and need no header");
}

/* Drops what is not on this machine from the list. */
static void drop_missing(struct headers *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->system.n; i++) {
		const struct header_wanted *w = &h->system.v[i];

		if (strpbrk(w->name, "<>\"\n\\") || !h->files->find_header(h->files, w->name))
			missing(h, w, "there is no such header on this machine");
		else
			h->system.v[kept++] = *w;
	}
	h->system.n = kept;
}

/* The preprocessor's output: its #define lines to the macros, the rest to whoever wants it. */
static void read_output(struct headers *h, struct text text)
{
	struct source *source = source_add(h->diags->sources, "system headers", text.data, text.len);
	struct diags *diags = h->cpp.diags;
	struct buf definitions = {0};

	if (!source)
		return;
	h->cpp.expanded = true;
	h->cpp.diags = NULL;
	expand(h, source, &definitions);
	h->cpp.expanded = false;
	h->cpp.diags = diags;
	give(h, "system headers", &definitions, true);
	buf_free(&definitions);
}

void headers_finish(struct headers *h)
{
	struct buf in = {0};
	struct text out;
	const char *why = NULL;

	drop_missing(h);
	if (!h->system.n)
		return;
	put_input(h, &in);
	if (h->files->preprocess(h->files, (struct text){buf_str(&in), in.len}, &out, &why))
		read_output(h, out);
	else
		vec_each(it, &h->system)
			missing(h, it, why);
	h->system.n = 0;
	buf_free(&in);
}
