/*
 * parse_cond.c - conditional compilation: a pass over the lines before anything else, that
 * finds the parts of the text to leave out. The lexer takes them for white space:
 *
 *     #ifndef BPFTRACE_HAVE_BTF      <- left out from here
 *     #include <linux/sched.h>
 *     #else                          <- to here (end of line)
 *     struct mine { int x; };
 *     #endif                         <- left out, this line
 *
 * Defined from the start: BPFTRACE_HAVE_BTF (types come from BTF, never from headers),
 * __linux__ and the architecture's macro.
 */
#include "lang/parse_int.h"

/* The last bounds the work where definitions name each other twice, level after level. */
enum { MAX_CONDITIONS = 64, MAX_EVALUATION = 64, MAX_OPERANDS = 1 << 20 };

struct condition {
	struct span span; /* of its #if */
	bool outer;       /* what is around it is active */
	bool taken;       /* one of its branches was */
	bool active;
	bool has_else;
};

struct conditions {
	struct parser *p;
	struct condition stack[MAX_CONDITIONS];
	size_t depth;
	size_t beyond;       /* conditions nested deeper still */
	struct hmap defines; /* name to struct span of the replacement; length 0 is "undefined" */
	unsigned operands;   /* evaluated so far */
	uint32_t skip_from;  /* where what is left out began; UINT32_MAX: nothing is */
};

struct evaluation {
	struct conditions *c;
	struct lexer lexer;
	struct token t; /* the next one */
	unsigned depth;
	bool failed;
};

static int64_t evaluate_binary(struct evaluation *e, int least);
static int64_t evaluate_text(struct conditions *c, uint32_t off, uint32_t len, unsigned depth,
			     bool *failed);

static void advance(struct evaluation *e)
{
	e->t = lex_next(&e->lexer);
}

static const struct span *find_define(const struct conditions *c, const struct token *t)
{
	const struct span *s = hmap_get(&c->defines, c->p->source->text + t->off, t->len);

	return s && s->len ? s : NULL;
}

/* defined NAME or defined(NAME); `defined` was read. */
static int64_t evaluate_defined(struct evaluation *e)
{
	bool parenthesis = e->t.kind == TOKEN_LPAREN;
	int64_t value;

	if (parenthesis)
		advance(e);
	if (!token_is_word(e->t.kind)) {
		e->failed = true;
		return 0;
	}
	value = find_define(e->c, &e->t) != NULL;
	advance(e);
	if (parenthesis) {
		e->failed |= e->t.kind != TOKEN_RPAREN;
		advance(e);
	}
	return value;
}

static int64_t evaluate_name(struct evaluation *e)
{
	struct token t = e->t;
	const struct span *s;

	advance(e);
	if (parse_is(e->c->p, &t, "defined"))
		return evaluate_defined(e);
	s = find_define(e->c, &t);
	/* a length of 1 is a define without a text */
	return s && s->len > 1 ? evaluate_text(e->c, s->off, s->len - 1, e->depth + 1, &e->failed)
			       : 0;
}

static int64_t evaluate_unary(struct evaluation *e)
{
	struct lex_problem problem;
	enum token_kind kind = e->t.kind;
	int64_t value = 0;

	if (++e->depth > MAX_EVALUATION || ++e->c->operands > MAX_OPERANDS) {
		e->failed = true;
	} else if (token_is_word(kind)) {
		value = evaluate_name(e);
	} else if (kind == TOKEN_INT) {
		value = lex_number(e->c->p->source, &e->t, &problem).value;
		e->failed |= problem.message != NULL;
		advance(e);
	} else if (kind == TOKEN_BANG || kind == TOKEN_MINUS || kind == TOKEN_TILDE) {
		advance(e);
		value = evaluate_unary(e);
		value = kind == TOKEN_BANG ? !value
		      : kind == TOKEN_MINUS ? (int64_t)-(uint64_t)value : ~value;
	} else if (kind == TOKEN_LPAREN) {
		advance(e);
		value = evaluate_binary(e, 1);
		e->failed |= e->t.kind != TOKEN_RPAREN;
		advance(e);
	} else {
		e->failed = true;
	}
	e->depth--;
	return value;
}

