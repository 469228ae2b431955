/*
 * parse_type.c - types, and telling them from expressions.
 *
 * `(x)(y)`, `(x)-y`, `(x[4])` look alike whether x is a type or a value. parse_type_ahead
 * looks whether the next tokens can be a type without reading them; `certain` says whether
 * they can be nothing else (`struct x`, `uint8`, `x *)`), so that the caller needs to look at
 * what follows only when it is not.
 */
#include "lang/parse_int.h"

/* Names of types; those that end in _t need not be told apart by a list. */
static const char *const type_names[] = {
	"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "void",
	"string", "buffer", "inet", "timestamp", "_Bool",
	"s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64",
	"__s8", "__s16", "__s32", "__s64", "__u8", "__u16", "__u32", "__u64",
	"__be16", "__be32", "__be64", "__le16", "__le32", "__le64",
};

/* Words that together make one of C's integer types. */
static const char *const type_words[] = {
	"unsigned", "signed", "long", "short", "int", "char", "float", "double", "__int128",
};

static const char *const qualifiers[] = {
	"const", "volatile", "restrict", "__restrict", "__user", "__kernel", "__rcu", "__percpu",
	"__iomem", "register", "static", "extern", "inline", "_Atomic",
};

static bool is_one_of(const struct parser *p, const struct token *t, const char *const *words,
		      size_t count)
{
	if (t->kind != TOKEN_NAME)
		return false;
	for (size_t i = 0; i < count; i++)
		if (parse_is(p, t, words[i]))
			return true;
	return false;
}

static bool is_qualifier(const struct parser *p, const struct token *t)
{
	return is_one_of(p, t, qualifiers, ARRAY_SIZE(qualifiers));
}

static bool is_type_word(const struct parser *p, const struct token *t)
{
	return is_one_of(p, t, type_words, ARRAY_SIZE(type_words));
}

/* By the custom of C and of the kernel. */
static bool ends_in_t(const struct parser *p, const struct token *t)
{
	return t->kind == TOKEN_NAME && t->len > 2 &&
	       !memcmp(p->source->text + t->off + t->len - 2, "_t", 2);
}

bool parse_is_type_name(struct parser *p, const struct token *t)
{
	return ends_in_t(p, t) || is_one_of(p, t, type_names, ARRAY_SIZE(type_names)) || is_type_word(p, t) ||
	       (t->kind == TOKEN_NAME &&
		hmap_get(&p->types, p->source->text + t->off, t->len));
}

static size_t skip_qualifiers(struct parser *p, size_t i)
{
	for (struct token t = parse_peek(p, i); is_qualifier(p, &t); t = parse_peek(p, i))
		i++;
	return i;
}

/* Past the ')' that fits the '(' at i; 0 when there is none within reach. */
static size_t skip_parentheses(struct parser *p, size_t i)
{
	enum { REACH = 256 };
	size_t depth = 0, end = i + REACH;

	for (; i < end; i++) {
		enum token_kind kind = parse_peek(p, i).kind;

		if (kind == TOKEN_LPAREN)
			depth++;
		else if (kind == TOKEN_RPAREN && --depth == 0)
			return i + 1;
		else if (kind == TOKEN_END)
			break;
	}
	return 0;
}

static bool base_type_ahead(struct parser *p, size_t i, size_t *end, bool *certain)
{
	size_t start = skip_qualifiers(p, i);
	struct token t = parse_peek(p, start);

	*certain = start > i;
	if (t.kind == TOKEN_STRUCT || t.kind == TOKEN_UNION || t.kind == TOKEN_ENUM) {
		*certain = true;
		*end = start + 2;
		return token_is_word(parse_peek(p, start + 1).kind);
	}
	if (t.kind == TOKEN_TYPEOF) {
		*certain = true;
		*end = skip_parentheses(p, start + 1);
		return parse_peek(p, start + 1).kind == TOKEN_LPAREN && *end;
	}
	if (t.kind != TOKEN_NAME)
		return false;
	*end = start + 1;
	if (is_type_word(p, &t)) {
		*certain = true;
		for (t = parse_peek(p, *end); is_type_word(p, &t); t = parse_peek(p, *end))
			++*end;
	} else {
		*certain |= parse_is_type_name(p, &t);
	}
	return true;
}

bool parse_type_ahead(struct parser *p, size_t ahead, size_t *end, bool *certain)
{
	size_t i;

	if (!base_type_ahead(p, ahead, &i, certain))
		return false;
	for (;;) {
		enum token_kind kind;

		i = skip_qualifiers(p, i);
		kind = parse_peek(p, i).kind;
		if (kind == TOKEN_STAR) {
			i++;
		} else if (kind == TOKEN_LBRACKET) {
			kind = parse_peek(p, i + 1).kind;
			if (kind == TOKEN_INT || kind == TOKEN_NAME || kind == TOKEN_PARAM)
				i++;
			if (parse_peek(p, i + 1).kind != TOKEN_RBRACKET)
				return false;
			i += 2;
		} else {
			break;
		}
	}
	/* no expression ends in a star */
	*certain |= parse_peek(p, i - 1).kind == TOKEN_STAR;
	*certain |= parse_peek(p, i - 1).kind == TOKEN_RBRACKET &&
		    parse_peek(p, i - 2).kind == TOKEN_LBRACKET;
	*end = i;
	return true;
}

