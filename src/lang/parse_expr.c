/*
 * parse_expr.c - expressions, by precedence climbing: what nests recurses (and is counted by
 * parse_enter), what chains (`a + b + c`, `a.b.c`) is a loop.
 */
#include "lang/parse_int.h"

static struct node *parse_unary(struct parser *p);

enum op parse_binary_op(enum token_kind kind)
{
	static const uint8_t ops[TOKEN_KIND_COUNT] = {
		[TOKEN_OR_OR] = OP_LOGICAL_OR, [TOKEN_AND_AND] = OP_LOGICAL_AND,
		[TOKEN_PIPE] = OP_BIT_OR, [TOKEN_CARET] = OP_BIT_XOR, [TOKEN_AMP] = OP_BIT_AND,
		[TOKEN_EQ] = OP_EQ, [TOKEN_NE] = OP_NE, [TOKEN_LT] = OP_LT, [TOKEN_LE] = OP_LE,
		[TOKEN_GT] = OP_GT, [TOKEN_GE] = OP_GE, [TOKEN_SHL] = OP_SHL,
		[TOKEN_SHR] = OP_SHR, [TOKEN_PLUS] = OP_ADD, [TOKEN_MINUS] = OP_SUB,
		[TOKEN_STAR] = OP_MUL, [TOKEN_SLASH] = OP_DIV, [TOKEN_PERCENT] = OP_MOD,
	};

	return ops[kind];
}

static enum op prefix_op(enum token_kind kind)
{
	static const uint8_t ops[TOKEN_KIND_COUNT] = {
		[TOKEN_MINUS] = OP_NEG, [TOKEN_BANG] = OP_NOT, [TOKEN_TILDE] = OP_BITNOT,
		[TOKEN_STAR] = OP_DEREF, [TOKEN_AMP] = OP_ADDRESS, [TOKEN_INC] = OP_PREINC,
		[TOKEN_DEC] = OP_PREDEC,
	};

	return ops[kind];
}

/* Inside brackets of any kind a '/' is a division again; returns what to put back. */
static bool leave_predicate(struct parser *p)
{
	bool was = p->predicate;

	p->predicate = false;
	return was;
}

static struct node *parse_number(struct parser *p)
{
	struct token t = parse_next(p);
	struct lex_problem problem;
	struct lex_int value = lex_number(p->source, &t, &problem);
	struct node *n = parse_node(p, NODE_INT, parse_span(p, &t));

	parse_problem(p, &problem);
	n->num = value.value;
	if (value.value > INT64_MAX)
		n->flags |= NODE_UNSIGNED;
	if (value.duration)
		n->flags |= NODE_DURATION;
	return n;
}

struct node *parse_string(struct parser *p)
{
	struct token t = parse_next(p);
	struct lex_problem problem;
	struct node *n = parse_node(p, NODE_STRING, parse_span(p, &t));

	n->text = lex_string(p->arena, p->source, &t, &problem);
	parse_problem(p, &problem);
	return n;
}

/*
 * 'x' and 'text': C's habit, and the shell's. What was meant is clear, so parsing goes on. In
 * a #define it is C, so a character is its number there.
 */
static struct node *parse_character(struct parser *p)
{
	struct node *n = parse_string(p);

	if ((p->quiet || p->header) && n->text.len == 1) {
		n->kind = NODE_INT;
		n->num = (unsigned char)n->text.data[0];
		return n;
	}
	if (p->panic || p->quiet) {
		p->panic = true;
		return n;
	}
	diag_add(p->diags, DIAG_BAD_CHARACTER, n->span, "there are no literals in single quotes");
	if (n->text.len == 1)
		diag_hint(p->diags, "the number of this character is %u",
			  (unsigned char)n->text.data[0]);
	else
		diag_hint(p->diags, "strings are written in double quotes");
	return n;
}

/* A name from the token, without its first `skip` bytes ($ or @). */
static struct node *parse_named(struct parser *p, enum node_kind kind, uint32_t skip)
{
	struct token t = parse_next(p);
	struct node *n = parse_node(p, kind, parse_span(p, &t));

	t.off += skip;
	t.len -= skip;
	n->name = parse_text(p, &t);
	return n;
}

