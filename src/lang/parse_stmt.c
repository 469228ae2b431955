/*
 * parse_stmt.c - blocks and statements.
 *
 * A block may have a result: its last expression when no ';' follows (`{ let $y = 1; $y }`).
 * Where a block is a value (an operand, a macro's body) parse_block is asked for it; a nested
 * block or `if` is the result when it stands last, else its own result is demoted to a
 * statement.
 */
#include "lang/parse_int.h"

static struct node *new_statement(struct parser *p, enum node_kind kind, struct node *a,
				  struct span span)
{
	struct node *n = parse_node(p, kind, span);

	n->a = a;
	return n;
}

/* The block's result becomes its last statement. */
static void demote_block(struct parser *p, struct node *block)
{
	if (block->a) {
		avec_push(p->arena, &block->list,
			  new_statement(p, NODE_EXPR, block->a, block->a->span));
		block->a = NULL;
	}
}

static void demote(struct parser *p, struct node *n)
{
	for (; n && n->kind == NODE_IF; n = n->c)
		demote_block(p, n->b);
	if (n && n->kind == NODE_BLOCK)
		demote_block(p, n);
}

static bool is_loop(const struct node *n)
{
	return n->kind == NODE_WHILE || n->kind == NODE_FOR || n->kind == NODE_UNROLL;
}

/*
 * A block with a result; or a conditional each of whose branches has one, with one for every case.
 * A statement in that place is taken for one, and told that it has no value; a loop is never meant so.
 */
static bool has_result(const struct node *n)
{
	for (; n && n->kind == NODE_IF; n = n->c)
		if (!n->b->a)
			return false;
	return n && n->a && !is_loop(n);
}

static enum op assign_op(enum token_kind kind, bool *is_assign)
{
	*is_assign = true;
	switch (kind) {
	case TOKEN_ASSIGN: return OP_NONE;
	case TOKEN_SHL_ASSIGN: return OP_SHL;
	case TOKEN_SHR_ASSIGN: return OP_SHR;
	case TOKEN_ADD_ASSIGN: return OP_ADD;
	case TOKEN_SUB_ASSIGN: return OP_SUB;
	case TOKEN_MUL_ASSIGN: return OP_MUL;
	case TOKEN_DIV_ASSIGN: return OP_DIV;
	case TOKEN_MOD_ASSIGN: return OP_MOD;
	case TOKEN_AND_ASSIGN: return OP_BIT_AND;
	case TOKEN_OR_ASSIGN: return OP_BIT_OR;
	case TOKEN_XOR_ASSIGN: return OP_BIT_XOR;
	default:
		*is_assign = false;
		return OP_NONE;
	}
}

static struct node *parse_assignment(struct parser *p)
{
	struct node *left = parse_expression(p), *n;
	bool is_assign;
	enum op op;

	if (p->panic)
		return left;
	op = assign_op(parse_kind(p), &is_assign);
	if (!is_assign)
		return new_statement(p, NODE_EXPR, left, left->span);
	parse_next(p);
	if (left->kind == NODE_IDENT && op == OP_NONE && str_eq(left->name, "_")) {
		n = new_statement(p, NODE_DISCARD, parse_expression(p), left->span);
	} else {
		n = new_statement(p, NODE_ASSIGN, left, left->span);
		n->op = op;
		n->b = parse_expression(p);
	}
	n->span = parse_span_from(p, left->span);
	return n;
}

static struct node *parse_let(struct parser *p)
{
	struct token let = parse_next(p), t = parse_peek(p, 0);
	struct node *n = parse_node(p, NODE_LET, parse_span(p, &let));

	if (t.kind == TOKEN_MAP) {
		parse_unexpected(p, "a scratch variable after 'let'",
				 "maps are declared outside of the probes: let @name = hash(100);");
		return n;
	}
	if (t.kind != TOKEN_VAR) {
		parse_unexpected(p, "a scratch variable after 'let'",
				 t.kind == TOKEN_NAME ? "its name begins with a $" : NULL);
		return n;
	}
	parse_next(p);
	t.off++;
	t.len--;
	n->name = parse_text(p, &t);
	if (parse_accept(p, TOKEN_COLON))
		n->a = parse_type(p);
	if (!p->panic && parse_accept(p, TOKEN_ASSIGN))
		n->b = parse_expression(p);
	n->span = parse_span_from(p, n->span);
	return n;
}

