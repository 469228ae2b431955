/*
 * check_meta.c - what is known when the script is compiled: predicates on types, static_assert
 * and fail, comptime, typeinfo, named parameters, and conditions decided by them.
 *
 * A call whose result is known carries NODE_KNOWN and the result in `num`; in the last pass it
 * becomes a literal, so that nobody behind the checker meets it. As long as a type is not known
 * yet, what depends on it is not looked at (c->undecided).
 */
#include "lang/check_int.h"

#include <stdlib.h>

static const struct type *known(struct checker *c, struct node *n, int64_t value, bool is_bool)
{
	n->flags |= NODE_KNOWN;
	n->num = (uint64_t)value;
	if (c->speak) {
		n->kind = is_bool ? NODE_BOOL : NODE_INT;
		n->list.n = 0;
	}
	return is_bool ? simple(c, TYPE_BOOL) : type_int(c->types, 8, true);
}

static void become_text(struct checker *c, struct node *n, const char *text)
{
	n->kind = NODE_STRING;
	n->text = (struct text){text, strlen(text)};
	n->list.n = 0;
	check_expr(c, n);
}

/* The type of an argument that may be a bare name or a map; NULL: not known yet. */
static const struct type *argument_type(struct checker *c, struct node *arg)
{
	const struct type *t = arg->kind != NODE_MAP ? check_known(c, arg) : check_value(c, arg);

	if (t->kind == TYPE_NONE && !c->speak) {
		c->undecided++;
		return NULL;
	}
	return t;
}

bool check_literal(const struct node *n)
{
	return n->kind == NODE_INT || n->kind == NODE_STRING || n->kind == NODE_BOOL ||
	       (n->kind == NODE_UNARY && n->op == OP_NEG && n->a->kind == NODE_INT);
}

static bool is_text(const struct type *t)
{
	return t->kind == TYPE_STRING || t->kind == TYPE_ERRNO || t->kind == TYPE_SIGNAL || t->kind == TYPE_SYSCALL ||
	       t->kind == TYPE_USERNAME;
}

static const struct type *predicate(struct checker *c, struct node *n, enum builtin_id id)
{
	bool literal = check_literal(n->list.v[0]);
	const struct type *t = argument_type(c, n->list.v[0]);
	bool yes = false;

	if (!t)
		return simple(c, TYPE_BOOL);
	switch (id) {
	case BUILTIN_IS_ARRAY: yes = t->kind == TYPE_ARRAY; break;
	case BUILTIN_IS_INTEGER: yes = t->kind == TYPE_INT; break;
	case BUILTIN_IS_UNSIGNED_INTEGER: yes = t->kind == TYPE_INT && !t->is_signed; break;
	case BUILTIN_IS_PTR: yes = t->kind == TYPE_POINTER; break;
	case BUILTIN_IS_STR: yes = is_text(t); break;
	case BUILTIN_IS_LITERAL: yes = literal; break;
	default: BUG("predicate %u", id);
	}
	return known(c, n, yes, true);
}

/* A kernel function that programs may call; which types may is the kernel's to say. */
static const struct type *kernel_function(struct checker *c, struct node *n, bool allowed)
{
	enum provider p = c->probe->provider;
	bool typed = p == PROVIDER_FENTRY || p == PROVIDER_FEXIT || p == PROVIDER_ITER || p == PROVIDER_RAWTRACEPOINT;
	bool found = c->world->function_id(c->world, n->list.v[0]->text.data);

	return known(c, n, found && (!allowed || typed), true);
}

/* ---- static_assert, fail, assert ---- */