static struct node *parse_param(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_node(p, NODE_PARAM, parse_span(p, &t));
	const char *digits = p->source->text + t.off + 1;

	for (uint32_t i = 0; i + 1 < t.len && *digits != '#'; i++) {
		n->num = n->num * 10 + (digits[i] - '0');
		if (n->num > PARSE_MAX_PARAM) {
			parse_problem(p, &(struct lex_problem){DIAG_BAD_NUMBER, t.off, t.len,
				      "no script has that many arguments", NULL});
			break;
		}
	}
	if (!n->num && *digits != '#') /* 0 is what $# is kept as */
		parse_problem(p, &(struct lex_problem){DIAG_BAD_NUMBER, t.off, t.len,
			      "the script's arguments are counted from $1", NULL});
	return n;
}

/* Elements up to, and with, the closing token, appended to the list. */
static void parse_elements(struct parser *p, node_list *list, enum token_kind close,
			   const char *wanted)
{
	while (!p->panic && parse_kind(p) != close) {
		avec_push(p->arena, list, parse_expression(p));
		if (!parse_accept(p, TOKEN_COMMA))
			break;
	}
	if (!p->panic)
		parse_expect(p, close, wanted);
}

/* What stands between '[' and ']': one expression, or a TUPLE of several. '[' was read. */
static struct node *parse_subscript(struct parser *p)
{
	struct token t = parse_peek(p, 0);
	bool was = leave_predicate(p);
	struct node *tuple, *key;

	if (!parse_enter(p, parse_span(p, &t)))
		return parse_node(p, NODE_TUPLE, parse_span(p, &t));
	key = parse_expression(p);
	if (parse_kind(p) == TOKEN_COMMA && !p->panic) {
		tuple = parse_node(p, NODE_TUPLE, key->span);
		avec_push(p->arena, &tuple->list, key);
		parse_next(p);
		parse_elements(p, &tuple->list, TOKEN_RBRACKET, "',' or ']'");
		key = tuple;
		key->span.len = p->source->base + p->tokens.v[p->at - 1].off - key->span.off;
	} else {
		parse_expect(p, TOKEN_RBRACKET, "']'");
	}
	parse_leave(p);
	p->predicate = was;
	return key;
}

static struct node *parse_map(struct parser *p)
{
	struct node *n = parse_named(p, NODE_MAP, 1);

	if (parse_accept(p, TOKEN_LBRACKET)) {
		n->a = parse_subscript(p);
		n->span = parse_span_from(p, n->span);
	}
	return n;
}

/* An argument, or what sizeof and its kin take: a type where one stands, else an expression. */
static struct node *parse_type_or_expression(struct parser *p)
{
	enum token_kind kind = parse_kind(p);
	size_t end;
	bool certain;

	if (kind == TOKEN_STRUCT || kind == TOKEN_UNION || kind == TOKEN_ENUM)
		return parse_type(p);
	if (parse_type_ahead(p, 0, &end, &certain) && certain) {
		kind = parse_peek(p, end).kind;

		if (kind == TOKEN_COMMA || kind == TOKEN_RPAREN)
			return parse_type(p);
	}
	return parse_expression(p);
}

static struct node *parse_call(struct parser *p)
{
	struct node *n = parse_named(p, NODE_CALL, 0);
	bool was = leave_predicate(p);

	parse_accept(p, TOKEN_BANG);
	parse_next(p); /* ( */
	if (!parse_enter(p, n->span))
		return n;
	while (!p->panic && parse_kind(p) != TOKEN_RPAREN) {
		avec_push(p->arena, &n->list, parse_type_or_expression(p));
		if (!parse_accept(p, TOKEN_COMMA))
			break;
	}
	if (!p->panic)
		parse_expect(p, TOKEN_RPAREN, "',' or ')'");
	parse_leave(p);
	p->predicate = was;
	n->span = parse_span_from(p, n->span);
	return n;
}

/* name(...); name!(...) is a way to call a macro. */
static struct node *parse_name(struct parser *p)
{
	if (parse_peek(p, 1).kind == TOKEN_LPAREN ||
	    (parse_peek(p, 1).kind == TOKEN_BANG && parse_peek(p, 2).kind == TOKEN_LPAREN))
		return parse_call(p);
	return parse_named(p, NODE_IDENT, 0);
}

/* The path in offsetof(x, a.b.c). */
static void parse_field_path(struct parser *p, node_list *path)
{
	do {
		struct token t = parse_peek(p, 0);

		if (!token_is_word(t.kind)) {
			parse_unexpected(p, "the name of a field", NULL);
			return;
		}
		avec_push(p->arena, path, parse_named(p, NODE_IDENT, 0));
	} while (parse_accept(p, TOKEN_DOT) || parse_accept(p, TOKEN_ARROW));
}