/* The parentheses around a condition are no cast of what stands (wrongly, here) behind them. */
static struct node *parse_condition(struct parser *p)
{
	p->condition = true;
	return parse_expression(p);
}

struct node *parse_if(struct parser *p, bool value)
{
	struct node *first = NULL, **place = &first;

	for (;;) {
		struct token t = parse_next(p);
		struct node *n = parse_node(p, NODE_IF, parse_span(p, &t));

		*place = n;
		place = &n->c;
		n->a = parse_condition(p);
		if (!p->panic && parse_kind(p) == TOKEN_ASSIGN)
			parse_unexpected(p, "'{' after the condition",
					 "'=' assigns and is a statement; to compare use '=='");
		n->b = p->panic ? parse_node(p, NODE_BLOCK, n->span)
				: parse_block(p, value, "what 'if' guards always stands in braces");
		n->span = parse_span_from(p, n->span);
		if (p->panic || !parse_accept(p, TOKEN_ELSE))
			break;
		if (parse_kind(p) != TOKEN_IF) {
			n->c = parse_block(p, value, "what 'else' guards always stands in braces");
			break;
		}
	}
	first->span = parse_span_from(p, first->span);
	return first;
}

/* unroll and while: a condition or count, and a block. */
static struct node *parse_loop(struct parser *p, enum node_kind kind, const char *hint)
{
	struct token t = parse_next(p);
	struct node *n = parse_node(p, kind, parse_span(p, &t));

	n->a = parse_condition(p);
	if (!p->panic)
		n->b = parse_block(p, false, hint);
	n->span = parse_span_from(p, n->span);
	return n;
}

static const char for_hint[] =
	"loops are written: for $kv : @map { ... } or for $i : 0..10 { ... }";

/* What a `for` goes over: a map, a range, or an expression that the checker will judge. */
static struct node *parse_iterated(struct parser *p)
{
	struct node *first = parse_binary_expression(p), *range;

	if (p->panic || parse_kind(p) != TOKEN_DOT_DOT)
		return first;
	parse_next(p);
	range = parse_node(p, NODE_RANGE, first->span);
	range->a = first;
	range->b = parse_binary_expression(p);
	range->span = parse_span_from(p, first->span);
	return range;
}

/* Past the ')' of a head that made no sense, so that its ';'s are not taken for ends. */
static void skip_loop_head(struct parser *p)
{
	size_t depth = 1;

	while (depth && parse_kind(p) != TOKEN_LBRACE && parse_kind(p) != TOKEN_RBRACE &&
	       parse_kind(p) != TOKEN_END) {
		enum token_kind kind = parse_next(p).kind;

		depth += kind == TOKEN_LPAREN;
		depth -= kind == TOKEN_RPAREN;
	}
}

/* `$name :` */
static bool parse_loop_variable(struct parser *p, struct node *n)
{
	struct token t = parse_peek(p, 0);

	if (t.kind != TOKEN_VAR) {
		parse_unexpected(p, "a scratch variable after 'for'", for_hint);
		return false;
	}
	parse_next(p);
	t.off++;
	t.len--;
	n->name = parse_text(p, &t);
	if (parse_accept(p, TOKEN_COLON))
		return true;
	parse_unexpected(p, "':' after the variable", for_hint);
	return false;
}

static struct node *parse_for(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_node(p, NODE_FOR, parse_span(p, &t));
	bool parenthesis = parse_accept(p, TOKEN_LPAREN);

	if (!parse_loop_variable(p, n)) {
		if (parenthesis)
			skip_loop_head(p);
		return n;
	}
	n->a = parse_iterated(p);
	if (!p->panic && parenthesis)
		parse_expect(p, TOKEN_RPAREN, "')'");
	if (!p->panic)
		n->b = parse_block(p, false, "what 'for' repeats always stands in braces");
	n->span = parse_span_from(p, n->span);
	return n;
}

static struct node *parse_jump(struct parser *p)
{
	struct token t = parse_next(p);
	enum node_kind kind = t.kind == TOKEN_BREAK ? NODE_BREAK
			    : t.kind == TOKEN_CONTINUE ? NODE_CONTINUE : NODE_RETURN;
	struct node *n = parse_node(p, kind, parse_span(p, &t));
	enum token_kind next = parse_kind(p);

