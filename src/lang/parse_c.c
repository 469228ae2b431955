/*
 * parse_c.c - C definitions: #define and #include lines, struct, union, enum, typedef.
 *
 * Declarators become types that read from the inside out: `int *a[4]` is a field of TYPE int
 * with pointer depth 1 and one array length; what a TYPE cannot say in one node (a pointer to
 * an array, to a struct defined on the spot) is a TYPE around another. A pointer to a function
 * is a `void *`: nothing but its size matters here.
 */
#include "lang/parse_int.h"

struct declarator {
	const char *name; /* NULL: none */
	struct node *type;
	node_list lengths;
	struct span span;
};

static struct node *parse_specifier(struct parser *p);

/* Reads up to, and with, the ')' that fits the '(' read last. */
static void skip_to_parenthesis(struct parser *p)
{
	size_t depth = 1;

	while (depth && parse_kind(p) != TOKEN_END) {
		enum token_kind kind = parse_next(p).kind;

		depth += kind == TOKEN_LPAREN;
		depth -= kind == TOKEN_RPAREN;
	}
	if (depth)
		parse_unexpected(p, "')'", NULL);
}

static bool is_either(const struct parser *p, const struct token *t, const char *a, const char *b)
{
	return t->kind == TOKEN_NAME && (parse_is(p, t, a) || parse_is(p, t, b));
}

/* One attribute of a list: packed and aligned(n) matter for the layout, others do not. */
static void parse_attribute(struct parser *p, struct node *n)
{
	struct token t = parse_next(p);

	if (is_either(p, &t, "packed", "__packed__")) {
		n->flags |= NODE_PACKED;
	} else if (is_either(p, &t, "aligned", "__aligned__") && parse_accept(p, TOKEN_LPAREN)) {
		n->b = parse_expression(p);
		if (!p->panic)
			parse_expect(p, TOKEN_RPAREN, "')'");
		return;
	} else if (is_either(p, &t, "aligned", "__aligned__")) {
		n->b = parse_node(p, NODE_INT, parse_span(p, &t));
		n->b->num = 16; /* as much as any type of the architecture wants */
	}
	if (is_either(p, &t, "mode", "__mode__") && n->kind == NODE_C_TYPEDEF &&
	    parse_accept(p, TOKEN_LPAREN)) {
		t = parse_next(p);
		n->num = is_either(p, &t, "QI", "__QI__") ? 1 : is_either(p, &t, "HI", "__HI__") ? 2
		       : is_either(p, &t, "SI", "__SI__") ? 4 : is_either(p, &t, "TI", "__TI__") ? 16 : 8;
		skip_to_parenthesis(p);
	} else if (parse_accept(p, TOKEN_LPAREN)) {
		skip_to_parenthesis(p);
	}
}

/* Any number of __attribute__((...)), __packed, __aligned(n). */
static void parse_attributes(struct parser *p, struct node *n)
{
	while (!p->panic) {
		struct token t = parse_peek(p, 0);

		if (is_either(p, &t, "__packed", "__packed__")) {
			parse_next(p);
			n->flags |= NODE_PACKED;
		} else if (is_either(p, &t, "__aligned", "__aligned__")) {
			parse_attribute(p, n);
		} else if (is_either(p, &t, "__attribute__", "__attribute")) {
			parse_next(p);
			if (!parse_expect(p, TOKEN_LPAREN, "'((' after '__attribute__'") ||
			    !parse_expect(p, TOKEN_LPAREN, "'((' after '__attribute__'"))
				return;
			while (!p->panic && parse_kind(p) != TOKEN_RPAREN &&
			       parse_kind(p) != TOKEN_END)
				parse_attribute(p, n);
			if (!p->panic && parse_expect(p, TOKEN_RPAREN, "'))'"))
				parse_expect(p, TOKEN_RPAREN, "'))'");
		} else {
			return;
		}
	}
}

static struct node *copy_type(struct parser *p, const struct node *type)
{
	struct node *copy = parse_node(p, NODE_TYPE, type->span);

