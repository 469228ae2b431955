/* check_format.c - printf formats held against their arguments. */
#include "lang/check_int.h"
#include "lang/format.h"

static bool takes(enum format_takes wants, const struct type *t)
{
	switch (wants) {
	case FORMAT_INTEGER:
		return type_is_scalar(t) || t->kind == TYPE_NONE;
	case FORMAT_TEXT:
		return true; /* a number too: as print() shows it */
	case FORMAT_BUFFER:
		return t->kind == TYPE_BUFFER || t->kind == TYPE_STRING || t->kind == TYPE_NONE;
	}
	return false;
}

static const char *wanted(enum format_takes wants)
{
	return wants == FORMAT_INTEGER ? "a number" : wants == FORMAT_TEXT ? "something printed as text"
									  : "a buffer";
}

static void check_conversion(struct checker *c, const struct node *call, const struct node *arg,
			     const struct format_segment *s)
{
	enum format_takes wants = format_takes(s->conversion);

	if (s->conversion == FORMAT_F && !(call->flags & NODE_ROW))
		complain(c, BAD_FORMAT, call->list.v[0]->span,
			 "there are no floating-point numbers, so no conversion for them");

	if (takes(wants, arg->type))
		return;
	complain(c, BAD_FORMAT, arg->span, "%%%s wants %s, this is %s", format_conversion_name(s->conversion),
		 wanted(wants), type_name(c->types, arg->type));
	if (wants == FORMAT_INTEGER && arg->type->kind == TYPE_STRING)
		advise(c, "%%s prints a string");
}

void check_format(struct checker *c, const struct node *n, struct action *a)
{
	struct format *format = arena_new_of(c->arena, struct format);
	struct format_error error;
	size_t given = n->list.n - 1, used = 0;

	if (!format_parse(c->arena, n->list.v[0]->text, format, &error)) {
		complain(c, BAD_FORMAT, n->list.v[0]->span, "%s", error.message);
		return;
	}
	a->format = format;
	if (given != format->conversions) {
		complain(c, BAD_FORMAT, n->span, "the format wants %u argument%s, %zu %s given", format->conversions,
			 format->conversions == 1 ? "" : "s", given, given == 1 ? "is" : "are");
		return;
	}
	vec_each(s, &format->segments) {
		if (s->literal)
			continue;
		if (n->flags & NODE_ROW && used < c->script->ncolumns && !c->script->columns[used].message)
			s->divisor = c->script->columns[used].divisor;
		check_conversion(c, n, n->list.v[++used], s);
	}
}