	if (kind == NODE_RETURN && next != TOKEN_SEMICOLON && next != TOKEN_RBRACE)
		n->a = parse_expression(p);
	n->span = parse_span_from(p, n->span);
	return n;
}

static struct node *parse_statement_import(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_node(p, NODE_IMPORT, parse_span(p, &t));

	if (parse_kind(p) == TOKEN_STRING)
		n->text = parse_string(p)->text;
	else
		parse_unexpected(p, "a path in quotes after 'import'", NULL);
	n->span = parse_span_from(p, n->span);
	return n;
}

/*
 * Words of other languages at the place where a statement begins, and functions called as the
 * shell would: those are wrong only when what follows them is (`only_next`).
 */
static const char *foreign_statement(struct parser *p, const struct token *t, bool next)
{
	static const struct {
		const char *word;
		bool only_next;
		const char *hint;
	} rows[] = {
		{"elif", false, "write: else if"},
		{"elsif", false, "write: else if"},
		{"foreach", false, for_hint},
		{"do", true, "there is no 'do'; loops are 'for', 'while' and 'unroll'"},
		{"switch", false, "there is no 'switch'; use if ... else if"},
		{"goto", true, "there is no 'goto'"},
		{"var", true, "a scratch variable needs no declaration: $name = value;"},
		{"const", true, "a scratch variable needs no declaration: $name = value;"},
		{"print", true, "functions are called with parentheses: print(...)"},
		{"printf", true, "functions are called with parentheses: printf(...)"},
		{"delete", true, "functions are called with parentheses: delete(@map, key)"},
		{"clear", true, "functions are called with parentheses: clear(@map)"},
	};

	if (t->kind == TOKEN_NAME)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if ((next || !rows[i].only_next) && parse_is(p, t, rows[i].word))
				return rows[i].hint;
	return NULL;
}

/* A remedy for what stands where ';' should; token number `first` began the statement. */
static const char *missing_semicolon_hint(struct parser *p, size_t first)
{
	struct token t = parse_peek(p, 0);
	const char *hint = foreign_statement(p, &p->tokens.v[first], p->at == first + 1);

	if (hint)
		return hint;
	if (t.kind == TOKEN_ASSIGN)
		return "an assignment is a statement and has no value";
	if (t.kind == TOKEN_COLON)
		return "an assignment is written with '='";
	if (t.kind == TOKEN_RPAREN)
		return "this ')' closes nothing";
	if (t.kind == TOKEN_ELSE)
		return "this 'else' follows no 'if' block";
	return NULL;
}

/* `kprobe:f` or `END {` at the start of a line: the block before it was not closed. */
static bool at_probe(struct parser *p)
{
	struct token t = parse_peek(p, 0), next;

	if (t.kind != TOKEN_NAME || !t.new_line)
		return false;
	next = parse_peek(p, 1);
	if (next.kind == TOKEN_LBRACE)
		return parse_is(p, &t, "BEGIN") || parse_is(p, &t, "END") ||
		       parse_is(p, &t, "begin") || parse_is(p, &t, "end");
	return next.kind == TOKEN_COLON && !next.blank;
}

/*
 * After a statement that needs it. A statement that begins on a new line is taken to be one,
 * so that parsing goes on there; other leftovers are skipped.
 */
static void expect_semicolon(struct parser *p, size_t first)
{
	struct token t = parse_peek(p, 0);

	if (p->panic || t.kind == TOKEN_RBRACE || parse_accept(p, TOKEN_SEMICOLON) || at_probe(p))
		return;
	if (t.new_line && p->at > first + 1 &&
	    (t.kind == TOKEN_VAR || t.kind == TOKEN_MAP || token_is_word(t.kind))) {
		struct span end = parse_span(p, &p->tokens.v[p->at - 1]);

		parse_error(p, end, "statements end with ';'",
			    "expected ';' after this statement, found %s on the next line",
			    parse_describe(p, &t));
		p->panic = false;
		return;
	}
	parse_unexpected(p, "';' after this statement", missing_semicolon_hint(p, first));
}

static struct node *parse_nested_block(struct parser *p, bool value)
{
	struct token t = parse_peek(p, 0);
	struct node *n;

	if (!parse_enter(p, parse_span(p, &t)))
		return parse_node(p, NODE_BLOCK, parse_span(p, &t));
	n = t.kind == TOKEN_IF ? parse_if(p, value) : parse_block(p, value, NULL);
	parse_leave(p);
	return n;
}