	copy->name = type->name;
	copy->op = type->op;
	copy->num = type->num;
	copy->a = type->a;
	return copy;
}

/*
 * What further declarators of `struct { ... } a, b;` refer to: the struct by name, and an
 * anonymous one gets a name that no script can write.
 */
static struct node *refer_to(struct parser *p, struct node *definition)
{
	struct node *type = parse_node(p, NODE_TYPE, definition->span);

	if (!definition->name)
		definition->name = arena_printf(p->arena, "anonymous#%u", ++p->anonymous);
	type->name = definition->name;
	type->op = definition->kind == NODE_C_ENUM ? OP_ENUM : definition->op;
	return type;
}

/* What one of several declarators of a specifier may change and wrap. */
static struct node *declarator_base(struct parser *p, struct node *specifier, bool first)
{
	if (specifier->kind == NODE_TYPE)
		return copy_type(p, specifier);
	return first ? specifier : refer_to(p, specifier);
}

/* `(*name)(...)`, `(*name[n])(...)`, `(*name)[n]`; the first '(' comes next. */
static void parse_inner_declarator(struct parser *p, struct declarator *d, struct node *base)
{
	unsigned depth = 0;
	struct token t;

	parse_next(p);
	while (parse_accept(p, TOKEN_STAR))
		depth++;
	t = parse_peek(p, 0);
	if (!depth || !token_is_word(t.kind)) {
		parse_unexpected(p, depth ? "a name" : "'*' of a pointer to a function", NULL);
		return;
	}
	d->name = parse_text(p, &t);
	parse_next(p);
	parse_array_lengths(p, &d->lengths);
	if (!parse_expect(p, TOKEN_RPAREN, "')'"))
		return;
	if (parse_accept(p, TOKEN_LPAREN)) {
		skip_to_parenthesis(p);
		base = parse_node(p, NODE_TYPE, base->span);
		base->name = "void";
	} else if (base->kind == NODE_TYPE) {
		parse_array_lengths(p, &base->list);
	}
	if (base->kind != NODE_TYPE || base->list.n) {
		d->type = parse_node(p, NODE_TYPE, base->span);
		d->type->name = "";
		d->type->a = base;
	} else {
		d->type = base;
	}
	d->type->num += depth;
}

/* base is the declarator's own: it may be changed and wrapped. */
static struct declarator parse_declarator(struct parser *p, struct node *base)
{
	struct token t = parse_peek(p, 0);
	struct declarator d = {.span = parse_span(p, &t)};

	base = parse_pointers(p, base);
	d.type = base;
	t = parse_peek(p, 0);
	if (t.kind == TOKEN_LPAREN) {
		parse_inner_declarator(p, &d, base);
	} else if (token_is_word(t.kind)) {
		d.name = parse_text(p, &t);
		parse_next(p);
		parse_array_lengths(p, &d.lengths);
	}
	d.span = parse_span_from(p, d.span);
	return d;
}

static void parse_bit_width(struct parser *p, struct node *field)
{
	struct token t = parse_peek(p, 0);
	struct lex_problem problem;

	if (t.kind != TOKEN_INT) {
		parse_unexpected(p, "the width of a bit-field", NULL);
		return;
	}
	parse_next(p);
	field->flags |= NODE_BITFIELD;
	field->num = lex_number(p->source, &t, &problem).value;
	parse_problem(p, &problem);
	if (field->num > 64)
		parse_error(p, parse_span(p, &t), NULL, "a bit-field has at most 64 bits");
}