/* sizeof(x), typeinfo(x), offsetof(x, path), and typeof(x) as an argument. */
static struct node *parse_type_operator(struct parser *p, enum node_kind kind)
{
	struct token t = parse_next(p);
	struct node *n = parse_node(p, kind, parse_span(p, &t));
	bool was = leave_predicate(p);

	if (!parse_enter(p, n->span))
		return n;
	if (parse_expect(p, TOKEN_LPAREN, arena_printf(p->arena, "'(' after '%s'",
						       parse_text(p, &t)))) {
		n->a = parse_type_or_expression(p);
		if (kind == NODE_OFFSETOF && !p->panic &&
		    parse_expect(p, TOKEN_COMMA, "',' and the path of a field"))
			parse_field_path(p, &n->list);
		if (!p->panic)
			parse_expect(p, TOKEN_RPAREN, "')'");
	}
	parse_leave(p);
	p->predicate = was;
	n->span = parse_span_from(p, n->span);
	return n;
}

/* (a = 1, b = 2): '(' was read. */
static void parse_record(struct parser *p, struct node *record)
{
	while (!p->panic && parse_kind(p) != TOKEN_RPAREN) {
		struct node *arg;

		if (!token_is_word(parse_kind(p))) {
			parse_unexpected(p, "the name of a field", "every field of a record has "
					 "a name: (a = 1, b = 2)");
			return;
		}
		arg = parse_named(p, NODE_ARG, 0);
		if (!parse_expect(p, TOKEN_ASSIGN, "'=' after the name of a field"))
			return;
		arg->a = parse_expression(p);
		arg->span = parse_span_from(p, arg->span);
		avec_push(p->arena, &record->list, arg);
		if (!parse_accept(p, TOKEN_COMMA))
			break;
	}
	if (!p->panic)
		parse_expect(p, TOKEN_RPAREN, "',' or ')'");
}

/* A missing ')' is often an '=' that should compare. */
static void expect_right_parenthesis(struct parser *p)
{
	if (p->panic)
		return;
	if (parse_kind(p) == TOKEN_ASSIGN)
		parse_unexpected(p, "')'", "'=' assigns and is a statement; to compare use '=='");
	else
		parse_expect(p, TOKEN_RPAREN, "')'");
}

/* A parenthesised expression, a tuple or a record. */
static struct node *parse_parentheses(struct parser *p)
{
	struct token t = parse_next(p);
	struct span span = parse_span(p, &t);
	struct node *n;

	if (token_is_word(parse_kind(p)) && parse_peek(p, 1).kind == TOKEN_ASSIGN) {
		n = parse_node(p, NODE_RECORD, span);
		parse_record(p, n);
	} else if (parse_accept(p, TOKEN_RPAREN)) {
		n = parse_node(p, NODE_TUPLE, span);
	} else {
		n = parse_expression(p);
		if (!p->panic && parse_accept(p, TOKEN_COMMA)) {
			struct node *first = n;

			n = parse_node(p, NODE_TUPLE, span);
			avec_push(p->arena, &n->list, first);
			parse_elements(p, &n->list, TOKEN_RPAREN, "',' or ')'");
		} else {
			expect_right_parenthesis(p);
			n->flags |= NODE_PAREN;
		}
	}
	n->span = parse_span_from(p, span);
	return n;
}

static struct node *parse_bool(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_node(p, NODE_BOOL, parse_span(p, &t));

	n->num = t.kind == TOKEN_TRUE;
	return n;
}

static struct node *parse_nested(struct parser *p, struct node *(*parse)(struct parser *p))
{
	struct token t = parse_peek(p, 0);
	bool was = leave_predicate(p);
	struct node *n;

	if (!parse_enter(p, parse_span(p, &t)))
		return parse_node(p, NODE_TUPLE, parse_span(p, &t));
	n = parse(p);
	parse_leave(p);
	p->predicate = was;
	return n;
}

static struct node *parse_value_block(struct parser *p)
{
	return parse_block(p, true, NULL);
}

static struct node *parse_value_if(struct parser *p)
{
	return parse_if(p, true);
}