static struct node *parse_nested_loop(struct parser *p, enum token_kind kind)
{
	struct token t = parse_peek(p, 0);
	struct node *n;

	if (!parse_enter(p, parse_span(p, &t)))
		return parse_node(p, NODE_BLOCK, parse_span(p, &t));
	if (kind == TOKEN_FOR)
		n = parse_for(p);
	else if (kind == TOKEN_WHILE)
		n = parse_loop(p, NODE_WHILE, "what 'while' repeats always stands in braces");
	else
		n = parse_loop(p, NODE_UNROLL, "what 'unroll' repeats always stands in braces");
	parse_leave(p);
	return n;
}

/* One statement; *complete when no ';' need follow. */
static struct node *parse_statement(struct parser *p, bool value, bool *complete)
{
	struct token t = parse_peek(p, 0);

	*complete = true;
	switch (t.kind) {
	case TOKEN_LBRACE:
	case TOKEN_IF:
		return parse_nested_block(p, value);
	case TOKEN_FOR:
	case TOKEN_WHILE:
	case TOKEN_UNROLL:
		return parse_nested_loop(p, t.kind);
	case TOKEN_DIRECTIVE:
		parse_error(p, parse_span(p, &t), "put it before the first probe",
			    "a preprocessor directive inside a block");
		parse_next(p);
		return parse_node(p, NODE_BLOCK, parse_span(p, &t));
	default:
		break;
	}
	*complete = false;
	switch (t.kind) {
	case TOKEN_LET:
		return parse_let(p);
	case TOKEN_BREAK:
	case TOKEN_CONTINUE:
	case TOKEN_RETURN:
		return parse_jump(p);
	case TOKEN_IMPORT:
		return parse_statement_import(p);
	case TOKEN_ELSE:
		parse_unexpected(p, "a statement", "this 'else' follows no 'if' block");
		return parse_node(p, NODE_BLOCK, parse_span(p, &t));
	default:
		return parse_assignment(p);
	}
}

/* Adds a statement that was read without error to the block, or makes it its result. */
static void add_statement(struct parser *p, struct node *block, struct node *n, bool value)
{
	bool last = parse_kind(p) == TOKEN_RBRACE &&
		    (!p->at || p->tokens.v[p->at - 1].kind != TOKEN_SEMICOLON);

	if (value && last && n->kind == NODE_EXPR) {
		block->a = n->a;
	} else if (value && last && has_result(n)) {
		block->a = n;
	} else {
		demote(p, n);
		avec_push(p->arena, &block->list, n);
	}
}

static void parse_statements(struct parser *p, struct node *block, bool value)
{
	while (!p->abandoned) {
		struct token t = parse_peek(p, 0);
		size_t first = p->at;
		struct node *n;
		bool complete;

		if (t.kind == TOKEN_RBRACE || t.kind == TOKEN_END)
			return;
		if (parse_accept(p, TOKEN_SEMICOLON))
			continue;
		if (at_probe(p)) {
			if (!p->unbalanced)
				parse_error(p, parse_span(p, &t), "is a '}' missing before it?",
					    "a probe begins inside of a block");
			p->abandoned = true;
			return;
		}
		n = parse_statement(p, value, &complete);
		if (p->abandoned)
			return;
		if (!p->panic && !complete)
			expect_semicolon(p, first);
		if (p->panic)
			parse_skip_statement(p);
		else
			add_statement(p, block, n, value);
	}
}

struct node *parse_block(struct parser *p, bool value, const char *hint)
{
	struct token open = parse_peek(p, 0);
	struct node *block = parse_node(p, NODE_BLOCK, parse_span(p, &open));
	bool was = p->predicate;

	if (p->panic)
		return block;
	if (!parse_accept(p, TOKEN_LBRACE)) {
		parse_unexpected(p, "'{'", hint);
		return block;
	}
	p->predicate = false;
	parse_statements(p, block, value);
	p->predicate = was;
	if (!p->abandoned && !parse_accept(p, TOKEN_RBRACE)) {
		if (!p->unbalanced)
			parse_error(p, block->span, NULL, "this '{' is never closed");
		p->abandoned = true; /* one message is enough for all that are open */
	}
	block->span = parse_span_from(p, block->span);
	return block;
}