/* The literal arguments of fail() put into its format: %d and the like, %s, %%. */
static const char *formatted(struct checker *c, const struct node *n)
{
	struct buf out = {0};
	size_t next = 1;
	const char *text;

	for (const char *p = n->list.v[0]->text.data; *p; p++) {
		const struct node *arg = next < n->list.n ? n->list.v[next] : NULL;
		int64_t value;

		if (*p != '%' || p[1] == '\0') {
			buf_putc(&out, *p);
			continue;
		}
		p += 1 + strspn(p + 1, "-+ #0123456789.hlzjt");
		if (*p == '%') {
			buf_putc(&out, '%');
			continue;
		}
		if (arg && arg->kind == NODE_STRING)
			buf_puts(&out, arg->text.data);
		else if (arg && check_constant(arg, &value))
			buf_printf(&out, *p == 'x' || *p == 'X' || *p == 'p' ? "%llx" : *p == 'u' ? "%llu" : "%lld",
				   (long long)value);
		else if (arg)
			complain(c, NOT_CONSTANT, arg->span,
				 "fail() takes literals: it speaks when the script is compiled");
		next++;
		if (!*p)
			break;
	}
	text = arena_strdup(c->arena, buf_str(&out));
	buf_free(&out);
	return text;
}

static void call_fail(struct checker *c, struct node *n)
{
	for (size_t i = 1; i < n->list.n; i++)
		check_value(c, n->list.v[i]);
	if (c->speak)
		diag_add(c->script->diags, DIAG_ASSERTION, n->span, "%s", formatted(c, n));
}

static void call_static_assert(struct checker *c, struct node *n)
{
	const char *message = n->list.n > 1 ? n->list.v[1]->text.data : "a static assertion is false";
	int64_t value;

	check_value(c, n->list.v[0]);
	if (!check_decided(c, n->list.v[0], &value))
		complain(c, NOT_CONSTANT, n->list.v[0]->span, "static_assert() wants a constant condition");
	else if (!value)
		complain(c, ASSERTION, n->span, "%s", message);
}

static struct node *call_node(struct checker *c, const struct node *at, const char *name)
{
	struct node *call = node_new(c->arena, NODE_CALL, at->span), *s = node_new(c->arena, NODE_EXPR, at->span);

	call->name = name;
	s->a = call;
	return s;
}

/* assert(c, m) is { if (!c) { errorf("assert failed: %s", m); exit(1) } } */
static const struct type *call_assert(struct checker *c, struct node *n)
{
	struct node *test = node_new(c->arena, NODE_IF, n->span), *not = node_new(c->arena, NODE_UNARY, n->span);
	struct node *body = node_new(c->arena, NODE_BLOCK, n->span), *say, *leave, *format, *one;
	struct node *message = n->list.n > 1 ? n->list.v[1] : NULL;

	not->op = OP_NOT;
	not->a = n->list.v[0];
	test->a = not;
	test->b = body;
	say = call_node(c, n, "errorf");
	format = node_new(c->arena, NODE_STRING, n->span);
	format->text.data = message ? "assert failed: %s" : "assert failed";
	format->text.len = strlen(format->text.data);
	avec_push(c->arena, &say->a->list, format);
	if (message)
		avec_push(c->arena, &say->a->list, message);
	leave = call_node(c, n, "exit");
	one = node_new(c->arena, NODE_INT, n->span);
	one->num = 1;
	avec_push(c->arena, &leave->a->list, one);
	avec_push(c->arena, &body->list, say);
	avec_push(c->arena, &body->list, leave);
	n->kind = NODE_BLOCK;
	n->list = (node_list){0};
	avec_push(c->arena, &n->list, test);
	return check_expr(c, n);
}

/* ---- named parameters ---- */

static const char *parameter(const struct checker *c, const char *name)
{
	for (unsigned i = 0; i < c->world->nnamed; i++)
		if (str_eq(c->world->named[i].name, name)) {
			*c->world->named[i].used = true;
			return c->world->named[i].value;
		}
	return NULL;
}

static void note_option(struct checker *c, const struct node *n)
{
	struct script_option option = {n->list.v[0]->text.data, NULL, n->span};

	if (n->list.n > 2)
		option.doc = n->list.v[2]->text.data;
	vec_each(it, &c->script->options)
		if (str_eq(it->name, option.name)) {
			it->doc = it->doc ? it->doc : option.doc;
			return;
		}
	avec_push(c->arena, &c->script->options, option);
}

