/*
 * fuzz_cdefs.c - libFuzzer's entry into C definitions: our preprocessor, the parser of headers,
 * layouts and constants, and the expansion of macros and functions of a script.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc \
 *         src/base/[a-z]*.c src/lang/{ast,builtin,format,lex,literal,type}.c src/lang/parse*.c \
 *         src/lang/cpp*.c src/lang/ctype*.c src/lang/expand*.c \
 *         tests/fuzz/fuzz_cdefs.c -o fuzz_cdefs
 *     ./fuzz_cdefs -dict=tests/fuzz/parse.dict CORPUS tests/types tests/types/lib tests/err
 *
 * The text is taken as a header and as a script. Beside not crashing: what the preprocessor
 * gives has the lines of what it was given, every struct that is laid out has its members
 * within its size, and no expanded tree is deeper than AST_MAX_DEPTH.
 */
#include <stdlib.h>

#include "lang/cpp.h"
#include "lang/ctype_int.h"
#include "lang/expand.h"
#include "lang/parse.h"

static size_t lines_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void check_layout(const struct type *t)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];
		uint64_t end = f->bit_size ? ((uint64_t)f->offset * 8 + f->bit_offset + f->bit_size + 7) / 8
					   : (uint64_t)f->offset + f->type->size;

		if (end > t->size)
			BUG("member %s ends at %llu of %u bytes", f->name ? f->name : "?",
			    (unsigned long long)end, t->size);
	}
}

static void check_definitions(struct ctypes *c)
{
	for (size_t i = 0; i < c->tags.entries.n; i++) {
		struct ctype *t = c->tags.entries.v[i].value;

		if (!(t->node->flags & NODE_FORWARD) && ctypes_layout(c, t) && t->type->kind == TYPE_STRUCT)
			check_layout(t->type);
	}
	for (size_t i = 0; i < c->typedefs.entries.n; i++)
		ctypes_named(c, OP_NONE, ((const struct node *)c->typedefs.entries.v[i].value)->name);
	for (size_t i = 0; i < c->constants.entries.n; i++) {
		const struct cconstant *constant = c->constants.entries.v[i].value;
		const struct type *type;
		int64_t value;

		ctypes_constant(c, constant->setting->name, &value, &type);
	}
}

static void add_all(struct ctypes *c, const struct node *script)
{
	vec_each(it, &script->list)
		if ((*it)->kind == NODE_C_STRUCT || (*it)->kind == NODE_C_ENUM || (*it)->kind == NODE_C_TYPEDEF)
			ctypes_add(c, *it, false);
}

static void check_header(const char *text, size_t len)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct source *source = source_add(&sources, "fuzz.h", text, len), *plain;
	struct buf out = {0};
	struct types types;
	struct ctypes c;
	struct cpp cpp;

	cpp_init(&cpp, arena, &diags);
	cpp_expand(&cpp, source, &out);
	if (!cpp.full && lines_of(text, strlen(source->text)) != lines_of(out.data, out.len) &&
	    !memchr(text, '\0', len))
		BUG("%zu lines became %zu", lines_of(text, len), lines_of(out.data, out.len));
	plain = source_add(&sources, "fuzz.h", buf_str(&out), out.len);
	types_init(&types, arena);
	ctypes_init(&c, arena, &types, NULL, &diags);
	if (plain) {
		add_all(&c, parse_header(arena, &diags, plain));
		add_all(&c, parse_header(arena, NULL, plain));
	}
	check_definitions(&c);
	buf_reset(&out);
	diags_print(&diags, &out, false);
	ctypes_free(&c);
	types_free(&types);
	cpp_free(&cpp);
	buf_free(&out);
	arena_free(arena);
}

static void check_script(const char *text, size_t len)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct types types;
	struct script script = {.arena = arena, .diags = &diags, .types = &types};
	struct buf out = {0};

	types_init(&types, arena);
	script.root = parse_script(arena, &diags, source_add(&sources, "fuzz", text, len));
	script_expand(&script, NULL);
	if (node_find_too_deep(script.root, AST_MAX_DEPTH + 1))
		BUG("a tree is too deep");
	ast_print(script.root, &out, NULL, NULL);
	buf_reset(&out);
	diags_print(&diags, &out, false);
	buf_free(&out);
	types_free(&types);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_header((const char *)data, size);
	check_script((const char *)data, size);
	return 0;
}
