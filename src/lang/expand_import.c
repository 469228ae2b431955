/*
 * expand_import.c - import "path": what a file or the files of a folder hold, in place of it.
 *
 *     import "lib.bt"       probes, macros, functions, maps, C definitions
 *     import "types.h"      as #include "types.h"
 *     import "folder"       every .bt and .h in it, not in folders below
 *
 * A path is looked for beside the file that names it, then beside the script. What was read is
 * not read again. An imported file has no config block: that is the script's.
 */
#include "lang/expand_int.h"
#include "lang/files.h"
#include "lang/parse.h"

#include <stdlib.h>

enum { MAX_DEPTH = 32 };

static void import_path(struct expander *e, const struct node *n, const char *path, node_list *out);

static bool ends_in(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n > k && str_eq(s + n - k, suffix);
}

static void splice(struct expander *e, const node_list *from, node_list *out)
{
	vec_each(it, from) {
		struct node *n = *it;

		if (n->kind == NODE_CONFIG)
			expand_complain(e, IMPORT, n->span, "only the script itself has a config block");
		else if (n->kind == NODE_IMPORT)
			import_path(e, n, n->text.data, out);
		else
			avec_push(e->arena, out, n);
	}
}

static void import_script(struct expander *e, const struct node *n, const char *path, node_list *out)
{
	struct files *files = e->script->files;
	struct source *source;
	struct text text;
	const char *why = NULL;

	if (!files->read(files, path, &text, &why)) {
		expand_complain(e, IMPORT, n->span, "'%s' cannot be read: %s", path, why);
		return;
	}
	source = source_add(e->diags->sources, path, text.data, text.len);
	if (!source) {
		expand_complain(e, IMPORT, n->span, "'%s' is too large", path);
		return;
	}
	if (e->importing == MAX_DEPTH) {
		expand_complain(e, TOO_DEEP, n->span, "imports are nested more than %d levels deep", MAX_DEPTH);
		return;
	}
	e->importing++;
	splice(e, &parse_library(e->arena, e->diags, source, files)->list, out);
	e->importing--;
}

static void import_header(struct expander *e, const struct node *n, const char *path, node_list *out)
{
	struct node *include = node_new(e->arena, NODE_C_INCLUDE, n->span);

	include->text = (struct text){path, strlen(path)};
	include->flags |= NODE_EXPANDED; /* the path is complete */
	avec_push(e->arena, out, include);
}

static void import_file(struct expander *e, const struct node *n, const char *path, node_list *out)
{
	if (ends_in(path, ".h"))
		import_header(e, n, path, out);
	else if (ends_in(path, ".bpf.c"))
		expand_complain(e, NOT_SUPPORTED, n->span, "importing BPF programs written in C is not supported");
	else if (ends_in(path, ".bt"))
		import_script(e, n, path, out);
	else
		expand_complain(e, IMPORT, n->span,
				"'%s': scripts (.bt), headers (.h) and folders of them are imported",
				path);
}

static void import_folder(struct expander *e, const struct node *n, const char *path, node_list *out)
{
	struct files *files = e->script->files;
	file_names names = {0};
	const char *why = NULL, *id;
	bool again;

	if (!files->list(files, path, &names, &why)) {
		expand_complain(e, IMPORT, n->span, "'%s' cannot be read: %s", path, why);
		return;
	}
	vec_each(it, &names) {
		const char *file = arena_printf(e->arena, "%s/%s", path, *it);

		if (!ends_in(file, ".bt") && !ends_in(file, ".h"))
			continue;
		if (files->look(files, file, &id, &why) != FILE_REGULAR)
			continue;
		again = false;
		if (!ends_in(file, ".h") && !headers_file(&e->headers, n->span, id, &again))
			return; /* headers are counted as they are included */
		if (!again)
			import_file(e, n, file, out);
	}
}

static void import_path(struct expander *e, const struct node *n, const char *path, node_list *out)
{
	struct files *files = e->script->files;
	const char *first = headers_path(&e->headers, n->span, path), *why = NULL, *id;
	const char *root = headers_path(&e->headers, e->script->root->span, path);
	enum file_kind kind;
	bool again;

	if (!files || strlen(path) != n->text.len || !*path) {
		expand_complain(e, IMPORT, n->span, files ? "this is no path" : "files cannot be imported here");
		return;
	}
	kind = files->look(files, first, &id, &why);
	if (kind == FILE_NONE && !str_eq(root, first)) {
		const char *other = NULL;

		kind = files->look(files, root, &id, &other);
		first = kind == FILE_NONE ? first : root;
	}
	if (kind == FILE_NONE) {
		expand_complain(e, IMPORT, n->span, "'%s' cannot be imported: %s", first, why);
		return;
	}
	if (!ends_in(first, ".h") && (!headers_file(&e->headers, n->span, id, &again) || again))
		return;
	if (kind == FILE_FOLDER)
		import_folder(e, n, first, out);
	else
		import_file(e, n, first, out);
}

void expand_imports(struct expander *e)
{
	node_list all = e->script->root->list, *out = &e->script->root->list;
	bool any = false;

	vec_each(it, &all)
		any |= (*it)->kind == NODE_IMPORT;
	if (!any)
		return;
	*out = (node_list){0};
	vec_each(it, &all) {
		if ((*it)->kind == NODE_IMPORT)
			import_path(e, *it, (*it)->text.data, out);
		else
			avec_push(e->arena, out, *it);
	}
}
