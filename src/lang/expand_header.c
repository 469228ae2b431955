/* expand_header.c - #include: C definitions and macros of headers; header.c reads them. */
#include "lang/expand_int.h"
#include "lang/parse.h"

/* Of the machine's headers nobody here has to mend anything: nothing is said about them. */
static void add_definitions(struct headers *h, const struct source *expanded, bool system)
{
	struct expander *e = h->ctx;

	avec_push(e->arena, &e->script->headers, parse_header(e->arena, system ? NULL : e->diags, expanded));
}

void expand_headers(struct expander *e)
{
	struct files *files = e->script->files;
	struct headers *h = &e->headers;

	h->ctx = e;
	h->define = add_definitions;
	for (unsigned i = 0; files && i < files->nheaders; i++)
		headers_include_file(h, files->headers[i], (struct span){0});
	vec_each(it, &e->script->root->list) {
		const struct node *n = *it;

		if (n->kind == NODE_C_DEFINE)
			cpp_define_node(&h->cpp, n);
		else if (n->kind == NODE_C_INCLUDE && n->flags & NODE_EXPANDED)
			headers_include_file(h, n->text.data, n->span);
		else if (n->kind == NODE_C_INCLUDE)
			headers_include(h, n->text.data, n->flags & NODE_SYSTEM, n->span);
	}
	headers_finish(h);
}

/* A macro of a header as a #define of the script, made when it is used. */
struct define *expand_header_macro(struct expander *e, const char *name)
{
	const struct cpp_macro *m = hmap_gets(&e->headers.cpp.macros, name);
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