void check_unused_params(struct checker *c)
{
	struct buf known = {0};

	vec_each(it, &c->script->options)
		buf_printf(&known, "%s--%s%s%s", known.len ? ", " : "", it->name, it->doc ? ": " : "",
			   it->doc ? it->doc : "");
	for (unsigned i = 0; i < c->world->nnamed; i++) {
		const struct named_param *p = &c->world->named[i];

		if (*p->used)
			continue;
		diag_add(c->script->diags, DIAG_UNKNOWN_PARAMETER, c->script->root->span,
			 "the script has no option --%s", p->name);
		if (known.len)
			diag_hint(c->script->diags, "it has %s", buf_str(&known));
	}
	buf_free(&known);
}

static const struct type *getopt_bool(struct checker *c, struct node *n, const char *given, bool value)
{
	if (given && (!*given || str_eq(given, "true") || str_eq(given, "1")))
		value = true;
	else if (given && (str_eq(given, "false") || str_eq(given, "0")))
		value = false;
	else if (given)
		complain(c, UNKNOWN_PARAMETER, n->span, "--%s is true or false, not '%s'", n->list.v[0]->text.data,
			 given);
	return known(c, n, value, true);
}

static const struct type *call_getopt(struct checker *c, struct node *n)
{
	const char *name = n->list.v[0]->text.data, *given = parameter(c, name);
	struct node *fallback = n->list.n > 1 ? n->list.v[1] : NULL;
	int64_t value = 0;
	uint64_t magnitude;
	bool negative;

	note_option(c, n);
	if (!fallback || fallback->kind == NODE_BOOL)
		return getopt_bool(c, n, given, fallback && fallback->num);
	check_value(c, fallback);
	if (fallback->kind == NODE_STRING) {
		become_text(c, n, given ? given : fallback->text.data);
		return n->type;
	}
	if (!check_constant(fallback, &value)) {
		complain(c, NOT_CONSTANT, fallback->span, "the default of getopt() is a literal: true, 5, \"text\"");
		return simple(c, TYPE_NONE);
	}
	if (given) {
		negative = *given == '-';
		if (!str_to_u64(given + negative, &magnitude))
			complain(c, UNKNOWN_PARAMETER, n->span, "--%s is a number, not '%s'", name, given);
		else
			value = negative ? (int64_t)-magnitude : (int64_t)magnitude;
	}
	return known(c, n, value, false);
}

/* ---- sizes ---- */

static const struct type *call_strcap(struct checker *c, struct node *n)
{
	const struct type *t = argument_type(c, n->list.v[0]);

	if (!t)
		return type_int(c->types, 8, true);
	if (t->kind == TYPE_STRING || t->kind == TYPE_ARRAY)
		return known(c, n, t->kind == TYPE_STRING ? t->size : t->count, false);
	if (t->kind == TYPE_BUFFER)
		return known(c, n, t->size - 4, false);
	if (t->kind != TYPE_POINTER && t->kind != TYPE_NONE)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "strcap() wants a string, this is %s",
			 type_name(c->types, t));
	return known(c, n, (int64_t)c->script->config.max_strlen, false);
}

const struct type *check_meta_call(struct checker *c, struct node *n, const struct builtin *b)
{
	const struct type *t;

	switch (b->id) {
	case BUILTIN_IS_ARRAY: case BUILTIN_IS_INTEGER: case BUILTIN_IS_UNSIGNED_INTEGER:
	case BUILTIN_IS_PTR: case BUILTIN_IS_STR: case BUILTIN_IS_LITERAL:
		return predicate(c, n, b->id);
	case BUILTIN_KFUNC_EXIST: return kernel_function(c, n, false);
	case BUILTIN_KFUNC_ALLOWED: return kernel_function(c, n, true);
	case BUILTIN_STATIC_ASSERT: call_static_assert(c, n); break;
	case BUILTIN_FAIL: call_fail(c, n); break;
	case BUILTIN_ASSERT: return call_assert(c, n);
	case BUILTIN_ASSERT_STR:
		t = argument_type(c, n->list.v[0]);
		if (t && !is_text(t) && t->kind != TYPE_NONE)
			complain(c, ASSERTION, n->span, "expected a string, this is %s", type_name(c->types, t));
		break;
	case BUILTIN_GETOPT: return call_getopt(c, n);
	case BUILTIN_STRCAP: return call_strcap(c, n);
	case BUILTIN_DEFAULT_STR_LENGTH: return known(c, n, (int64_t)c->script->config.max_strlen, false);
	default: return NULL;
	}
	return simple(c, TYPE_NONE);
}