/* One line of a struct: a specifier, declarators, ';'. */
static void parse_field_line(struct parser *p, struct node *owner)
{
	struct node *specifier = parse_specifier(p);
	bool first = true;

	while (!p->panic) {
		struct declarator d = parse_declarator(p, declarator_base(p, specifier, first));
		struct node *field = parse_node(p, NODE_C_FIELD, d.span);

		field->name = d.name;
		field->a = d.type;
		field->list = d.lengths;
		if (!p->panic && parse_accept(p, TOKEN_COLON))
			parse_bit_width(p, field);
		parse_attributes(p, field);
		if (p->panic)
			return;
		if (!d.name && specifier->kind == NODE_TYPE && !(field->flags & NODE_BITFIELD)) {
			parse_unexpected(p, "the name of a field", NULL);
			return;
		}
		field->span = parse_span_from(p, specifier->span);
		avec_push(p->arena, &owner->list, field);
		first = false;
		if (!parse_accept(p, TOKEN_COMMA))
			break;
	}
	if (!p->panic && parse_kind(p) != TOKEN_RBRACE) /* before it compilers take it as read */
		parse_expect(p, TOKEN_SEMICOLON, "';' after this field");
}

/* Behind the '{'. An error costs one field. */
static void parse_fields(struct parser *p, struct node *owner)
{
	while (parse_kind(p) != TOKEN_RBRACE && parse_kind(p) != TOKEN_END) {
		if (parse_accept(p, TOKEN_SEMICOLON))
			continue;
		parse_field_line(p, owner);
		if (p->panic) {
			p->spoilt = true;
			parse_skip_statement(p);
		}
	}
}

static void parse_enumerators(struct parser *p, struct node *owner)
{
	while (!p->panic && parse_kind(p) != TOKEN_RBRACE) {
		struct token t = parse_peek(p, 0);
		struct node *n = parse_node(p, NODE_SETTING, parse_span(p, &t));

		if (!token_is_word(t.kind)) {
			parse_unexpected(p, "the name of an enumerator", NULL);
			return;
		}
		n->name = parse_text(p, &t);
		parse_next(p);
		parse_attributes(p, n);
		if (!p->panic && parse_accept(p, TOKEN_ASSIGN))
			n->a = parse_expression(p);
		n->span = parse_span_from(p, n->span);
		avec_push(p->arena, &owner->list, n);
		if (!parse_accept(p, TOKEN_COMMA))
			break;
	}
}

/* struct, union or enum with a body; the keyword comes next. */
struct node *parse_c_body(struct parser *p)
{
	struct token t = parse_next(p), open;
	struct node *n = parse_node(p, t.kind == TOKEN_ENUM ? NODE_C_ENUM : NODE_C_STRUCT,
				    parse_span(p, &t));

	n->op = t.kind == TOKEN_STRUCT ? OP_STRUCT : t.kind == TOKEN_UNION ? OP_UNION : OP_ENUM;
	parse_attributes(p, n);
	t = parse_peek(p, 0);
	if (token_is_word(t.kind)) {
		n->name = parse_text(p, &t);
		parse_next(p);
	}
	open = parse_peek(p, 0);
	if (p->panic || !parse_expect(p, TOKEN_LBRACE, "'{'") || !parse_enter(p, n->span))
		return n;
	if (n->kind == NODE_C_ENUM)
		parse_enumerators(p, n);
	else
		parse_fields(p, n);
	parse_leave(p);
	if (!p->panic && parse_kind(p) == TOKEN_END) {
		if (!p->unbalanced)
			parse_error(p, parse_span(p, &open), NULL, "this '{' is never closed");
		p->panic = p->unbalanced = true;
	}
	if (!p->panic && parse_expect(p, TOKEN_RBRACE, "',' or '}'"))
		parse_attributes(p, n);
	n->span = parse_span_from(p, n->span);
	return n;
}

/* True when a body follows the struct, union or enum that comes next. */
bool parse_c_body_ahead(struct parser *p)
{
	struct token t = parse_peek(p, 0), name = parse_peek(p, 1);

	if (t.kind != TOKEN_STRUCT && t.kind != TOKEN_UNION && t.kind != TOKEN_ENUM)
		return false;
	return name.kind == TOKEN_LBRACE || parse_peek(p, 2).kind == TOKEN_LBRACE ||
	       is_either(p, &name, "__attribute__", "__attribute") ||
	       is_either(p, &name, "__packed", "__packed__");
}

static struct node *parse_specifier(struct parser *p)
{
	return parse_c_body_ahead(p) ? parse_c_body(p) : parse_base_type(p);
}

