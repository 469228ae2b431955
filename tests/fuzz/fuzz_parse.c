/*
 * fuzz_parse.c - lexer, parser, dumps and printf formats.
 *
 * Beside not crashing, it must keep its promises: every node that ast.def promises is there,
 * places lie within the text, no tree is deeper than AST_MAX_DEPTH, tokens and the segments of
 * a format come in the order of the text.
 */
#include "fuzz/fuzz.h"
#include "lang/format.h"
#include "lang/lex.h"
#include "lang/parse.h"

struct walk {
	const struct sources *sources; /* a definition whose macros were replaced is a text of its own */
	unsigned depth;
};

static bool is_inside(const struct sources *sources, struct span span)
{
	struct place place;

	return source_place(sources, span.off, &place) &&
	       span.off + span.len <= place.source->base + place.source->len + 1;
}

#define PROMISE(cond) do { if (!(cond)) BUG("%s: %s", node_kind_name(n->kind), #cond); } while (0)

static void check_children(const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_UNARY: case NODE_FIELD: case NODE_ELEMENT: case NODE_SIZEOF: case NODE_TYPEINFO:
	case NODE_ARG: case NODE_COMPTIME: case NODE_EXPR: case NODE_DISCARD: case NODE_FN_PARAM:
	case NODE_MAP_DECL: case NODE_C_FIELD: case NODE_C_TYPEDEF:
		PROMISE(n->a);
		break;
	case NODE_BINARY: case NODE_INDEX: case NODE_CAST: case NODE_ASSIGN: case NODE_IF:
	case NODE_UNROLL: case NODE_WHILE: case NODE_FOR: case NODE_RANGE:
		PROMISE(n->a && n->b);
		break;
	case NODE_TERNARY:
		PROMISE(n->a && n->c);
		break;
	case NODE_OFFSETOF:
		PROMISE(n->a && n->list.n);
		break;
	case NODE_MACRO:
		PROMISE(n->a && n->a->kind == NODE_BLOCK);
		break;
	case NODE_FUNCTION:
		PROMISE(n->b && n->b->kind == NODE_BLOCK);
		break;
	case NODE_PROBE:
		PROMISE(n->list.n && n->b && n->b->kind == NODE_BLOCK);
		break;
	case NODE_ATTACH_POINT:
		PROMISE(n->list.n && n->text.data);
		break;
	case NODE_TYPE:
		PROMISE(n->name && (*n->name ? !n->a || str_eq(n->name, "typeof") : n->a != NULL));
		break;
	default:
		break;
	}
}

static void check_payload(const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_STRING: case NODE_IMPORT: case NODE_C_INCLUDE: case NODE_C_DEFINE:
		PROMISE(n->text.data && n->text.data[n->text.len] == '\0');
		break;
	case NODE_IDENT: case NODE_VAR: case NODE_MAP: case NODE_CALL: case NODE_FIELD:
	case NODE_LET: case NODE_FOR: case NODE_SETTING: case NODE_MACRO: case NODE_FUNCTION:
	case NODE_C_TYPEDEF: case NODE_ARG: case NODE_FN_PARAM: case NODE_MAP_DECL:
		PROMISE(n->name);
		break;
	case NODE_UNARY: case NODE_BINARY:
		PROMISE(n->op != OP_NONE);
		break;
	default:
		break;
	}
	if (n->kind != NODE_TYPE && n->kind != NODE_C_FIELD && n->kind != NODE_C_TYPEDEF)
		vec_each(it, &n->list)
			PROMISE(*it);
}

static void check_node(struct node *n, void *ctx)
{
	struct walk *walk = ctx;

	PROMISE(n->kind < NODE_KIND_COUNT && n->op < OP_COUNT);
	PROMISE(walk->depth <= AST_MAX_DEPTH);
	PROMISE(is_inside(walk->sources, n->span));
	check_children(n);
	check_payload(n);
	walk->depth++;
	node_each_child(n, check_node, walk);
	walk->depth--;
}

static void check_diags(const struct diags *diags)
{
	vec_each(d, &diags->list)
		if (!is_inside(diags->sources, d->span))
			BUG("a diagnostic outside of the text: %s", d->message);
}

static void check_script(const char *text, size_t len)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct source *source = source_add(&sources, "fuzz", text, len);
	struct walk walk = {.sources = &sources};
	struct buf out = {0};

	check_node(parse_script(arena, &diags, source, NULL), &walk);
	ast_print(parse_script(arena, &diags, source, NULL), &out, NULL, NULL);
	check_diags(&diags);
	buf_reset(&out);
	diags_print(&diags, &out, false);
	buf_reset(&out);
	tokens_print(arena, &diags, source, NULL, &out);
	buf_free(&out);
	arena_free(arena);
}

static void check_lexer(const char *text, size_t len)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct source *source = source_add(&sources, "fuzz", text, len);
	struct lexer lexer;
	struct token t;
	uint32_t at = 0;

	lex_init(&lexer, source, NULL);
	while ((t = lex_next(&lexer)).kind != TOKEN_END) {
		if (t.off < at || !t.len || t.off + t.len > len)
			BUG("a token out of order");
		at = t.kind == TOKEN_OPEN_COMMENT ? len : t.off + t.len;
	}
	arena_free(arena);
}

static void check_format(const char *text, size_t len)
{
	struct arena *arena = arena_new();
	struct format_error error;
	struct format format;
	struct buf out = {0};
	uint32_t at = 0;

	if (format_parse(arena, (struct text){arena_strndup(arena, text, len), len}, &format,
			 &error)) {
		vec_each(s, &format.segments) {
			if (s->off != at || s->width > FORMAT_MAX_WIDTH)
				BUG("a segment out of order");
			at += s->span_len;
		}
		if (at != len)
			BUG("a format with a rest");
	} else if (!error.message || error.off + error.len > len) {
		BUG("a format error out of place");
	}
	format_print(&format, &out);
	buf_free(&out);
	arena_free(arena);
}

static void fuzz_parse(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size, true);

	check_script(text, size);
	if (!memchr(text, '\0', size))
		check_lexer(text, size);
	check_format(text, size);
	free(text);
}

FUZZ(parse, fuzz_parse)
