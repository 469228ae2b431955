/*
 * parse_c_macro.c - C definitions that are written with text macros of the script:
 *
 *     #define FIELDS int a; int b;
 *     struct s { FIELDS char name[LEN]; };
 *
 * A macro that is an expression is a name to the parser, and the checker replaces it. One that is
 * anything else (types, fields, attributes) must be replaced before there is anything to parse: the
 * definition is expanded into a text of its own, which is read as a header is.
 */
#include "lang/cpp.h"
#include "lang/cpp_int.h"
#include "lang/parse_int.h"

#include <ctype.h>

/* Whether it may stand where no expression does. */
static bool is_textual(const struct node *define)
{
	char c = define->text.len ? define->text.data[0] : '\0';

	return define->flags & NODE_CALLED || !c || c == '_' || isalpha((unsigned char)c);
}

static const struct node *find_define(const struct parser *p, const struct token *t)
{
	const struct node *found = NULL;

	vec_each(it, &p->script->list)
		if ((*it)->kind == NODE_C_DEFINE && (*it)->name && parse_is(p, t, (*it)->name))
			found = *it;
	return found;
}

/* Tokens of the definition that comes next, up to its ';' or '}'; 0: no macro needs replacing. */
static size_t definition_length(struct parser *p)
{
	size_t depth = 0, n = 0;
	bool used = false;

	for (;; n++) {
		struct token t = parse_peek(p, n);
		const struct node *define = token_is_word(t.kind) ? find_define(p, &t) : NULL;

		if (t.kind == TOKEN_END || t.kind == TOKEN_DIRECTIVE)
			return 0;
		used |= define && is_textual(define);
		depth += t.kind == TOKEN_LBRACE;
		if (t.kind == TOKEN_RBRACE && depth-- == 0)
			return 0;
		if (depth)
			continue;
		if (t.kind == TOKEN_SEMICOLON)
			break;
		if (t.kind == TOKEN_RBRACE && parse_kind(p) != TOKEN_TYPEDEF) {
			struct token after = parse_peek(p, n + 1);

			if (after.kind != TOKEN_SEMICOLON && !parse_is(p, &after, "__attribute__") &&
			    !(token_is_word(after.kind) && find_define(p, &after)))
				break;
		}
	}
	return used ? n + 1 : 0;
}

static void expand(struct parser *p, size_t tokens, struct buf *out)
{
	struct token first = parse_peek(p, 0), last = parse_peek(p, tokens - 1);
	const char *text = p->source->text;
	struct cpp cpp;

	cpp_init(&cpp, p->arena, NULL);
	vec_each(it, &p->script->list)
		if ((*it)->kind == NODE_C_DEFINE)
			cpp_define_node(&cpp, *it);
	cpp_expand_text(&cpp, (struct cpp_piece){text + first.off, text + last.off + last.len}, NULL, out);
	cpp_free(&cpp);
}

bool parse_c_with_macros(struct parser *p)
{
	size_t tokens = p->diags && !p->header ? definition_length(p) : 0;
	struct buf text = {0};
	struct source *source;
	struct node *root;

	if (!tokens)
		return false;
	expand(p, tokens, &text);
	source = source_add(p->diags->sources, "definition with its macros replaced", buf_str(&text), text.len);
	root = source ? parse_header(p->arena, p->diags, source) : NULL;
	buf_free(&text);
	vec_each(it, root ? &root->list : &(node_list){0}) {
		avec_push(p->arena, &p->script->list, *it);
		if ((*it)->kind == NODE_C_TYPEDEF)
			hmap_puts(&p->types, (*it)->name, *it);
	}
	while (tokens--)
		parse_next(p);
	return true;
}
