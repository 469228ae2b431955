/*
 * parse_probe.c - `[name=]attach-point[, attach-point...] [/predicate/] { ... }`.
 *
 * Attach points are read as text (lex_attach) and split at ':' here; what the parts mean is
 * the provider's affair and the checker's. `$1` stays in them as written.
 */
#include "lang/parse_int.h"

/* Part [from, to) of the text without quotes. A backslash in quotes keeps the next byte. */
static struct node *new_part(struct parser *p, uint32_t from, uint32_t to)
{
	const char *text = p->source->text;
	struct node *part = parse_node(p, NODE_STRING,
				       (struct span){p->source->base + from, to - from});
	char *data = arena_alloc(p->arena, to - from + 1);
	bool quoted = false;
	uint32_t len = 0;

	for (uint32_t i = from; i < to; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (quoted && text[i] == '\\' && i + 1 < to)
			data[len++] = text[++i];
		else
			data[len++] = text[i];
	}
	part->text = (struct text){data, len};
	return part;
}

static void split_parts(struct parser *p, struct node *attach, const struct token *t)
{
	const char *text = p->source->text;
	uint32_t start = t->off, end = t->off + t->len;
	bool quoted = false;

	for (uint32_t i = t->off; i < end; i++) {
		if (text[i] == '"') {
			quoted = !quoted;
		} else if (quoted && text[i] == '\\') {
			i++;
		} else if (text[i] == ':' && !quoted) {
			avec_push(p->arena, &attach->list, new_part(p, start, i));
			start = i + 1;
		}
	}
	avec_push(p->arena, &attach->list, new_part(p, start, end));
}

static struct node *parse_attach_point(struct parser *p)
{
	struct token t;
	struct node *n;

	parse_rewind(p);
	t = lex_attach(&p->lexer);
	if (t.kind != TOKEN_ATTACH || !t.len) {
		/* what stands there instead is found, and shown, by reading it as code */
		if (t.kind != TOKEN_ATTACH)
			vec_push(&p->tokens, t);
		parse_unexpected(p, "a probe", NULL);
		return NULL;
	}
	vec_push(&p->tokens, t);
	p->at++;
	n = parse_node(p, NODE_ATTACH_POINT, parse_span(p, &t));
	n->text = (struct text){parse_text(p, &t), t.len};
	split_parts(p, n, &t);
	return n;
}

/* `kprobe:f{a,b}`: the shell's braces, taken for a block that starts right at the name. */
static void refuse_brace_set(struct parser *p, const struct node *attach)
{
	struct token open = parse_peek(p, 0);

	if (open.kind != TOKEN_LBRACE || open.blank || parse_peek(p, 1).kind != TOKEN_NAME ||
	    parse_peek(p, 2).kind != TOKEN_COMMA)
		return;
	parse_error(p, attach->span, "write every attach point out, separated by commas, or use "
		    "'*'", "braces do not make a set of names");
	while (parse_kind(p) != TOKEN_RBRACE && parse_kind(p) != TOKEN_END)
		parse_next(p);
	parse_accept(p, TOKEN_RBRACE);
	p->panic = false;
}

static const char *after_attach_hint(struct parser *p, const struct node *attach)
{
	struct token t = parse_peek(p, 0);

	if (t.kind == TOKEN_ASSIGN)
		return "statements stand within a probe: begin { $x = 1; }";
	if (t.kind == TOKEN_COLON)
		return "there are no blanks around the colons of an attach point";
	if (t.kind == TOKEN_NAME && parse_peek(p, 1).kind == TOKEN_LPAREN)
		return "what a probe does stands in braces";
	if (t.kind == TOKEN_NAME && attach->list.n == 1)
		return arena_printf(p->arena, "the parts of an attach point are joined by colons: "
				    "%s:%s", attach->text.data, parse_text(p, &t));
	if (t.kind == TOKEN_NAME)
		return "several attach points are separated by commas";
	if (t.kind == TOKEN_STRING || t.kind == TOKEN_LPAREN)
		return "quote a part that holds blanks or parentheses: uprobe:./a:cpp:\"f(int)\"";
	return NULL;
}

static struct node *parse_predicate(struct parser *p)
{
	struct node *predicate;

	parse_next(p); /* the first slash */
	p->predicate = true;
	predicate = parse_expression(p);
	p->predicate = false;
	if (p->panic)
		return predicate;
	if (!parse_accept(p, TOKEN_SLASH))
		parse_unexpected(p, "'/' at the end of the predicate",
				 parse_kind(p) == TOKEN_ASSIGN
				 ? "'=' assigns and is a statement; to compare use '=='"
				 : "a predicate is written: kprobe:f / condition / { ... }");
	return predicate;
}

/* name= before the first attach point; true when there was one. */
static bool parse_probe_name(struct parser *p, struct node *probe)
{
	struct token t = parse_peek(p, 0);

	if (!token_is_word(t.kind) || parse_peek(p, 1).kind != TOKEN_ASSIGN)
		return false;
	probe->name = parse_text(p, &t);
	parse_next(p);
	parse_next(p);
	return true;
}

struct node *parse_probe(struct parser *p)
{
	struct token t = parse_peek(p, 0);
	struct node *probe = parse_node(p, NODE_PROBE, parse_span(p, &t)), *attach;
	enum token_kind kind;

	parse_probe_name(p, probe);
	do {
		attach = parse_attach_point(p);
		if (!attach)
			return probe;
		avec_push(p->arena, &probe->list, attach);
		refuse_brace_set(p, attach);
		kind = parse_kind(p);
	} while (parse_accept(p, TOKEN_COMMA));
	if (kind == TOKEN_SLASH)
		probe->a = parse_predicate(p);
	if (p->panic)
		return probe;
	if (parse_kind(p) != TOKEN_LBRACE) {
		parse_unexpected(p, probe->a ? "'{' after the predicate"
				 : "'{', '/' or ',' after the attach point",
				 probe->a ? NULL : after_attach_hint(p, attach));
	} else {
		probe->b = parse_block(p, false, NULL);
	}
	probe->span = parse_span_from(p, probe->span);
	return probe;
}