static void add(struct parser *p, struct node *n)
{
	avec_push(p->arena, &p->script->list, n);
}

static void parse_typedef(struct parser *p)
{
	struct token t = parse_next(p);
	struct span start = parse_span(p, &t);
	struct node *specifier = parse_specifier(p);
	bool first = true;

	while (!p->panic) {
		struct declarator d = parse_declarator(p, declarator_base(p, specifier, first));
		struct node *n = parse_node(p, NODE_C_TYPEDEF, start);

		if (p->panic)
			return;
		if (!d.name) {
			parse_unexpected(p, "the name of the new type", NULL);
			return;
		}
		n->name = d.name;
		n->a = d.type;
		n->list = d.lengths;
		parse_attributes(p, n);
		n->span = parse_span_from(p, start);
		add(p, n);
		hmap_puts(&p->types, d.name, n);
		first = false;
		if (!parse_accept(p, TOKEN_COMMA))
			break;
	}
	if (!p->panic)
		parse_expect(p, TOKEN_SEMICOLON, "';' after the typedef");
}

void parse_c_definition(struct parser *p)
{
	struct node *n;

	if (parse_c_with_macros(p))
		return;
	if (parse_kind(p) == TOKEN_TYPEDEF) {
		parse_typedef(p);
		return;
	}
	if (parse_c_body_ahead(p)) {
		n = parse_c_body(p);
		if (!p->panic && !n->name && n->kind == NODE_C_STRUCT)
			parse_error(p, n->span, NULL, "a %s outside of another needs a name",
				    op_spelling(n->op));
	} else {
		struct token t = parse_peek(p, 0);
		enum node_kind kind = t.kind == TOKEN_ENUM ? NODE_C_ENUM : NODE_C_STRUCT;

		n = parse_node(p, kind, parse_span(p, &t));
		n->flags |= NODE_FORWARD;
		n->op = t.kind == TOKEN_STRUCT ? OP_STRUCT
		      : t.kind == TOKEN_UNION ? OP_UNION : OP_ENUM;
		parse_next(p);
		t = parse_peek(p, 0);
		if (token_is_word(t.kind)) {
			n->name = parse_text(p, &t);
			parse_next(p);
			if (parse_kind(p) != TOKEN_SEMICOLON)
				parse_unexpected(p, "'{' or ';'", NULL);
		} else {
			parse_unexpected(p, "a name or '{'", NULL);
		}
		n->span = parse_span_from(p, n->span);
	}
	if (!p->panic)
		add(p, n);
	if (!p->panic)
		parse_accept(p, TOKEN_SEMICOLON);
}

/* Directives: a line of text, read with a cursor. */
struct line {
	const char *p, *end;
};

