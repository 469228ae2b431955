/*
 * ply_expr.c - ply's expressions. Operators are C's, in both; names are not:
 *
 *   kpid, tid   tid          time, nsecs, walltime  nsecs     execname  comm
 *   stack       kstack       caller, probefunc      func      argN, arg(N)  argN, of a call args.fd
 *   data->f     args.f       regs->di               reg("di") start[k]  @start[k]
 *   mem(p, "128s")  str(p, 128)     mem(p, 16)  buf(p, 16)    strcmp(a, b)  a != b
 *
 * Variables of 2017 that are functions there may have empty parentheses: nsecs(), pid().
 */
#include "front/ply_int.h"

#include <ctype.h>
#include <stdlib.h>

static const struct { const char *name, *here; } variables[] = {
	{"pid", "pid"}, {"tgid", "pid"}, {"tid", "tid"}, {"kpid", "tid"}, {"uid", "uid"}, {"gid", "gid"},
	{"cpu", "cpu"}, {"comm", "comm"}, {"execname", "comm"}, {"time", "nsecs"}, {"walltime", "nsecs"},
	{"nsecs", "nsecs"}, {"secs", "(nsecs / 1000000000)"}, {"stack", "kstack"}, {"caller", "func"}, {"func", "func"},
	{"probefunc", "func"}, {"ctx", "ctx"},
};

static void put(struct ply *p, size_t i, const char *text)
{
	front_put(p->f, text, ply_span(p, ply_token(p, i)));
}

static const char *variable(const struct ply *p, const struct token *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (strlen(variables[i].name) == t->len &&
		    !memcmp(variables[i].name, p->source->text + t->off, t->len))
			return variables[i].here;
	return NULL;
}

bool ply_knows(const struct ply *p, const struct token *t)
{
	return variable(p, t) != NULL;
}

/* Whether the program has a map @NAME beside NAME. */
static bool is_aggregation(const struct ply *p, const char *name)
{
	const char *text = p->source->text;
	size_t len = strlen(name);

	for (const char *at = strchr(text, '@'); at; at = strchr(at + 1, '@'))
		if (!strncmp(at + 1, name, len) && !isalnum((unsigned char)at[1 + len]) && at[1 + len] != '_')
			return true;
	return false;
}

/* "start" and "@start" are two maps in ply. */
static const char *map_name(struct ply *p, const struct token *t)
{
	const char *name = ply_text(p, t);

	if (t->kind == TOKEN_MAP)
		return name;
	return arena_printf(p->f->arena, is_aggregation(p, name) ? "@%s_map" : "@%s", name);
}

/* ---- arguments, fields, registers ---- */

enum { MOST_ARGUMENTS = 32 };

static bool put_argument(struct ply *p, size_t i, unsigned number)
{
	const struct site *site = &p->probe.site;
	const char *text;

	if (!p->probe.function || p->probe.ret)
		return ply_wrong(p, i, NULL, "there are arguments at a function's call only");
	text = site_argument(p->f, site, number);
	if (!text)
		return ply_wrong(p, i, site->args ? NULL : "these are several system calls, and each names its "
				 "arguments otherwise", "%s has no argument %u", site->attach, number);
	put(p, i, text);
	return true;
}

/* The tracepoint's field that token i names. */
static bool put_field(struct ply *p, size_t i)
{
	const char *name = ply_text(p, ply_token(p, i)), *hint;

	if (!p->probe.tracepoint)
		return ply_wrong(p, i, NULL, "data-> is of tracepoints");
	if (!site_has_field(p->f, &p->probe.site, name, &hint))
		return ply_wrong(p, i, hint, "%s has no field %s", p->probe.site.attach, name);
	put(p, i, arena_printf(p->f->arena, "args.%s", name));
	return true;
}

static bool put_retval(struct ply *p, size_t i)
{
	if (!p->probe.ret)
		return ply_wrong(p, i, "kretprobe:...", "a function's result is known when it returns");
	put(p, i, p->probe.site.syscall ? "args.ret" : "retval");
	return true;
}

/* ---- functions ---- */