static void read_qualifiers(struct parser *p)
{
	for (struct token t = parse_peek(p, 0); is_qualifier(p, &t); t = parse_peek(p, 0))
		parse_next(p);
}

static void read_tag(struct parser *p, struct node *type)
{
	struct token t = parse_next(p);

	type->op = t.kind == TOKEN_STRUCT ? OP_STRUCT : t.kind == TOKEN_UNION ? OP_UNION : OP_ENUM;
	t = parse_peek(p, 0);
	if (token_is_word(t.kind))
		type->name = parse_text(p, &t), parse_next(p);
	else
		parse_unexpected(p, arena_printf(p->arena, "a name after '%s'",
						 op_spelling(type->op)), NULL);
}

/* `long unsigned int` and its kin become the one spelling that C's headers use most. */
static const char *integer_type_name(struct parser *p)
{
	unsigned n_long = 0, n_short = 0, n_char = 0;
	bool is_unsigned = false, is_signed = false;
	const char *other = NULL;

	for (struct token t = parse_peek(p, 0); is_type_word(p, &t); t = parse_peek(p, 0)) {
		is_unsigned |= parse_is(p, &t, "unsigned");
		is_signed |= parse_is(p, &t, "signed");
		n_long += parse_is(p, &t, "long");
		n_short += parse_is(p, &t, "short");
		n_char += parse_is(p, &t, "char");
		if (parse_is(p, &t, "float") || parse_is(p, &t, "double") ||
		    parse_is(p, &t, "__int128"))
			other = parse_text(p, &t);
		parse_next(p);
	}
	if (other)
		return arena_printf(p->arena, "%s%s%s", is_unsigned ? "unsigned " : "",
				    n_long ? "long " : "", other);
	if (n_char)
		return is_unsigned ? "unsigned char" : is_signed ? "signed char" : "char";
	return arena_printf(p->arena, "%s%s", is_unsigned ? "unsigned " : "",
			    n_short ? "short" : n_long >= 2 ? "long long" : n_long ? "long" : "int");
}

struct node *parse_base_type(struct parser *p)
{
	struct token t;
	struct node *type;

	read_qualifiers(p);
	t = parse_peek(p, 0);
	type = parse_node(p, NODE_TYPE, parse_span(p, &t));
	type->name = "";
	if (t.kind == TOKEN_STRUCT || t.kind == TOKEN_UNION || t.kind == TOKEN_ENUM) {
		read_tag(p, type);
	} else if (t.kind == TOKEN_TYPEOF) {
		size_t end;
		bool certain;

		parse_next(p);
		type->name = "typeof";
		if (!parse_expect(p, TOKEN_LPAREN, "'(' after 'typeof'"))
			return type;
		if (!parse_enter(p, type->span))
			return type;
		if (parse_type_ahead(p, 0, &end, &certain) && certain &&
		    parse_peek(p, end).kind == TOKEN_RPAREN)
			type->a = parse_type(p);
		else
			type->a = parse_expression(p);
		parse_leave(p);
		parse_expect(p, TOKEN_RPAREN, "')'");
	} else if (is_type_word(p, &t)) {
		type->name = integer_type_name(p);
	} else if (t.kind == TOKEN_NAME || (p->header && token_is_word(t.kind))) {
		parse_next(p);
		type->name = parse_text(p, &t);
	} else {
		parse_unexpected(p, "a type", NULL);
	}
	read_qualifiers(p);
	type->span = parse_span_from(p, type->span);
	return type;
}

/* Counts a star or a length; false, with a message, when there are too many of them. */
static bool derive(struct parser *p, size_t so_far)
{
	struct token t = p->tokens.v[p->at - 1];

	if (so_far < PARSE_MAX_DERIVATIONS)
		return true;
	if (!p->panic && !p->quiet)
		diag_add(p->diags, DIAG_TOO_DEEP, parse_span(p, &t),
			 "a type has at most %d stars or array lengths in a row",
			 PARSE_MAX_DERIVATIONS);
	p->panic = true;
	return false;
}

struct node *parse_pointers(struct parser *p, struct node *type)
{
	while (!p->panic && parse_accept(p, TOKEN_STAR)) {
		if (!derive(p, type->num))
			break;
		if (type->kind != NODE_TYPE || type->list.n) {
			/* a pointer to an array, or to a struct defined on the spot */
			struct node *outer = parse_node(p, NODE_TYPE, type->span);

			outer->name = "";
			outer->a = type;
			type = outer;
		}
		type->num++;
		read_qualifiers(p);
		type->span = parse_span_from(p, type->span);
	}
	return type;
}

void parse_array_lengths(struct parser *p, node_list *lengths)
{
	while (!p->panic && parse_accept(p, TOKEN_LBRACKET)) {
		struct node *length = NULL;

		if (!derive(p, lengths->n))
			break;
		if (parse_kind(p) != TOKEN_RBRACKET)
			length = parse_expression(p);
		parse_expect(p, TOKEN_RBRACKET, "']'");
		avec_push(p->arena, lengths, length);
	}
}

struct node *parse_type(struct parser *p)
{
	struct node *type = parse_base_type(p);

	while (!p->panic) {
		enum token_kind kind = parse_kind(p);

		if (kind == TOKEN_STAR)
			type = parse_pointers(p, type);
		else if (kind == TOKEN_LBRACKET)
			parse_array_lengths(p, &type->list);
		else
			break;
		type->span = parse_span_from(p, type->span);
	}
	return type;
}
