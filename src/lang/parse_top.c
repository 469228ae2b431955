/* parse_top.c - the top level: what stands beside the probes, and the loop over all of it. */
#include "lang/parse_int.h"

#include <stdlib.h>

static void add(struct parser *p, struct node *n)
{
	avec_push(p->arena, &p->script->list, n);
}

static void set_name(struct parser *p, struct node *n, const char *wanted)
{
	struct token t = parse_peek(p, 0);

	if (!token_is_word(t.kind)) {
		parse_unexpected(p, wanted, NULL);
		return;
	}
	n->name = parse_text(p, &t);
	parse_next(p);
}

static struct node *start(struct parser *p, enum node_kind kind)
{
	struct token t = parse_next(p);

	return parse_node(p, kind, parse_span(p, &t));
}

static struct node *parse_setting(struct parser *p)
{
	struct token t = parse_peek(p, 0);
	struct node *n = parse_node(p, NODE_SETTING, parse_span(p, &t));

	set_name(p, n, "the name of a setting");
	if (p->panic || !parse_expect(p, TOKEN_ASSIGN, "'=' after the name of the setting"))
		return n;
	/* values are literals and plain words */
	if (token_is_word(parse_kind(p)) && parse_kind(p) != TOKEN_TRUE &&
	    parse_kind(p) != TOKEN_FALSE) {
		n->a = parse_node(p, NODE_IDENT, n->span);
		t = parse_next(p);
		n->a->span = parse_span(p, &t);
		n->a->name = parse_text(p, &t);
	} else {
		n->a = parse_expression(p);
	}
	n->span = parse_span_from(p, n->span);
	return n;
}

/* config = { key = value; ... } */
static struct node *parse_config(struct parser *p)
{
	struct node *n = start(p, NODE_CONFIG);

	if (!parse_expect(p, TOKEN_ASSIGN, "'=' after 'config'") ||
	    !parse_expect(p, TOKEN_LBRACE, "'{'"))
		return n;
	while (parse_kind(p) != TOKEN_RBRACE && parse_kind(p) != TOKEN_END) {
		struct node *setting;

		if (parse_accept(p, TOKEN_SEMICOLON))
			continue;
		setting = parse_setting(p);
		if (!p->panic) {
			avec_push(p->arena, &n->list, setting);
			if (parse_kind(p) != TOKEN_RBRACE && !parse_accept(p, TOKEN_SEMICOLON))
				parse_unexpected(p, "';' after this setting", NULL);
		}
		if (p->panic)
			parse_skip_statement(p);
	}
	if (!parse_accept(p, TOKEN_RBRACE))
		parse_error(p, n->span, NULL, "the block of this 'config' is never closed");
	n->span = parse_span_from(p, n->span);
	return n;
}

/* import "path"; */
static struct node *parse_import(struct parser *p)
{
	struct node *n = start(p, NODE_IMPORT);

	if (parse_kind(p) == TOKEN_STRING)
		n->text = parse_string(p)->text;
	else
		parse_unexpected(p, "a path in quotes after 'import'", NULL);
	if (!p->panic && !parse_accept(p, TOKEN_SEMICOLON)) {
		bool next_line = parse_peek(p, 0).new_line;

		parse_unexpected(p, "';' after the import", NULL);
		p->panic = !next_line;
	}
	n->span = parse_span_from(p, n->span);
	return n;
}

/* let @name = hash(100); */
static struct node *parse_map_declaration(struct parser *p)
{
	struct node *n = start(p, NODE_MAP_DECL);
	struct token t = parse_peek(p, 0);

	if (t.kind != TOKEN_MAP) {
		parse_unexpected(p, "a map after 'let'", t.kind == TOKEN_VAR
				 ? "scratch variables exist inside of a probe only" : NULL);
		return n;
	}
	parse_next(p);
	t.off++;
	t.len--;
	n->name = parse_text(p, &t);
	if (!parse_expect(p, TOKEN_ASSIGN, "'=' and the kind of the map"))
		return n;
	n->a = parse_expression(p);
	if (!p->panic && n->a->kind != NODE_CALL)
		parse_error(p, n->a->span, "for example: let @name = hash(100);",
			    "this is no kind of map");
	if (!p->panic)
		parse_accept(p, TOKEN_SEMICOLON);
	n->span = parse_span_from(p, n->span);
	return n;
}

/* name, $name or @name */
static struct node *parse_macro_parameter(struct parser *p)
{
	struct token t = parse_peek(p, 0);
	enum node_kind kind = t.kind == TOKEN_VAR ? NODE_VAR
			    : t.kind == TOKEN_MAP ? NODE_MAP : NODE_IDENT;
	struct node *n = parse_node(p, kind, parse_span(p, &t));

	if (kind == NODE_IDENT && t.kind == TOKEN_TYPEOF) {
		/* typeof(T): a parameter that is a type */
		n = parse_base_type(p);
		return n;
	}
	if (kind == NODE_IDENT && t.kind != TOKEN_NAME) {
		parse_unexpected(p, "a parameter: name, $name or @name", NULL);
		return n;
	}
	parse_next(p);
	t.off += kind != NODE_IDENT;
	t.len -= kind != NODE_IDENT;
	n->name = parse_text(p, &t);
	return n;
}