/* The comma between the two arguments of the call at token i, and the closing bracket. */
static size_t comma_of(const struct ply *p, size_t i, size_t *close)
{
	size_t comma = 0;

	*close = ply_behind(p, i + 1) - 1;
	for (size_t k = i + 2; k < *close; k++) {
		if (ply_is(p, k, "(") || ply_is(p, k, "["))
			k = ply_behind(p, k) - 1;
		else if (ply_is(p, k, ",") && !comma)
			comma = k;
	}
	return comma;
}

/* mem(p, "128s"), mem(p, "Q"): what Python's struct calls it; mem(p), mem(p, 16): bytes. */
static bool put_mem(struct ply *p, size_t i, size_t *next)
{
	static const struct { char letter; const char *type; } types[] = {
		{'b', "int8"}, {'B', "uint8"}, {'h', "int16"}, {'H', "uint16"}, {'i', "int32"}, {'I', "uint32"},
		{'l', "int64"}, {'L', "uint64"}, {'q', "int64"}, {'Q', "uint64"}, {'P', "uint64"},
	};
	size_t close, comma = comma_of(p, i, &close);
	const char *format = comma && ply_token(p, comma + 1)->kind == TOKEN_STRING
			     ? ply_text(p, ply_token(p, comma + 1)) + 1 : NULL;
	char *end = NULL;
	unsigned long n = format ? strtoul(format, &end, 10) : 0;

	*next = close + 1;
	if (close == i + 2 || (format && close != comma + 2))
		return ply_wrong(p, i, "mem(arg1, \"128s\"), mem(arg1, 16)",
				 "mem() takes an address and a format or a size");
	if (format && (*format == 's' || isdigit((unsigned char)*format)) && *end == 's' && end[1] == '"') {
		put(p, i, "str(");
		return ply_expr(p, i + 2, comma) &&
		       (put(p, comma, arena_printf(p->f->arena, ", %lu)", n ? n : 1)), true);
	}
	for (size_t k = 0; format && k < ARRAY_SIZE(types); k++)
		if (*format == types[k].letter && format[1] == '"') {
			put(p, i, arena_printf(p->f->arena, "(*(%s *)(", types[k].type));
			return ply_expr(p, i + 2, comma) && (put(p, close, "))"), true);
		}
	if (format)
		return ply_wrong(p, comma + 1, "\"128s\" is a string of up to 128 bytes; Q, I, H, B and q, i, h, b "
				 "are numbers", "what mem() is to read there has no translation");
	put(p, i, "buf("); /* of 64 bytes, where nothing is said */
	if (!ply_expr(p, i + 2, comma ? comma : close))
		return false;
	if (!comma)
		put(p, close, ", 64)");
	else if ((put(p, comma, ", "), !ply_expr(p, comma + 1, close)))
		return false;
	else
		put(p, close, ")");
	return true;
}

/* Whether what is asked of strcmp(), from token i to `close`, is nothing but whether it is 0. */
static bool only_equality(const struct ply *p, size_t i, size_t close)
{
	static const char *const orders[] = {"<", ">", "<=", ">=", "-", "+", "*"};

	for (size_t k = 0; k < ARRAY_SIZE(orders); k++)
		if (ply_is(p, close + 1, orders[k]) || (i && ply_is(p, i - 1, orders[k])))
			return false;
	if (ply_is(p, close + 1, "==") || ply_is(p, close + 1, "!="))
		return ply_is(p, close + 2, "0");
	return !i || (!ply_is(p, i - 1, "==") && !ply_is(p, i - 1, "!=")) || (i > 1 && ply_is(p, i - 2, "0"));
}

static bool put_strcmp(struct ply *p, size_t i, size_t *next)
{
	size_t close, comma = comma_of(p, i, &close);

	*next = close + 1;
	if (!comma)
		return ply_wrong(p, i, NULL, "strcmp() compares two strings");
	if (!only_equality(p, i, close))
		return ply_wrong(p, i, "strcmp(a, b) == 0, !strcmp(a, b)", "strcmp() tells whether strings are equal, "
				 "not which comes first");
	put(p, i, "(");
	if (!ply_expr(p, i + 2, comma))
		return false;
	put(p, comma, " != ");
	if (!ply_expr(p, comma + 1, close))
		return false;
	put(p, close, ")");
	return true;
}