/* Operators of other languages look like one of ours and a stray character. */
static const char *missing_operand_hint(struct parser *p)
{
	static const struct {
		uint8_t before, now;
		const char *hint;
	} rows[] = {
		{TOKEN_EQ, TOKEN_ASSIGN, "equality is '=='"},
		{TOKEN_NE, TOKEN_ASSIGN, "inequality is '!='"},
		{TOKEN_LT, TOKEN_GT, "inequality is '!='"},
		{TOKEN_ASSIGN, TOKEN_GT, "greater or equal is '>='"},
		{TOKEN_ASSIGN, TOKEN_LT, "less or equal is '<='"},
	};
	struct token now = parse_peek(p, 0);

	if (now.kind == TOKEN_PLUS)
		return "there is no unary plus";
	if (now.kind == TOKEN_STRUCT || now.kind == TOKEN_UNION || now.kind == TOKEN_ENUM)
		return "a cast is written: (struct name *)value";
	if (p->predicate && p->at && p->tokens.v[p->at - 1].kind == TOKEN_SLASH)
		return "a predicate stands after the last attach point: "
		       "kprobe:a, kprobe:b / condition / { ... }";
	for (size_t i = 0; p->at && !now.blank && i < ARRAY_SIZE(rows); i++)
		if (rows[i].now == now.kind && rows[i].before == p->tokens.v[p->at - 1].kind)
			return rows[i].hint;
	return NULL;
}

static struct node *parse_primary(struct parser *p)
{
	struct token t = parse_peek(p, 0);

	switch (t.kind) {
	case TOKEN_INT:
		return parse_number(p);
	case TOKEN_STRING:
		return parse_string(p);
	case TOKEN_CHARACTER:
		return parse_character(p);
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		return parse_bool(p);
	case TOKEN_VAR:
		return parse_named(p, NODE_VAR, 1);
	case TOKEN_PARAM:
		return parse_param(p);
	case TOKEN_MAP:
		return parse_map(p);
	case TOKEN_NAME:
		return parse_name(p);
	case TOKEN_CONFIG:
		return parse_named(p, NODE_IDENT, 0);
	case TOKEN_SIZEOF:
		return parse_type_operator(p, NODE_SIZEOF);
	case TOKEN_OFFSETOF:
		return parse_type_operator(p, NODE_OFFSETOF);
	case TOKEN_TYPEINFO:
		return parse_type_operator(p, NODE_TYPEINFO);
	case TOKEN_LPAREN:
		return parse_nested(p, parse_parentheses);
	case TOKEN_LBRACE:
		return parse_nested(p, parse_value_block);
	case TOKEN_IF:
		return parse_nested(p, parse_value_if);
	default:
		parse_unexpected(p, "an expression", missing_operand_hint(p));
		return parse_node(p, NODE_TUPLE, parse_span(p, &t));
	}
}

static struct node *parse_field(struct parser *p, struct node *base)
{
	struct token dot = parse_next(p), t = parse_peek(p, 0);
	struct node *n = parse_node(p, NODE_FIELD, base->span);

	n->a = base;
	if (dot.kind == TOKEN_ARROW)
		n->flags |= NODE_ARROW;
	if (t.kind == TOKEN_INT && dot.kind == TOKEN_DOT) {
		struct lex_problem problem;
		struct token digits = t;

		/* `.08` is the eighth element, no octal number */
		for (; digits.len > 1 && p->source->text[digits.off] == '0'; digits.len--)
			digits.off++;
		n->kind = NODE_ELEMENT;
		n->num = lex_number(p->source, &digits, &problem).value;
		parse_problem(p, &problem);
		parse_next(p);
	} else if (token_is_word(t.kind)) {
		n->name = parse_text(p, &t);
		parse_next(p);
	} else {
		parse_unexpected(p, dot.kind == TOKEN_DOT ? "the name of a field after '.'"
				 : "the name of a field after '->'", NULL);
	}
	n->span = parse_span_from(p, base->span);
	return n;
}

static struct node *parse_postfix(struct parser *p)
{
	struct node *n = parse_primary(p), *outer;

	while (!p->panic) {
		switch (parse_kind(p)) {
		case TOKEN_DOT:
		case TOKEN_ARROW:
			n = parse_field(p, n);
			continue;
		case TOKEN_LBRACKET:
			parse_next(p);
			outer = parse_node(p, NODE_INDEX, n->span);
			outer->b = parse_subscript(p);
			break;
		case TOKEN_INC:
		case TOKEN_DEC:
			outer = parse_node(p, NODE_UNARY, n->span);
			outer->op = parse_next(p).kind == TOKEN_INC ? OP_POSTINC : OP_POSTDEC;
			break;
		default:
			return n;
		}
		outer->a = n;
		n = outer;
		n->span = parse_span_from(p, n->span);
	}
	return n;
}