static int64_t apply(struct evaluation *e, enum op op, int64_t a, int64_t b)
{
	uint64_t x = a, y = b;

	switch (op) {
	case OP_LOGICAL_OR: return a || b;
	case OP_LOGICAL_AND: return a && b;
	case OP_BIT_OR: return a | b;
	case OP_BIT_XOR: return a ^ b;
	case OP_BIT_AND: return a & b;
	case OP_EQ: return a == b;
	case OP_NE: return a != b;
	case OP_LT: return a < b;
	case OP_LE: return a <= b;
	case OP_GT: return a > b;
	case OP_GE: return a >= b;
	case OP_SHL: return (int64_t)(y < 64 ? x << y : 0);
	case OP_SHR: return (int64_t)(y < 64 ? x >> y : 0);
	case OP_ADD: return (int64_t)(x + y);
	case OP_SUB: return (int64_t)(x - y);
	case OP_MUL: return (int64_t)(x * y);
	case OP_DIV:
	case OP_MOD:
		if (!b || (a == INT64_MIN && b == -1)) {
			e->failed = true;
			return 0;
		}
		return op == OP_DIV ? a / b : a % b;
	default:
		e->failed = true;
		return 0;
	}
}

static int64_t evaluate_binary(struct evaluation *e, int least)
{
	int64_t left = evaluate_unary(e);

	while (!e->failed) {
		enum op op = parse_binary_op(e->t.kind);

		if (op == OP_NONE || op_precedence(op) < least)
			break;
		advance(e);
		left = apply(e, op, left, evaluate_binary(e, op_precedence(op) + 1));
	}
	return left;
}

static int64_t evaluate_text(struct conditions *c, uint32_t off, uint32_t len, unsigned depth,
			     bool *failed)
{
	struct evaluation e = {.c = c, .depth = depth};
	int64_t value;

	e.lexer = (struct lexer){.source = c->p->source, .pos = off, .end = off + len};
	if (depth > MAX_EVALUATION) { /* a #define that names itself */
		*failed = true;
		return 0;
	}
	advance(&e);
	value = evaluate_binary(&e, 1);
	*failed |= e.failed || e.t.kind != TOKEN_END;
	return value;
}

static struct span *define_at(struct conditions *c, const char *name, size_t len)
{
	void **place = hmap_at(&c->defines, name, len);

	if (!*place)
		*place = arena_new_of(c->p->arena, struct span);
	return *place;
}

static void report(struct conditions *c, struct span span, const char *message)
{
	parse_error(c->p, span, NULL, "%s", message);
	c->p->panic = false;
}

static bool is_active(const struct conditions *c)
{
	return !c->depth || c->stack[c->depth - 1].active;
}

static bool evaluate_if(struct conditions *c, const struct token *word, struct lexer *lx,
			struct span span)
{
	bool failed = false, value;
	struct token name;

	if (parse_is(c->p, word, "if") || parse_is(c->p, word, "elif")) {
		value = evaluate_text(c, lx->pos, lx->end - lx->pos, 0, &failed) != 0;
		if (failed)
			report(c, span, "the condition of this directive makes no sense");
		return value && !failed;
	}
	name = lex_next(lx);
	if (!token_is_word(name.kind)) {
		report(c, span, "a name is missing in this directive");
		return false;
	}
	return (find_define(c, &name) != NULL) == parse_is(c->p, word, "ifdef");
}

static void open_condition(struct conditions *c, const struct token *word, struct lexer *lx,
			   struct span span)
{
	struct condition *top;

	if (c->depth == MAX_CONDITIONS) {
		c->beyond++;
		if (!c->p->too_deep)
			diag_add(c->p->diags, DIAG_TOO_DEEP, span,
				 "conditional directives are nested more than %d levels deep",
				 MAX_CONDITIONS);
		c->p->too_deep = true;
		return;
	}
	top = &c->stack[c->depth];
	*top = (struct condition){.span = span, .outer = is_active(c)};
	top->active = top->taken = top->outer && evaluate_if(c, word, lx, span);
	c->depth++;
}

static void change_branch(struct conditions *c, const struct token *word, struct lexer *lx,
			  struct span span)
{
	struct condition *top;

	if (!c->depth) {
		report(c, span, "there is no #if that this directive belongs to");
		return;
	}
	if (c->beyond) {
		c->beyond -= parse_is(c->p, word, "endif");
		return;
	}
	top = &c->stack[c->depth - 1];
	if (parse_is(c->p, word, "endif")) {
		c->depth--;
		return;
	}
	if (top->has_else)
		report(c, span, "this #if had its #else already");
	top->has_else = parse_is(c->p, word, "else");
	top->active = top->outer && !top->taken &&
		      (top->has_else || evaluate_if(c, word, lx, span));
	top->taken |= top->active;
}

