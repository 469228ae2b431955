/*
 * expand_header.c - #include: C definitions and macros of headers.
 *
 *     #include "mine.h"       read and expanded by us (cpp.c), beside the script or in -I folders
 *     #include <linux/x.h>    by the machine's C preprocessor, all of them in one go
 *
 * A system header that is not there costs a warning: kernel types come from BTF anyway, and
 * what is missing then is said where it is used.
 */
#include "lang/expand_int.h"
#include "lang/files.h"
#include "lang/parse.h"

#include <stdlib.h>

struct wanted { /* a system header */
	const char *name;
	struct span span;
};

struct headers {
	struct expander *e;
	VEC(struct wanted) system;
	unsigned depth;
};

enum { MAX_DEPTH = 32 };

static void want_system(struct headers *h, const char *name, struct span span)
{
	vec_each(it, &h->system)
		if (str_eq(it->name, name))
			return;
	avec_push(h->e->arena, &h->system, ((struct wanted){name, span}));
}

/* The definitions of one text; `diags` NULL: it is nobody's here, so nothing is said about it. */
static void add_definitions(struct expander *e, const char *name, struct buf *text, struct diags *diags)
{
	struct source *source = source_add(e->diags->sources, name, buf_str(text), text->len);

	if (source)
		avec_push(e->arena, &e->script->headers, parse_header(e->arena, diags, source));
}

/* A text's name is its path, and its lines are the file's: expansion keeps them. */
static void read_header(struct headers *h, const char *path, struct span span)
{
	struct expander *e = h->e;
	struct files *files = e->script->files;
	struct source *source;
	struct buf out = {0};
	struct text text;
	const char *why = NULL;

	if (!files->read(files, path, &text, &why)) {
		expand_complain(e, IMPORT, span, "'%s' cannot be read: %s", path, why);
		return;
	}
	source = source_add(e->diags->sources, path, text.data, text.len);
	if (!source || memchr(text.data, '\0', text.len)) {
		expand_complain(e, IMPORT, span, "'%s' is no header: it %s", path, source ?
				"holds NUL bytes" : "is too large");
		return;
	}
	h->depth++;
	cpp_expand(&e->cpp, source, &out);
	h->depth--;
	add_definitions(e, path, &out, e->diags);
	buf_free(&out);
}

static const char *find_local(struct headers *h, const char *beside, const char *name, const char **id)
{
	struct files *files = h->e->script->files;
	const char *why;

	if (files->look(files, beside, id, &why) == FILE_REGULAR)
		return beside;
	for (unsigned i = 0; name[0] != '/' && i < files->nfolders; i++) {
		const char *path = arena_printf(h->e->arena, "%s/%s", files->folders[i], name);

		if (files->look(files, path, id, &why) == FILE_REGULAR)
			return path;
	}
	return NULL;
}

/* "name", as written at span; `path`: where it would be beside the text that names it. */
static void include_local(struct headers *h, const char *path, const char *name, struct span span)
{
	struct expander *e = h->e;
	const char *id = NULL, *found = find_local(h, path, name, &id), *why = "there is no such file";
	bool again;

	if (!found && e->script->files->find_header(e->script->files, name)) {
		want_system(h, name, span);
		return;
	}
	if (!found) {
		e->script->files->look(e->script->files, path, &id, &why);
		expand_complain(e, IMPORT, span, "'%s' cannot be included: %s", path, why);
		return;
	}
	if (h->depth == MAX_DEPTH) {
		expand_complain(e, TOO_DEEP, span, "headers are nested more than %d levels deep", MAX_DEPTH);
		return;
	}
	if (expand_file(e, span, id, &again) && !again)
		read_header(h, found, span);
}

/* An #include inside of a header. */
static void include_inside(struct cpp *cpp, const struct source *source, const char *name, bool system,
			   struct span span)
{
	struct headers *h = cpp->ctx;

