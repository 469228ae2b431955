/*
 * parse_header.c - headers of C: their type definitions, everything else stepped over.
 *
 * A definition that cannot be read costs itself, not the rest: what comes after its ';' is
 * looked at as if nothing had been. Tokens that were read are forgotten item by item, because
 * a preprocessed header may have a million of them.
 */
#include "lang/parse_int.h"

/* Behind the ';' of this declaration, or the '}' of a function's body. */
static void skip_declaration(struct parser *p)
{
	size_t braces = 0, parentheses = 0;

	for (;;) {
		enum token_kind kind = parse_kind(p);

		if (kind == TOKEN_END || (kind == TOKEN_DIRECTIVE && !braces))
			return;
		parse_next(p);
		if (kind == TOKEN_LPAREN)
			parentheses++;
		else if (kind == TOKEN_RPAREN && parentheses)
			parentheses--;
		else if (kind == TOKEN_LBRACE)
			braces++;
		else if (kind == TOKEN_RBRACE && braces && --braces == 0 && !parentheses)
			return;
		else if (kind == TOKEN_SEMICOLON && !braces && !parentheses)
			return;
	}
}

/* Words before a declaration that say nothing about its type. */
static bool skip_prefix(struct parser *p)
{
	static const char *const words[] = {"__extension__", "extern", "static"};
	struct token t = parse_peek(p, 0);

	for (size_t i = 0; t.kind == TOKEN_NAME && i < ARRAY_SIZE(words); i++)
		if (parse_is(p, &t, words[i])) {
			parse_next(p);
			return true;
		}
	return false;
}

static void parse_item(struct parser *p)
{
	size_t count = p->script->list.n;

	while (skip_prefix(p))
		;
	if (parse_kind(p) == TOKEN_TYPEDEF) {
		parse_c_definition(p);
	} else if (parse_c_body_ahead(p)) {
		struct node *n = parse_c_body(p);

		if (!p->panic && (n->name || n->kind == NODE_C_ENUM))
			avec_push(p->arena, &p->script->list, n);
		if (!p->panic)
			skip_declaration(p); /* a variable or a function of this type */
	} else {
		skip_declaration(p);
	}
	if (p->panic || p->spoilt)
		p->script->list.n = count;
	if (p->panic)
		skip_declaration(p);
	for (size_t i = count; i < p->script->list.n; i++)
		if (node_find_too_deep(p->script->list.v[i], AST_MAX_DEPTH))
			p->script->list.n = i;
	p->panic = p->unbalanced = p->spoilt = false;
}

/* The token read last stays: spans end at it. */
static void forget_tokens(struct parser *p)
{
	enum { KEPT = 4096 };

	if (p->at < KEPT)
		return;
	memmove(p->tokens.v, p->tokens.v + p->at - 1, (p->tokens.n - p->at + 1) * sizeof(*p->tokens.v));
	p->tokens.n -= p->at - 1;
	p->at = 1;
}

void parse_c_header(struct parser *p)
{
	while (parse_kind(p) != TOKEN_END) {
		size_t before = p->at;

		if (parse_kind(p) == TOKEN_DIRECTIVE || parse_kind(p) == TOKEN_SEMICOLON)
			parse_next(p);
		else
			parse_item(p);
		if (p->at == before && parse_kind(p) != TOKEN_END)
			parse_next(p);
		p->nesting = 0;
		forget_tokens(p);
	}
}