/* dyn(data->name), dyn(data->name, 64): the field is read as what it is. */
static bool put_dyn(struct ply *p, size_t i, size_t *next)
{
	size_t close, comma = comma_of(p, i, &close);

	*next = close + 1;
	return ply_expr(p, i + 2, comma ? comma : close);
}

/* arg(1), reg("di") */
static bool put_numbered(struct ply *p, size_t i, size_t *next)
{
	const struct token *t = ply_token(p, i + 2);
	struct lex_problem problem = {0};
	uint64_t number = MOST_ARGUMENTS;

	*next = i + 4;
	if (t->kind == TOKEN_INT && ply_is(p, i + 3, ")"))
		number = lex_number(p->source, t, &problem).value;
	if (problem.message || number >= MOST_ARGUMENTS)
		return ply_wrong(p, i, "arg(1)", "arg() wants a number from 0 to %d", MOST_ARGUMENTS - 1);
	return put_argument(p, i, (unsigned)number);
}

/* printf's %v is whatever the value is. */
static void put_format(struct ply *p, size_t i)
{
	char *text = arena_strdup(p->f->arena, ply_text(p, ply_token(p, i)));

	for (char *c = text; *c; c++)
		if (c[0] == '%' && c[1] == '%')
			c++;
		else if (c[0] == '%') {
			c += 1 + strspn(c + 1, "0123456789.-+ #hlzjt");
			if (*c == 'v')
				*c = 's';
			if (!*c)
				break;
		}
	put(p, i, text);
}

static bool put_printf(struct ply *p, size_t i, size_t *next)
{
	*next = ply_behind(p, i + 1);
	if (ply_token(p, i + 2)->kind != TOKEN_STRING)
		return ply_wrong(p, i, NULL, "printf() wants a format");
	put(p, i, "printf(");
	put_format(p, i + 2);
	if (!ply_expr(p, i + 3, *next - 1))
		return false;
	put(p, *next - 1, ")");
	return true;
}

/* print(a, b) */
static bool put_print(struct ply *p, size_t i, size_t *next)
{
	size_t close, comma = comma_of(p, i, &close);

	*next = close + 1;
	put(p, i, comma ? "print((" : "print(");
	if (!ply_expr(p, i + 2, close))
		return false;
	put(p, close, comma ? "))" : ")");
	return true;
}

static bool put_exit(struct ply *p, size_t i, size_t *next)
{
	*next = ply_behind(p, i + 1);
	put(p, i, "exit(");
	if (*next > i + 3 && !ply_expr(p, i + 2, *next - 1))
		return false;
	put(p, *next - 1, ")");
	return true;
}

static bool put_plain_call(struct ply *p, size_t i, size_t *next)
{
	*next = ply_behind(p, i + 1);
	put(p, i, arena_printf(p->f->arena, "%s(", ply_text(p, ply_token(p, i))));
	if (*next > i + 3 && !ply_expr(p, i + 2, *next - 1))
		return false;
	put(p, *next - 1, ")");
	return true;
}

static bool put_call(struct ply *p, size_t i, size_t *next)
{
	static const struct { const char *name; bool (*put)(struct ply *p, size_t i, size_t *next); } calls[] = {
		{"mem", put_mem}, {"strcmp", put_strcmp}, {"dyn", put_dyn}, {"arg", put_numbered},
		{"printf", put_printf}, {"print", put_print}, {"exit", put_exit}, {"clear", put_plain_call},
		{"str", put_plain_call}, {"uptr", put_plain_call}, {"reg", put_plain_call}, {"sizeof", put_plain_call},
	};
	const struct token *t = ply_token(p, i);

	for (size_t k = 0; k < ARRAY_SIZE(calls); k++)
		if (ply_is(p, i, calls[k].name))
			return calls[k].put(p, i, next);
	*next = i + 3;
	if (ply_is(p, i + 2, ")") && variable(p, t)) { /* nsecs() */
		put(p, i, variable(p, t));
		return true;
	}
	if (ply_is(p, i + 2, ")") && ply_is(p, i, "retval"))
		return put_retval(p, i);
	if (ply_is(p, i + 2, ")") && p->probe.tracepoint)
		return put_field(p, i);
	if (ply_is(p, i, "quantize") || ply_is(p, i, "sum") || ply_is(p, i, "count"))
		return ply_wrong(p, i, "@name[key] = quantize(x);", "%s() is stored in a map of its own",
				 ply_text(p, t));
	return ply_wrong(p, i, "there are printf, print, str, mem, uptr, strcmp, dyn, clear and exit",
			 "there is no function %s()", ply_text(p, t));
}