static struct node *parse_macro(struct parser *p)
{
	struct node *n = start(p, NODE_MACRO);

	set_name(p, n, "the name of the macro");
	if (p->panic)
		return n;
	if (parse_accept(p, TOKEN_LPAREN)) {
		while (!p->panic && parse_kind(p) != TOKEN_RPAREN) {
			avec_push(p->arena, &n->list, parse_macro_parameter(p));
			if (!parse_accept(p, TOKEN_COMMA))
				break;
		}
		if (!p->panic)
			parse_expect(p, TOKEN_RPAREN, "',' or ')'");
	} else {
		n->flags |= NODE_BARE;
	}
	if (!p->panic)
		n->a = parse_block(p, true, NULL);
	n->span = parse_span_from(p, n->span);
	return n;
}

static struct node *parse_fn_parameter(struct parser *p)
{
	struct token t = parse_peek(p, 0);
	struct node *n = parse_node(p, NODE_FN_PARAM, parse_span(p, &t));

	if (t.kind != TOKEN_VAR) {
		parse_unexpected(p, "a parameter, written $name : type", NULL);
		return n;
	}
	parse_next(p);
	t.off++;
	t.len--;
	n->name = parse_text(p, &t);
	if (parse_expect(p, TOKEN_COLON, "':' and the type of the parameter"))
		n->a = parse_type(p);
	n->span = parse_span_from(p, n->span);
	return n;
}

/* fn name($a : type, ...) : type { ... } */
static struct node *parse_function(struct parser *p)
{
	struct node *n = start(p, NODE_FUNCTION);

	set_name(p, n, "the name of the function");
	if (p->panic || !parse_expect(p, TOKEN_LPAREN, "'(' after the name of the function"))
		return n;
	while (!p->panic && parse_kind(p) != TOKEN_RPAREN) {
		avec_push(p->arena, &n->list, parse_fn_parameter(p));
		if (!parse_accept(p, TOKEN_COMMA))
			break;
	}
	if (!p->panic)
		parse_expect(p, TOKEN_RPAREN, "',' or ')'");
	if (!p->panic && parse_accept(p, TOKEN_COLON))
		n->a = parse_type(p);
	if (!p->panic)
		n->b = parse_block(p, false, NULL);
	n->span = parse_span_from(p, n->span);
	return n;
}

/* Past what an error has spoilt: behind the next ';' or '}' that is in no block. */
static void skip_item(struct parser *p)
{
	parse_skip_statement(p);
	if (p->at && p->tokens.v[p->at - 1].kind != TOKEN_RBRACE)
		parse_accept(p, TOKEN_RBRACE);
}

static void parse_item(struct parser *p)
{
	struct token t = parse_peek(p, 0);

	switch (t.kind) {
	case TOKEN_DIRECTIVE:
		parse_directive(p);
		return;
	case TOKEN_STRUCT:
	case TOKEN_UNION:
	case TOKEN_ENUM:
	case TOKEN_TYPEDEF:
		parse_c_definition(p);
		return;
	case TOKEN_CONFIG:
		add(p, parse_config(p));
		return;
	case TOKEN_IMPORT:
		add(p, parse_import(p));
		return;
	case TOKEN_LET:
		add(p, parse_map_declaration(p));
		return;
	case TOKEN_MACRO:
		add(p, parse_macro(p));
		return;
	case TOKEN_FN:
		add(p, parse_function(p));
		return;
	case TOKEN_RBRACE:
		parse_unexpected(p, "a probe", "this '}' closes nothing");
		return;
	default:
		add(p, parse_probe(p));
	}
}

/* Chains are built without recursion, but whoever walks the tree recurses: bound its depth. */
static void drop_too_deep(struct parser *p, size_t first)
{
	for (size_t i = first; i < p->script->list.n; i++) {
		struct node *found = node_find_too_deep(p->script->list.v[i], AST_MAX_DEPTH);

		if (!found)
			continue;
		if (!p->too_deep)
			diag_add(p->diags, DIAG_TOO_DEEP, found->span,
				 "this chain of operators has more than %d links", AST_MAX_DEPTH);
		p->too_deep = true;
		memmove(&p->script->list.v[i], &p->script->list.v[i + 1],
			(p->script->list.n - i - 1) * sizeof(p->script->list.v[0]));
		p->script->list.n--;
		i--;
	}
}

void parse_top_level(struct parser *p)
{
	for (;;) {
		size_t before = p->at, count = p->script->list.n;

		while (parse_accept(p, TOKEN_SEMICOLON))
			;
		if (parse_kind(p) == TOKEN_END)
			return;
		parse_item(p);
		drop_too_deep(p, count);
		if (p->abandoned || p->panic) /* what it made is not whole */
			p->script->list.n = MIN_OF(p->script->list.n, count);
		if (p->panic && !p->abandoned)
			skip_item(p);
		p->abandoned = p->panic = p->condition = false;
		p->predicate = false;
		if (p->at == before && parse_kind(p) != TOKEN_END)
			parse_next(p);
	}
}