/* ---- what is decided ---- */

static bool constant_text(const struct checker *c, const struct node *n, const char **text)
{
	if (n->kind == NODE_STRING)
		*text = n->text.data;
	else if (n->kind == NODE_COMPTIME)
		return constant_text(c, n->a, text);
	else if (n->kind == NODE_IDENT && n->ref.builtin && n->ref.builtin->id == BUILTIN_PROBETYPE)
		*text = check_probe_type(c->probe->provider);
	else
		return false;
	return true;
}

bool check_decided(const struct checker *c, const struct node *n, int64_t *value)
{
	const char *a, *b;
	int64_t x, y;

	if (n->kind == NODE_UNARY && n->op == OP_NOT && check_decided(c, n->a, &x)) {
		*value = !x;
		return true;
	}
	if (n->kind == NODE_BINARY && (n->op == OP_EQ || n->op == OP_NE) && constant_text(c, n->a, &a) &&
	    constant_text(c, n->b, &b)) {
		*value = str_eq(a, b) == (n->op == OP_EQ);
		return true;
	}
	if (n->kind == NODE_BINARY && (n->op == OP_LOGICAL_AND || n->op == OP_LOGICAL_OR)) {
		bool left = check_decided(c, n->a, &x), right = check_decided(c, n->b, &y);
		bool or = n->op == OP_LOGICAL_OR;

		if (left && !x != or) { /* the left side decides */
			*value = or;
			return true;
		}
		*value = right && y;
		return left && right;
	}
	if (n->kind == NODE_TERNARY && n->b && n->c && check_decided(c, n->a, &x))
		return check_decided(c, x ? n->b : n->c, value);
	return check_constant(n, value);
}

const struct type *check_comptime(struct checker *c, struct node *n)
{
	const struct type *t = check_value(c, n->a);
	int64_t value;
	const char *text;

	if (constant_text(c, n->a, &text)) {
		become_text(c, n, text);
		return n->type;
	}
	if (t->kind == TYPE_NONE && !c->speak)
		return t;
	if (check_decided(c, n->a, &value))
		return known(c, n, value, t->kind == TYPE_BOOL);
	if (!check_said(c, n->span))
		complain(c, NOT_CONSTANT, n->a->span, "this is not known when the script is compiled");
	return t;
}

/* ---- typeinfo ---- */

static const char *base_of(const struct type *t)
{
	switch ((enum type_kind)t->kind) {
	case TYPE_INT: return "int";
	case TYPE_STRUCT: return "c_type";
	case TYPE_NONE: case TYPE_VOID: return "none";
	default: break;
	}
	static const char *const names[] = {
#define TYPE(id, name, doc) name,
#include "lang/type.def"
#undef TYPE
	};
	return names[t->kind];
}

struct node *check_record_field(struct checker *c, struct node *record, const char *name, enum node_kind kind)
{
	struct node *arg = node_new(c->arena, NODE_ARG, record->span), *value = node_new(c->arena, kind, record->span);

	arg->name = name;
	arg->a = value;
	avec_push(c->arena, &record->list, arg);
	return value;
}

/* typeinfo(x) is the record (btf_id=, base_type=, full_type=). */
const struct type *check_typeinfo(struct checker *c, struct node *n)
{
	const struct type *t = n->a->kind == NODE_TYPE ? check_type(c, n->a) : check_value(c, n->a);
	const char *texts[] = {base_of(t), type_name(c->types, t)};
	struct node *value;

	if (t->kind == TYPE_NONE && !c->speak) {
		c->undecided++;
		return t;
	}
	n->list.n = 0;
	n->kind = NODE_RECORD;
	check_record_field(c, n, "btf_id", NODE_INT)->num = t->btf_id;
	for (unsigned i = 0; i < 2; i++) {
		value = check_record_field(c, n, i ? "full_type" : "base_type", NODE_STRING);
		value->text = (struct text){texts[i], strlen(texts[i])};
	}
	return check_expr(c, n);
}