/* ---- names and the rest ---- */

static bool is_local(const struct ply *p, const struct token *t)
{
	for (size_t i = 0; i < p->locals.n; i++)
		if (strlen(p->locals.v[i]) == t->len && !memcmp(p->locals.v[i], p->source->text + t->off, t->len))
			return true;
	return false;
}

/* A field of a tracepoint by its name alone, as in 2017. */
static bool is_field(const struct ply *p, const struct token *t)
{
	const struct type *args = p->probe.tracepoint ? p->probe.site.args : NULL;
	struct field field;

	return args && type_field(args, ply_text(p, t), &field);
}

static bool put_map(struct ply *p, size_t i, size_t *next)
{
	put(p, i, map_name(p, ply_token(p, i)));
	*next = i + 1;
	if (!ply_is(p, i + 1, "["))
		return true;
	*next = ply_behind(p, i + 1);
	put(p, i + 1, "[");
	if (!ply_expr(p, i + 2, *next - 1))
		return false;
	put(p, *next - 1, "]");
	return true;
}

static bool put_name(struct ply *p, size_t i, size_t *next)
{
	const struct token *t = ply_token(p, i);
	const char *text = ply_text(p, t);
	uint64_t number;

	*next = i + 1;
	if (ply_is(p, i + 1, "["))
		return put_map(p, i, next);
	if (is_local(p, t)) {
		put(p, i, arena_printf(p->f->arena, "$%s", text));
		return true;
	}
	if (ply_is(p, i + 1, "("))
		return put_call(p, i, next);
	if ((ply_is(p, i, "data") || ply_is(p, i, "regs")) && ply_is(p, i + 1, "->")) {
		*next = i + 3;
		if (!token_is_word(ply_token(p, i + 2)->kind))
			return ply_wrong(p, i + 2, NULL, "a name belongs behind %s->", text);
		if (ply_is(p, i, "data"))
			return put_field(p, i + 2);
		put(p, i, arena_printf(p->f->arena, "reg(\"%s\")", ply_text(p, ply_token(p, i + 2))));
		return true;
	}
	if (str_starts(text, "arg") && str_to_u64(text + 3, &number) && number < MOST_ARGUMENTS)
		return put_argument(p, i, (unsigned)number);
	if (ply_is(p, i, "retval"))
		return put_retval(p, i);
	if (!variable(p, t) && is_field(p, t))
		return put_field(p, i);
	put(p, i, variable(p, t) ? variable(p, t) : text);
	return true;
}

/* ->x and .x: a member, whatever it is called */
static bool is_member(const struct ply *p, size_t i, size_t from)
{
	return i > from && (ply_is(p, i - 1, "->") || ply_is(p, i - 1, "."));
}

static bool expression(struct ply *p, size_t from, size_t to)
{
	for (size_t i = from, next; i < to; i = next) {
		const struct token *t = ply_token(p, i);

		next = i + 1;
		if (i > from && t->blank)
			buf_putc(&p->f->body, ' ');
		if (t->kind == TOKEN_MAP) {
			if (!put_map(p, i, &next))
				return false;
		} else if (token_is_word(t->kind) && !is_member(p, i, from)) {
			if (!put_name(p, i, &next))
				return false;
		} else if (!front_of_expression(t->kind)) {
			return ply_wrong(p, i, NULL, "this is no part of an expression");
		} else {
			put(p, i, ply_text(p, t));
		}
	}
	return true;
}

bool ply_expr(struct ply *p, size_t from, size_t to)
{
	enum { MOST = 64 };
	bool good;

	if (p->depth >= MOST)
		return ply_wrong(p, from, NULL, "brackets lie too deep in each other");
	p->depth++;
	good = expression(p, from, to);
	p->depth--;
	return good;
}