/* The directive whose '#' is at `from` and whose line ends at `to`. */
static void read_directive(struct conditions *c, uint32_t from, uint32_t to)
{
	struct lexer lx = {.source = c->p->source, .pos = from + 1, .end = to};
	struct span span = {c->p->source->base + from, to - from};
	struct token word = lex_next(&lx);
	bool opens = parse_is(c->p, &word, "if") || parse_is(c->p, &word, "ifdef") ||
		     parse_is(c->p, &word, "ifndef");

	if (opens || parse_is(c->p, &word, "elif") || parse_is(c->p, &word, "else") ||
	    parse_is(c->p, &word, "endif")) {
		if (c->skip_from == UINT32_MAX)
			c->skip_from = from;
		if (opens)
			open_condition(c, &word, &lx, span);
		else
			change_branch(c, &word, &lx, span);
		if (is_active(c)) {
			vec_push(&c->p->skip, ((struct span){c->skip_from, to - c->skip_from}));
			c->skip_from = UINT32_MAX;
		}
	} else if (is_active(c) && (parse_is(c->p, &word, "define") ||
				    parse_is(c->p, &word, "undef"))) {
		struct token name = lex_next(&lx);
		const char *text = c->p->source->text + name.off;
		struct span *define = define_at(c, text, name.len);

		define->off = lx.pos;
		define->len = parse_is(c->p, &word, "define") ? lx.end - lx.pos + 1 : 0;
	}
}

static uint32_t line_end(const struct source *s, uint32_t pos)
{
	for (; pos < s->len && s->text[pos] != '\n'; pos++) {
		if (s->text[pos] != '\\')
			continue;
		if (s->text[pos + 1] == '\n')
			pos++;
		else if (s->text[pos + 1] == '\r' && s->text[pos + 2] == '\n')
			pos += 2;
	}
	return MIN_OF(pos, (uint32_t)s->len);
}

/*
 * A '/' followed by '*' is a comment where a token may start; elsewhere it may be part of a
 * path in an attach point (all libraries of a directory).
 */
static bool starts_comment(const struct source *s, uint32_t pos)
{
	return s->text[pos] == '/' && s->text[pos + 1] == '*' &&
	       (!pos || strchr(" \t\n\r;{}(),", s->text[pos - 1]));
}

static void scan(struct conditions *c, uint32_t pos)
{
	const struct source *s = c->p->source;
	bool fresh = true; /* nothing but blanks on this line so far */

	while (pos < s->len) {
		char ch = s->text[pos];

		if (fresh && ch == '#') {
			uint32_t end = line_end(s, pos);

			read_directive(c, pos, end);
			pos = end;
		} else if (starts_comment(s, pos)) {
			const char *close = memmem(s->text + pos + 2, s->len - pos - 2, "*/", 2);

			if (!close)
				return;
			pos = close + 2 - s->text;
		} else if (ch == '/' && s->text[pos + 1] == '/' && fresh) {
			pos = line_end(s, pos);
		} else {
			fresh = ch == '\n' || (fresh && (ch == ' ' || ch == '\t' || ch == '\r'));
			pos++;
		}
	}
}

static void predefine(struct conditions *c)
{
	static const char *const names[] = {
		"BPFTRACE_HAVE_BTF", "__linux__",
#if defined(__x86_64__)
		"__x86_64__",
#elif defined(__aarch64__)
		"__aarch64__",
#endif
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		*define_at(c, names[i], strlen(names[i])) = (struct span){0, 1};
}

void parse_conditions(struct parser *p)
{
	struct conditions c = {.p = p, .skip_from = UINT32_MAX};

	if (!memchr(p->source->text, '#', p->source->len))
		return;
	predefine(&c);
	scan(&c, p->lexer.pos);
	if (c.depth && !c.beyond)
		report(&c, c.stack[c.depth - 1].span, "this directive has no #endif");
	if (c.skip_from != UINT32_MAX)
		vec_push(&p->skip, ((struct span){c.skip_from, p->source->len - c.skip_from}));
	hmap_free(&c.defines);
}