	(void)source;
	if (system)
		want_system(h, name, span);
	else
		include_local(h, expand_path(h->e, span, name), name, span);
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
	vec_each(it, &h->e->script->root->list) {
		const struct cpp_macro *m = (*it)->kind == NODE_C_DEFINE ?
				hmap_gets(&h->e->cpp.macros, (*it)->name) : NULL;

		if (m && m->script)
			put_macro(m, out);
	}
	vec_each(it, &h->system)
		buf_printf(out, "#include <%s>\n", it->name);
}

static void missing(struct expander *e, const struct wanted *w, const char *why)
{
	expand_complain(e, HEADER_MISSING, w->span, "<%s> is not read: %s", w->name, why);
	diag_hint(e->diags, "types of the kernel come from BTF and need no header");
}

/* Drops what is not on this machine from the list. */
static void drop_missing(struct headers *h)
{
	struct files *files = h->e->script->files;
	size_t kept = 0;

	for (size_t i = 0; i < h->system.n; i++) {
		const struct wanted *w = &h->system.v[i];

		if (strpbrk(w->name, "<>\"\n\\") || !files->find_header(files, w->name))
			missing(h->e, w, "there is no such header on this machine");
		else
			h->system.v[kept++] = *w;
	}
	h->system.n = kept;
}

static void read_system(struct headers *h)
{
	struct expander *e = h->e;
	struct files *files = e->script->files;
	struct buf in = {0}, definitions = {0};
	struct source *source;
	struct text out;
	const char *why = NULL;

	drop_missing(h);
	if (!h->system.n)
		return;
	put_input(h, &in);
	if (!files->preprocess(files, (struct text){buf_str(&in), in.len}, &out, &why)) {
		vec_each(it, &h->system)
			missing(e, it, why);
		buf_free(&in);
		return;
	}
	buf_free(&in);
	source = source_add(e->diags->sources, "system headers", out.data, out.len);
	if (!source)
		return;
	e->cpp.expanded = true;
	e->cpp.diags = NULL;
	cpp_expand(&e->cpp, source, &definitions);
	add_definitions(e, "system headers", &definitions, NULL);
	buf_free(&definitions);
}

/* ---- all of them ---- */

void expand_headers(struct expander *e)
{
	struct headers h = {.e = e};
	struct files *files = e->script->files;

	for (unsigned i = 0; files && i < files->nheaders; i++)
		include_local(&h, files->headers[i], files->headers[i], (struct span){0});
	e->cpp.ctx = &h;
	e->cpp.include = include_inside;
	vec_each(it, &e->script->root->list) {
		const struct node *n = *it;

		if (n->kind == NODE_C_DEFINE)
			cpp_define_node(&e->cpp, n);
		if (n->kind != NODE_C_INCLUDE)
			continue;
		if (!files)
			expand_complain(e, IMPORT, n->span, "files cannot be included here");
		else if (n->flags & NODE_SYSTEM)
			want_system(&h, n->text.data, n->span);
		else
			include_local(&h, n->flags & NODE_EXPANDED ? n->text.data : expand_path(e,
					n->span, n->text.data),
				      n->text.data, n->span);
	}
	if (h.system.n)
		read_system(&h);
}

/* A macro of a header as a #define of the script, made when it is used. */
struct define *expand_header_macro(struct expander *e, const char *name)
{
	const struct cpp_macro *m = hmap_gets(&e->cpp.macros, name);
	struct define *d;
	struct node *n;

	if (!m || m->script || m->variadic)
		return NULL;
	struct source source = {.name = "", .text = m->text.data, .len = m->text.len, .base = 1};

	n = node_new(e->arena, NODE_C_DEFINE, (struct span){0});
	n->name = m->name;
	n->text = m->text;
	n->flags |= NODE_HEADER | (m->called ? NODE_CALLED : 0);
	n->a = m->text.len ? parse_fragment(e->arena, &source, (struct span){1, m->text.len}) : NULL;
	for (uint32_t i = 0; i < m->nparameters; i++) {
		struct node *parameter = node_new(e->arena, NODE_IDENT, (struct span){0});

		parameter->name = m->parameters[i];
		avec_push(e->arena, &n->list, parameter);
	}
	d = arena_new_of(e->arena, struct define);
	*d = (struct define){n, true, NULL};
	hmap_puts(&e->defines, name, d);
	return d;
}