static void skip_blanks(struct line *l)
{
	while (l->p < l->end) {
		const char *close;

		if (*l->p == ' ' || *l->p == '\t' || *l->p == '\r' || *l->p == '\n' ||
		    (*l->p == '\\' && l->p + 1 < l->end && (l->p[1] == '\n' || l->p[1] == '\r'))) {
			l->p++;
		} else if (l->end - l->p >= 4 && l->p[0] == '/' && l->p[1] == '*') {
			close = memmem(l->p + 2, l->end - l->p - 2, "*/", 2);
			if (!close)
				return;
			l->p = close + 2;
		} else {
			return;
		}
	}
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static const char *read_word(struct parser *p, struct line *l)
{
	const char *start;

	skip_blanks(l);
	start = l->p;
	while (l->p < l->end && is_name_byte(*l->p))
		l->p++;
	return arena_strndup(p->arena, start, l->p - start);
}

/* The rest of the line: comments and line joins become one blank, ends are trimmed. */
static struct text clean_replacement(struct parser *p, const struct line *l)
{
	char *out = arena_alloc(p->arena, l->end - l->p + 1);
	struct line c = *l;
	uint32_t len = 0;
	bool quoted = false;

	while (c.p < c.end) {
		const char *before = c.p;

		if (!quoted)
			skip_blanks(&c);
		if (c.p > before) {
			if (len && out[len - 1] != ' ')
				out[len++] = ' ';
			continue;
		}
		if (!quoted && c.p[0] == '/' && c.p + 1 < c.end && c.p[1] == '/')
			break;
		if (*c.p == '"')
			quoted = !quoted;
		else if (quoted && *c.p == '\\' && c.p + 1 < c.end)
			out[len++] = *c.p++;
		out[len++] = *c.p++;
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
	return (struct text){out, len};
}

static void parse_define_parameters(struct parser *p, struct line *l, struct node *n)
{
	l->p++;
	for (;;) {
		struct node *parameter;
		const char *name = read_word(p, l);

		if (!*name)
			break;
		parameter = parse_node(p, NODE_IDENT, n->span);
		parameter->name = name;
		avec_push(p->arena, &n->list, parameter);
		skip_blanks(l);
		if (l->p >= l->end || *l->p != ',')
			break;
		l->p++;
	}
	skip_blanks(l);
	if (l->p < l->end && *l->p == ')') {
		l->p++;
		n->flags |= NODE_CALLED;
	} else {
		parse_error(p, n->span, NULL, "the parameters of this #define are malformed");
	}
}

static void parse_define(struct parser *p, struct line *l, struct span span)
{
	struct node *n = parse_node(p, NODE_C_DEFINE, span);
	struct span rest;

	n->name = read_word(p, l);
	if (!*n->name || (*n->name >= '0' && *n->name <= '9')) {
		parse_error(p, span, NULL, "a #define needs a name");
		return;
	}
	if (l->p < l->end && *l->p == '(')
		parse_define_parameters(p, l, n);
	skip_blanks(l);
	n->text = clean_replacement(p, l);
	rest = (struct span){p->source->base + (l->p - p->source->text), l->end - l->p};
	if (n->text.len)
		n->a = parse_fragment(p->arena, p->source, rest);
	if (!p->panic)
		add(p, n);
}

static void parse_include(struct parser *p, struct line *l, struct span span)
{
	struct node *n = parse_node(p, NODE_C_INCLUDE, span);
	const char *close = NULL;

	skip_blanks(l);
	if (l->p < l->end && (*l->p == '<' || *l->p == '"'))
		close = memchr(l->p + 1, *l->p == '<' ? '>' : '"', l->end - l->p - 1);
	if (!close) {
		parse_error(p, span, NULL, "an #include needs <file> or \"file\"");
		return;
	}
	if (*l->p == '<')
		n->flags |= NODE_SYSTEM;
	n->text.len = close - (l->p + 1);
	n->text.data = arena_strndup(p->arena, l->p + 1, n->text.len);
	add(p, n);
}

/* What comes from here on does not see the definition; what came before does. */
static void undefine(struct parser *p, const char *name, struct span here)
{
	vec_each(it, &p->script->list)
		if ((*it)->kind == NODE_C_DEFINE && !(*it)->num && str_eq((*it)->name, name))
			(*it)->num = here.off;
}

void parse_directive(struct parser *p)
{
	struct token t = parse_next(p);
	struct line l = {p->source->text + t.off + 1, p->source->text + t.off + t.len};
	struct span span = parse_span(p, &t);
	const char *word = read_word(p, &l);

	if (str_eq(word, "define"))
		parse_define(p, &l, span);
	else if (str_eq(word, "include") || str_eq(word, "include_next"))
		parse_include(p, &l, span);
	else if (str_eq(word, "undef"))
		undefine(p, read_word(p, &l), span);
	else if (str_eq(word, "error"))
		parse_error(p, span, NULL, "#error%.*s",
			    (int)MIN_OF(l.end - l.p, (ptrdiff_t)100), l.p);
	else if (!str_eq(word, "pragma") && !str_eq(word, "warning") && !str_eq(word, "line"))
		parse_error(p, span, "comments start with //", "there is no directive '#%s'", word);
	p->panic = false; /* the directive is over with its line */
}