/* Tokens that begin an operand and cannot go on an expression: `(x) y` must be a cast. */
static bool only_starts_operand(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_INT: case TOKEN_STRING: case TOKEN_VAR: case TOKEN_PARAM: case TOKEN_MAP:
	case TOKEN_NAME: case TOKEN_TRUE: case TOKEN_FALSE: case TOKEN_SIZEOF:
	case TOKEN_OFFSETOF: case TOKEN_LPAREN: case TOKEN_TILDE: case TOKEN_BANG: case TOKEN_CONFIG:
		return true;
	default:
		return false;
	}
}

static bool at_cast(struct parser *p)
{
	bool certain, condition = p->condition;
	enum token_kind after;
	size_t end;

	p->condition = false;
	if (parse_kind(p) != TOKEN_LPAREN || !parse_type_ahead(p, 1, &end, &certain) ||
	    parse_peek(p, end).kind != TOKEN_RPAREN)
		return false;
	after = parse_peek(p, end + 1).kind;
	if (only_starts_operand(after))
		return certain || !condition;
	return certain && (prefix_op(after) != OP_NONE || after == TOKEN_LBRACE ||
			   after == TOKEN_COMPTIME || after == TOKEN_TYPEINFO ||
			   after == TOKEN_CHARACTER || after == TOKEN_IF);
}

static struct node *parse_cast(struct parser *p, struct span span)
{
	struct node *n = parse_node(p, NODE_CAST, span);
	bool was = leave_predicate(p);

	parse_next(p); /* ( */
	n->a = parse_type(p);
	if (!p->panic)
		parse_expect(p, TOKEN_RPAREN, "')'");
	p->predicate = was;
	if (!p->panic)
		n->b = parse_unary(p);
	return n;
}

static struct node *parse_prefixed(struct parser *p, struct span span)
{
	struct node *n = parse_node(p, NODE_UNARY, span);

	n->op = prefix_op(parse_next(p).kind);
	n->a = parse_unary(p);
	return n;
}

static struct node *parse_comptime(struct parser *p, struct span span)
{
	struct node *n = parse_node(p, NODE_COMPTIME, span);

	parse_next(p);
	n->a = parse_unary(p);
	return n;
}

static struct node *parse_unary(struct parser *p)
{
	struct token t = parse_peek(p, 0);
	struct span span = parse_span(p, &t);
	struct node *n;
	bool cast = at_cast(p);

	if (!cast && prefix_op(t.kind) == OP_NONE && t.kind != TOKEN_COMPTIME)
		return parse_postfix(p);
	if (!parse_enter(p, span))
		return parse_node(p, NODE_TUPLE, span);
	if (cast)
		n = parse_cast(p, span);
	else if (t.kind == TOKEN_COMPTIME)
		n = parse_comptime(p, span);
	else
		n = parse_prefixed(p, span);
	parse_leave(p);
	n->span = parse_span_from(p, span);
	return n;
}

/* The operator that comes next, if it binds at least as strongly as `least`. */
static enum op next_binary_op(struct parser *p, int least)
{
	enum token_kind kind = parse_kind(p);
	enum op op = parse_binary_op(kind);

	if (op == OP_NONE || op_precedence(op) < least)
		return OP_NONE;
	if (kind == TOKEN_SLASH && p->predicate && parse_peek(p, 1).kind == TOKEN_LBRACE)
		return OP_NONE;
	return op;
}

/* Recursion here is as deep as there are levels of precedence. */
static struct node *parse_binary(struct parser *p, int least)
{
	struct node *left = parse_unary(p);
	enum op op;

	while (!p->panic && (op = next_binary_op(p, least)) != OP_NONE) {
		struct node *n = parse_node(p, NODE_BINARY, left->span);

		parse_next(p);
		n->op = op;
		n->a = left;
		n->b = parse_binary(p, op_precedence(op) + 1);
		n->span = parse_span_from(p, left->span);
		left = n;
	}
	return left;
}

struct node *parse_binary_expression(struct parser *p)
{
	return parse_binary(p, 1);
}

struct node *parse_expression(struct parser *p)
{
	struct node *condition = parse_binary(p, 1), *n;

	if (p->panic || parse_kind(p) != TOKEN_QUESTION)
		return condition;
	if (!parse_enter(p, condition->span))
		return condition;
	n = parse_node(p, NODE_TERNARY, condition->span);
	n->a = condition;
	parse_next(p);
	if (parse_kind(p) != TOKEN_COLON)
		n->b = parse_expression(p);
	if (!p->panic && parse_expect(p, TOKEN_COLON, "':' of the '?'"))
		n->c = parse_expression(p);
	parse_leave(p);
	n->span = parse_span_from(p, condition->span);
	return n;
}
