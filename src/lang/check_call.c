/*
 * check_call.c - calls and builtin variables: the row of builtin.def says how many arguments
 * of what kind; what a row marks "?" is decided here, one function a builtin.
 */
#include "lang/check_int.h"
#include "lang/hist.h"

#include <arpa/inet.h>
#include <stdlib.h>

static const struct type *none(struct checker *c)
{
	return simple(c, TYPE_NONE);
}

/* A type as the table writes it: "uint32", "string[16]", "kstack". */
static const struct type *row_type(struct checker *c, const char *text)
{
	static const char *const kinds[] = {
#define TYPE(id, name, doc) name,
#include "lang/type.def"
#undef TYPE
	};

	if (str_starts(text, "uint") || str_starts(text, "int"))
		return type_int(c->types, atoi(text + (*text == 'u' ? 4 : 3)) / 8, *text == 'i');
	if (str_starts(text, "string["))
		return type_string(c->types, atoi(text + 7));
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i], text))
			return simple(c, i);
	BUG("builtin type '%s'", text);
}

static bool is_user_probe(enum provider p)
{
	return p == PROVIDER_UPROBE || p == PROVIDER_URETPROBE || p == PROVIDER_USDT;
}

static bool is_kprobe(enum provider p)
{
	return p == PROVIDER_KPROBE || p == PROVIDER_KRETPROBE;
}

static bool is_fentry(enum provider p)
{
	return p == PROVIDER_FENTRY || p == PROVIDER_FEXIT;
}

static bool check_where(struct checker *c, const struct node *n, const struct builtin *b)
{
	enum provider p = c->probe->provider;
	const char *why = NULL;

	if (b->where & WHERE_UNSAFE && !c->script->config.unsafe) {
		complain(c, UNSAFE, n->span, "%s() changes the system: it needs --unsafe", b->name);
		return false;
	}
	if (b->where & WHERE_ARGS && p != PROVIDER_TRACEPOINT && p != PROVIDER_RAWTRACEPOINT && p != PROVIDER_UPROBE &&
	    !is_fentry(p))
		why = "tracepoint, rawtracepoint, fentry and fexit probes";
	if (b->where & WHERE_RETURN && p != PROVIDER_URETPROBE && p != PROVIDER_KRETPROBE && p != PROVIDER_FEXIT)
		why = "uretprobes, kretprobes and fexit probes";
	if (b->where & WHERE_USER_FUNCTION && !is_user_probe(p) &&
	    !(b->id == BUILTIN_FUNC && (is_kprobe(p) || is_fentry(p))))
		why = b->id == BUILTIN_FUNC ? "probes of functions" : "uprobes and uretprobes";
	if (b->where & WHERE_REGISTERS && !is_user_probe(p) && !is_kprobe(p) &&
	    !(b->id == BUILTIN_ARGN && is_fentry(p)) &&
	    !(b->id == BUILTIN_ARGN && p == PROVIDER_RAWTRACEPOINT) &&
	    !(b->id == BUILTIN_REG && (provider_samples(p) || p == PROVIDER_WATCHPOINT)))
		why = b->id == BUILTIN_REG ? "kprobes, uprobes, their returns, usdt, profile, software, hardware "
					     "and watchpoint probes"
					   : "kprobes, uprobes, usdt, fentry and rawtracepoints";
	if (b->id == BUILTIN_ARGN && (p == PROVIDER_URETPROBE || p == PROVIDER_KRETPROBE))
		why = "kprobes, uprobes, usdt, fentry and rawtracepoints";
	if (why)
		complain(c, BUILTIN_NOT_HERE, n->span, "%s exists in %s only", n->name, why);
	return !why;
}

/* ---- variables ---- */

static const struct type *probe_name_type(struct checker *c)
{
	size_t longest = 1;

	vec_each(it, &c->probe->targets)
		longest = MAX_OF(longest, strlen((*it)->name) + 1);
	c->probe->uses_probe_name = true;
	return type_string(c->types, longest);
}

static const struct type *func_type(struct checker *c)
{
	size_t longest = 1;

	c->probe->uses_probe_name = true; /* it must know which target fired */
	vec_each(it, &c->probe->targets) {
		bool user = (*it)->provider == PROVIDER_UPROBE || (*it)->provider == PROVIDER_URETPROBE;
		struct target *target = (struct target *)*it; /* made for this script */
		const char *name = NULL;

		if (user && target->symbol && c->script->config.cpp_demangle && c->world->demangle)
			name = c->world->demangle(c->world, target->symbol);
		if (name)
			target->symbol = name;
		if (target->symbol)
			longest = MAX_OF(longest, strlen(target->symbol) + 1);
	}
	return type_string(c->types, longest);
}

static const struct type *args_type(struct checker *c, struct node *n)
{
	const struct type *t = c->probe->targets.n
			       ? c->world->args(c->world, c->probe->targets.v[0]) : NULL;

	c->probe->uses_args = true;
	if (!c->probe->targets.n)
		return none(c);
	if (!t)
		complain(c, BUILTIN_NOT_HERE, n->span, "%s has no arguments known here",
			 c->probe->targets.v[0]->name);
	return t ? t : none(c);
}

/* fexit: as the function's prototype has it, the last of its args; else a word. */
static const struct type *retval_type(struct checker *c, struct node *n, const struct builtin *b)
{
	const struct target *target = c->probe->targets.n ? c->probe->targets.v[0] : NULL;
	const struct field *last;
	const struct type *t;

	if (c->probe->provider != PROVIDER_FEXIT || !target)
		return row_type(c, b->type);
	vec_each(it, &c->probe->targets) {
		last = world_result(c->world, *it);
		if (last)
			continue;
		complain(c, BUILTIN_NOT_HERE, n->span, "%s returns nothing that could be read", (*it)->name);
		return none(c);
	}
	t = world_result(c->world, target)->type;
	if (c->probe->targets.n > 1) /* of several functions: a word */
		return type_int(c->types, 8, type_is_int(t) && t->is_signed);
	return t;
}

static const struct type *curtask_type(struct checker *c, struct node *n)
{
	const struct type *task = c->world->type_named(c->world, OP_STRUCT, "task_struct");

	if (!task) {
		complain(c, UNKNOWN_TYPE, n->span,
			 "'%s' needs struct task_struct, and this kernel has no BTF to describe it", n->name);
		return none(c);
	}
	return type_pointer(c->types, task, TYPE_SPACE_KERNEL, true);
}

/* argN of a static probe: every site must have it; it is signed where one says so. */
static const struct type *usdt_arg_type(struct checker *c, struct node *n)
{
	bool is_signed = false;

	c->probe->args_used |= n->num < 64 ? 1ull << n->num : 0;
	vec_each(it, &c->probe->targets) {
		const struct target *t = *it;
		const struct usdt_arg *arg = n->num < t->nusdt_args ? &t->usdt_args[n->num] : NULL;

		if (!arg) {
			complain(c, OUT_OF_RANGE, n->span, "%s has %u argument%s", t->name, t->nusdt_args,
				 t->nusdt_args == 1 ? "" : "s");
			return none(c);
		}
		if (arg->kind == USDT_NONE) {
			complain(c, BUILTIN_NOT_HERE, n->span, "%s of %s cannot be had: %s", n->name, t->name,
				 arg->why);
			return none(c);
		}
		is_signed |= arg->is_signed;
	}
	return type_int(c->types, 8, is_signed);
}

/* struct bpf_iter__OBJECT, whose members are what is walked over. */
static const struct type *iterator_context(struct checker *c, struct node *n)
{
	const char *name = arena_printf(c->arena, "bpf_iter__%s", c->probe->targets.v[0]->event);
	const struct type *t = c->world->type_named(c->world, OP_STRUCT, name);

	if (!t) {
		complain(c, UNKNOWN_TYPE, n->span, "this kernel does not describe struct %s", name);
		return none(c);
	}
	return type_pointer(c->types, t, TYPE_SPACE_KERNEL, true);
}

const struct type *check_variable_builtin(struct checker *c, struct node *n, const struct builtin *b)
{
	n->ref.builtin = b;
	if (!check_where(c, n, b))
		return none(c);
	c->probe->uses_registers |= b->id == BUILTIN_CTX;
	c->probe->uses_kstack |= b->id == BUILTIN_KSTACK;
	c->probe->uses_retval |= b->id == BUILTIN_RETVAL;
	if (b->id == BUILTIN_ARGN)
		c->probe->nargs_used = MAX_OF(c->probe->nargs_used, (uint32_t)n->num + 1);
	if (b->id == BUILTIN_USTACK || b->id == BUILTIN_DW_USTACK)
		c->script->uses_user_symbols = true;
	switch (b->id) {
	case BUILTIN_CURTASK: return curtask_type(c, n);
	case BUILTIN_CONFIG: return check_config_record(c, n);
	case BUILTIN_PPID: case BUILTIN_PCOMM: case BUILTIN_LEADER_TID: case BUILTIN_LEADER_COMM:
		if (curtask_type(c, n)->kind == TYPE_NONE)
			return none(c);
		return row_type(c, b->type);
	case BUILTIN_PROBE: return probe_name_type(c);
	case BUILTIN_FUNC: return func_type(c);
	case BUILTIN_RETVAL: return retval_type(c, n, b);
	case BUILTIN_ARGN:
		return c->probe->provider == PROVIDER_USDT ? usdt_arg_type(c, n) : row_type(c, b->type);
	case BUILTIN_PROBETYPE: return type_string(c->types, 16);
	case BUILTIN_ARGS: return args_type(c, n);
	case BUILTIN_CTX:
		if (c->probe->provider == PROVIDER_ITER && c->probe->targets.n)
			return iterator_context(c, n);
		return type_pointer(c->types, simple(c, TYPE_VOID), TYPE_SPACE_KERNEL, false);
	default: return row_type(c, b->type);
	}
}

/* ---- arguments against the row's letters ---- */

static const char *letter_words(char letter)
{
	switch (letter) {
	case 'i': return "a number";
	case 'p': return "an address";
	case 's': return "a string";
	case 'L': return "a string literal";
	case 'N': return "an integer literal";
	case 'm': return "a map";
	case 'e': return "a map";
	case 't': return "a type";
	case 'f': return "a member";
	case 'x': return "a scratch variable";
	default: return "a value";
	}
}

/* Where a string is wanted, the address of one is read: p is str(p). */
static bool check_as_string(struct checker *c, struct node *arg)
{
	const struct type *t = check_value(c, arg);
	struct node *inner;

	if (t->kind != TYPE_POINTER || t->elem->kind != TYPE_INT || t->elem->size != 1)
		return false;
	inner = arena_copy(c->arena, arg, sizeof(*arg));
	*arg = (struct node){.kind = NODE_CALL, .span = inner->span, .name = "str"};
	avec_push(c->arena, &arg->list, inner);
	check_value(c, arg);
	return true;
}

/* a, a.b, a.b.c */
static bool check_member_path(const struct node *arg)
{
	while (arg->kind == NODE_FIELD)
		arg = arg->a;
	return arg->kind == NODE_IDENT;
}

static bool fits(struct checker *c, struct node *arg, char letter)
{
	const struct type *t;
	int64_t value;

	if (letter == 'L' && arg->kind == NODE_PARAM && arg->num >= 1) {
		const char *text = arg->num <= c->world->nparams ? c->world->params[arg->num - 1] : "";

		arg->kind = NODE_STRING;
		arg->text = (struct text){text, strlen(text)};
	}
	if (letter == 's' && check_as_string(c, arg))
		return true;
	if (letter == 'm' || letter == 'e')
		return arg->kind == NODE_MAP;
	if (letter == 't')
		return check_type(c, arg)->kind != TYPE_NONE && arg->kind == NODE_TYPE;
	if (letter == 'f')
		return check_member_path(arg);
	if (letter == 'x')
		return arg->kind == NODE_VAR;
	if (letter == 'n')
		return arg->kind == NODE_IDENT;
	if (letter == 'v' && arg->kind == NODE_MAP)
		return true; /* the builtin looks at it itself */
	if (letter == 'v' && arg->kind == NODE_IDENT && !builtin_variable(arg->name))
		return true; /* a mode's name, or an enumerator: the builtin decides */
	t = check_value(c, arg);
	switch (letter) {
	case 'i': return type_is_scalar(t) || t->kind == TYPE_NONE;
	case 'p': return type_is_scalar(t) || t->kind == TYPE_NONE || t->kind == TYPE_ARRAY;
	case 's': return t->kind == TYPE_STRING || t->kind == TYPE_NONE;
	case 'L': return arg->kind == NODE_STRING;
	case 'N': return check_constant(arg, &value);
	default: return true;
	}
}

static void range(const char *args, size_t *min, size_t *max)
{
	bool optional = false;

	*min = *max = 0;
	for (; *args; args++) {
		if (*args == '|') {
			optional = true;
		} else if (*args == '*') {
			*max = 64;
		} else {
			*min += !optional;
			*max += 1;
		}
	}
}

/* The letter of argument i. */
static char letter_of(const char *args, size_t i)
{
	for (; *args; args++) {
		if (*args == '|')
			continue;
		if (*args == '*')
			return 'v';
		if (i-- == 0)
			return *args;
	}
	return 'v';
}

static bool check_arguments(struct checker *c, struct node *n, const struct builtin *b)
{
	size_t min, max;
	bool good = true;

	range(b->args, &min, &max);
	if (n->list.n < min || n->list.n > max) {
		if (max == 0)
			complain(c, ARGUMENT_COUNT, n->span, "%s() takes no arguments", n->name);
		else if (min == max)
			complain(c, ARGUMENT_COUNT, n->span, "%s() takes %zu argument%s, not %zu", n->name, min,
				 min == 1 ? "" : "s", n->list.n);
		else if (min == 0)
			complain(c, ARGUMENT_COUNT, n->span, "%s() takes at most %zu argument%s, not %zu", n->name,
				 max, max == 1 ? "" : "s", n->list.n);
		else
			complain(c, ARGUMENT_COUNT, n->span, "%s() takes %zu to %zu arguments, not %zu", n->name,
				 min, max, n->list.n);
		advise(c, "for example: %s", b->example);
		return false;
	}
	for (size_t i = 0; i < n->list.n; i++) {
		struct node *arg = n->list.v[i];
		char letter = letter_of(b->args, i);

		if (fits(c, arg, letter))
			continue;
		complain(c, ARGUMENT_TYPE, arg->span, "argument %zu of %s() must be %s%s%s", i + 1, n->name,
			 letter_words(letter), arg->type ? ", this is " : "",
			 arg->type ? type_name(c->types, arg->type) : "");
		good = false;
	}
	return good;
}

/* ---- results of rows marked "?" ---- */

static const struct type *call_str(struct checker *c, struct node *n, bool buffer)
{
	struct node *arg = n->list.v[0];
	const struct type *t = check_known(c, arg);
	int64_t size = buffer ? c->script->config.max_strlen : string_room(&c->script->config);

	if (!buffer && arg->kind == NODE_PARAM) { /* kept for str($1): see check_call */
		return type_string(c->types, arg->text.len + 1);
	}
	if (t->kind == TYPE_NONE)
		return buffer ? type_buffer(c->types, size) : type_string(c->types, size);
	if (!type_is_scalar(t) && t->kind != TYPE_ARRAY && t->kind != TYPE_STRING) {
		complain(c, ARGUMENT_TYPE, arg->span, "argument 1 of %s() must be an address, this is %s",
			 n->name, type_name(c->types, t));
		return none(c);
	}
	if (buffer && (t->kind == TYPE_ARRAY || t->kind == TYPE_STRING) && n->list.n == 1)
		size = t->size;
	else if (!buffer && t->kind == TYPE_STRING && n->list.n == 1)
		return t;
	if (n->list.n > 1 && check_constant(n->list.v[1], &size)) {
		if (size < 0 || size > 1 << 20) {
			complain(c, OUT_OF_RANGE, n->list.v[1]->span, "a length of %lld; 0 to 1048576 is possible",
				 (long long)size);
			size = 64;
		}
		size += !buffer && !type_is_scalar(t); /* of an address, n counts the end's byte */
	}
	return buffer ? type_buffer(c->types, MAX_OF(size, (int64_t)1))
		      : type_string(c->types, MAX_OF(size, (int64_t)1));
}

/*
 * argv(p): twice the strings' limit, rounded up, so that the place of the last string, masked
 * with the first half's size, leaves room for it (ir/lower_argv.c).
 */
static const struct type *call_argv(struct checker *c, struct node *n)
{
	const struct type *t = n->list.v[0]->type;
	uint32_t half = 64;

	if (t->kind == TYPE_POINTER && t->elem->kind != TYPE_POINTER && t->elem->kind != TYPE_VOID)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "argv() wants an array of strings (char **), this is %s",
			 type_name(c->types, t));
	while (half < c->script->config.max_strlen)
		half *= 2;
	return type_buffer(c->types, 2 * half);
}

static const struct type *call_pton(struct checker *c, struct node *n)
{
	const char *text = n->list.v[0]->text.data;
	unsigned char bytes[16];
	bool six = strchr(text, ':') != NULL;

	if (inet_pton(six ? AF_INET6 : AF_INET, text, bytes) != 1)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "'%s' is not an IP address", text);
	return type_array(c->types, type_int(c->types, 1, false), six ? 16 : 4);
}

static const struct type *call_ntop(struct checker *c, struct node *n)
{
	struct node *address = n->list.v[n->list.n - 1];
	const struct type *t = check_value(c, address);

	if (n->list.n == 2) {
		const struct type *family = check_value(c, n->list.v[0]);

		if (!type_is_int(family) && family->kind != TYPE_NONE)
			complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "the address family is a number");
	}
	if (t->kind != TYPE_NONE && !type_is_scalar(t) &&
	    !((t->kind == TYPE_ARRAY || t->kind == TYPE_STRING) && (t->size == 4 || t->size == 16)) &&
	    !(t->kind == TYPE_STRUCT))
		complain(c, ARGUMENT_TYPE, address->span,
			 "ntop() wants a number or an array of 4 or 16 bytes, this is %s", type_name(c->types, t));
	return simple(c, TYPE_INET);
}

static const struct type *call_macaddr(struct checker *c, struct node *n)
{
	struct node *address = n->list.v[0];
	const struct type *t = check_value(c, address);

	if (t->kind != TYPE_NONE && t->kind != TYPE_POINTER && !type_is_int(t) &&
	    !((t->kind == TYPE_ARRAY || t->kind == TYPE_STRING) && t->size >= 6))
		complain(c, ARGUMENT_TYPE, address->span,
			 "macaddr() wants an address or an array of 6 bytes, this is %s", type_name(c->types, t));
	return simple(c, TYPE_MAC);
}

static const struct type *call_aggregation(struct checker *c, struct node *n, const struct builtin *b)
{
	static const struct { enum builtin_id id; enum type_kind kind; } kinds[] = {
		{BUILTIN_COUNT, TYPE_COUNT}, {BUILTIN_SUM, TYPE_SUM}, {BUILTIN_AVG, TYPE_AVG},
		{BUILTIN_MIN, TYPE_MIN}, {BUILTIN_MAX, TYPE_MAX}, {BUILTIN_STATS, TYPE_STATS},
	};
	int64_t bits = 0, lo, hi, step;

	if (b->id == BUILTIN_HIST) {
		if (n->list.n > 1)
			check_constant(n->list.v[1], &bits);
		if (bits < 0 || bits > HIST_MAX_BITS) {
			complain(c, OUT_OF_RANGE, n->list.v[1]->span, "hist's second argument is 0 to %d",
				 HIST_MAX_BITS);
			bits = 0;
		}
		return type_hist(c->types, bits, false);
	}
	if (b->id == BUILTIN_LHIST) {
		check_constant(n->list.v[1], &lo);
		check_constant(n->list.v[2], &hi);
		check_constant(n->list.v[3], &step);
		if (step < 1 || hi <= lo || (uint64_t)hi - (uint64_t)lo > INT64_MAX ||
		    (hi - lo) / step > 1000) {
			complain(c, OUT_OF_RANGE, n->span,
				 "lhist wants min < max and a step of at least 1, with at most 1000 steps");
			return type_lhist(c->types, 0, 1, 1);
		}
		return type_lhist(c->types, lo, hi, step);
	}
	if (b->id == BUILTIN_TSERIES)
		return check_tseries(c, n);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].id == b->id)
			return type_aggregation(c->types, kinds[i].kind,
						n->list.n && n->list.v[0]->type->is_signed);
	BUG("aggregation %s", b->name);
}

static const struct type *call_stack(struct checker *c, struct node *n, bool user)
{
	static const char *const modes[] = {"bpftrace", "perf", "raw", "build_id"};

	if (user)
		c->script->uses_user_symbols = true;
	n->num = 0; /* depth | mode << 32 | method << 40 */
	uint64_t mode = c->script->config.stack_mode, depth = 127;
	uint64_t method = n->ref.builtin->id == BUILTIN_DW_USTACK_CALL ? STACK_BY_TABLES : STACK_BY_ANY;
	int64_t value;

	vec_each(it, &n->list) {
		struct node *arg = *it;

		if (check_constant(arg, &value)) {
			if (value < 0)
				complain(c, OUT_OF_RANGE, arg->span, "a stack depth of %lld; 1 to 127 is possible",
					 (long long)value);
			depth = value < 1 || value > 127 ? 127 : value; /* 0: all; more than the kernel walks */
			continue;
		}
		if (user && arg->kind == NODE_IDENT && (str_eq(arg->name, "fp") || str_eq(arg->name, "dwarf"))) {
			method = str_eq(arg->name, "fp") ? STACK_BY_FRAME_POINTER : STACK_BY_TABLES;
			continue;
		}
		mode = 4;
		for (unsigned i = 0; arg->kind == NODE_IDENT && i < ARRAY_SIZE(modes); i++)
			if (str_eq(arg->name, modes[i]))
				mode = i;
		if (mode == 4)
			complain(c, ARGUMENT_TYPE, arg->span,
				 "a stack takes a mode (bpftrace, perf, raw, build_id)%s and a constant depth",
				 user ? ", a way to walk it (fp, dwarf)" : "");
		else if (mode == STACK_BUILD_ID && !user)
			complain(c, ARGUMENT_TYPE, arg->span, "build ids are of user stacks: ustack(build_id)");
	}
	if (mode == STACK_BUILD_ID && !user)
		mode = STACK_RAW; /* from the configuration: addresses, too */
	n->num = depth | mode << 32 | method << 40;
	return simple(c, user ? TYPE_USTACK : TYPE_KSTACK);
}

/* delete(@m, key), delete(@m[key]); has_key(@m, key). The key goes into n->list as second. */
static const struct type *call_key(struct checker *c, struct node *n, unsigned use)
{
	struct node *map_node = n->list.v[0];
	struct map *map;

	if (n->list.n == 2 && map_node->a && map_node->a != n->list.v[1]) {
		complain(c, ARGUMENT_COUNT, n->span, "the key is given twice");
		return simple(c, TYPE_BOOL);
	}
	if (n->list.n == 2)
		map_node->a = n->list.v[1];
	map = check_map(c, map_node, use);
	if (use == MAP_HAS_KEY && !map_node->a)
		complain(c, ARGUMENT_COUNT, n->span, "has_key() wants a map and a key");
	if (use == MAP_DELETED && !map_node->a && map->key)
		complain(c, MAP_KEY_MISMATCH, n->span, "@%s is keyed: delete(@%s, key), or clear(@%s) for all",
			 map->name, map->name, map->name);
	return simple(c, TYPE_BOOL);
}

static const struct type *call_len(struct checker *c, struct node *n)
{
	struct node *arg = n->list.v[0];
	const struct type *t;

	if (arg->kind == NODE_MAP && !arg->a) {
		check_map(c, arg, MAP_LEN);
		return type_int(c->types, 8, false);
	}
	t = check_value(c, arg);
	if (t->kind != TYPE_KSTACK && t->kind != TYPE_USTACK && t->kind != TYPE_NONE)
		complain(c, ARGUMENT_TYPE, arg->span, "len() wants a map or a stack, this is %s",
			 type_name(c->types, t));
	return type_int(c->types, 8, false);
}

static const struct type *call_nsecs(struct checker *c, struct node *n)
{
	static const char *const modes[] = {"monotonic", "boot", "tai", "sw_tai"};

	n->num = NSECS_MONOTONIC;
	if (n->list.n) {
		unsigned i = 0;

		while (i < ARRAY_SIZE(modes) && !str_eq(modes[i], n->list.v[0]->name))
			i++;
		if (i == ARRAY_SIZE(modes))
			complain(c, ARGUMENT_TYPE, n->list.v[0]->span,
				 "nsecs() takes monotonic, boot, tai or sw_tai");
		n->num = i;
	}
	return type_int(c->types, 8, false);
}

static const struct type *call_space(struct checker *c, struct node *n, enum type_space space)
{
	const struct type *t = n->list.v[0]->type ? n->list.v[0]->type : check_value(c, n->list.v[0]);

	if (t->kind == TYPE_POINTER)
		return type_pointer(c->types, t->elem, space, false);
	if (type_is_int(t))
		return type_pointer(c->types, simple(c, TYPE_VOID), space, false);
	if (t->kind != TYPE_NONE)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "%s() wants an address, this is %s", n->name,
			 type_name(c->types, t));
	return t;
}

static const struct type *call_address(struct checker *c, struct node *n, const struct builtin *b)
{
	const char *name = n->list.v[0]->text.data;
	uint64_t value = 0;
	bool found = true;

	if (!c->speak)
		return row_type(c, b->type);
	if (b->id == BUILTIN_KADDR)
		found = c->world->kaddr(c->world, name, &value);
	else if (b->id == BUILTIN_CGROUPID)
		found = c->world->cgroupid(c->world, name, &value);
	else if (c->probe->targets.n)
		found = c->world->uaddr(c->world, c->probe->targets.v[0]->path, name, &value);
	if (!found)
		complain(c, UNKNOWN_IDENTIFIER, n->list.v[0]->span, b->id == BUILTIN_CGROUPID
			 ? "there is no cgroup at '%s'" : "there is no symbol '%s'", name);
	n->num = value;
	return row_type(c, b->type);
}

/* A literal has the least width it fits into, its sign's bit included. */
static const struct type *call_bswap(struct checker *c, const struct node *arg)
{
	int64_t n;
	unsigned size = 1;

	if (arg->kind != NODE_INT || arg->type->kind != TYPE_INT || !check_constant(arg, &n))
		return arg->type;
	while (size < 8 && n >= 1LL << (8 * size - 1))
		size *= 2;
	return type_int(c->types, size, arg->type->is_signed);
}

static const struct type *call_strftime(struct checker *c, struct node *n)
{
	struct node *time = n->list.v[1];
	const struct type *t = check_known(c, time);

	if (t->kind != TYPE_NONE && !type_is_int(t))
		complain(c, ARGUMENT_TYPE, time->span, "strftime() wants a time in nanoseconds, this is %s",
			 type_name(c->types, t));
	return simple(c, TYPE_TIMESTAMP);
}

static const struct type *call_result(struct checker *c, struct node *n, const struct builtin *b)
{
	const struct type *t;

	switch (b->id) {
	case BUILTIN_STR: return call_str(c, n, false);
	case BUILTIN_ARGV: return call_argv(c, n);
	case BUILTIN_BUF: return call_str(c, n, true);
	case BUILTIN_PTON: return call_pton(c, n);
	case BUILTIN_NTOP: return call_ntop(c, n);
	case BUILTIN_KSTACK_CALL:
		c->probe->uses_kstack = true;
		return call_stack(c, n, false);
	case BUILTIN_REG:
		c->probe->uses_registers = true;
		return row_type(c, b->type);
	case BUILTIN_USTACK_CALL:
	case BUILTIN_DW_USTACK_CALL: return call_stack(c, n, true);
	case BUILTIN_DELETE: return call_key(c, n, MAP_DELETED);
	case BUILTIN_HAS_KEY: return call_key(c, n, MAP_HAS_KEY);
	case BUILTIN_LEN: return call_len(c, n);
	case BUILTIN_NSECS_CALL: return call_nsecs(c, n);
	case BUILTIN_KPTR: return call_space(c, n, TYPE_SPACE_KERNEL);
	case BUILTIN_UPTR: return call_space(c, n, TYPE_SPACE_USER);
	case BUILTIN_BSWAP: return call_bswap(c, n->list.v[0]);
	case BUILTIN_KADDR: case BUILTIN_UADDR: case BUILTIN_CGROUPID: return call_address(c, n, b);
	case BUILTIN_USYM:
		c->script->uses_user_symbols = true;
		return row_type(c, b->type);
	case BUILTIN_MACADDR: return call_macaddr(c, n);
	case BUILTIN_STRFTIME:
		return call_strftime(c, n);
	case BUILTIN_KSYM:
		if (n->list.v[n->list.n - 1]->type == NULL)
			check_value(c, n->list.v[n->list.n - 1]);
		return row_type(c, b->type);
	default: break;
	}
	if (b->where & WHERE_AGGREGATION)
		return call_aggregation(c, n, b);
	t = check_meta_call(c, n, b);
	if (!t)
		t = check_library_call(c, n, b);
	return t ? t : row_type(c, b->type);
}

static const struct type *unknown_function(struct checker *c, struct node *n)
{
	const char *near = builtin_nearest(n->name, true);

	complain(c, UNKNOWN_FUNCTION, n->span, "there is no function '%s'", n->name);
	if (near)
		advise(c, "did you mean '%s'?", near);
	return none(c);
}

/* str($1), str($1 + 2): the parameter as it was typed, or the rest of it, a string literal. */
static void parameter_string(struct checker *c, struct node *n)
{
	struct node *arg = n->list.n ? n->list.v[0] : NULL;
	const char *text;
	int64_t limit = INT64_MAX, skipped = 0;

	if (arg && arg->kind == NODE_BINARY && arg->op == OP_ADD && arg->a->kind == NODE_PARAM &&
	    check_constant(arg->b, &skipped) && skipped >= 0)
		arg = arg->a;
	if (!arg || arg->kind != NODE_PARAM || arg->num == 0 || n->list.n > 2)
		return;
	text = arg->num <= c->world->nparams ? c->world->params[arg->num - 1] : "";
	text += MIN_OF((uint64_t)skipped, strlen(text));
	if (n->list.n > 1 && !check_constant(n->list.v[1], &limit))
		return;
	n->kind = NODE_STRING;
	n->text = (struct text){text, MIN_OF(strlen(text), (size_t)MAX_OF(limit, (int64_t)0))};
}

const struct type *check_call(struct checker *c, struct node *n)
{
	const struct builtin *b = builtin_function(n->name);
	bool aggregation_here = c->allow_aggregation;

	c->allow_aggregation = false;
	if (!b && builtin_variable(n->name) && n->list.n == 0) {
		n->kind = NODE_IDENT; /* pid() is pid */
		return check_expr(c, n);
	}
	if (!b)
		return unknown_function(c, n);
	n->ref.builtin = b;
	if (b->id == BUILTIN_STR) {
		parameter_string(c, n);
		if (n->kind == NODE_STRING)
			return check_expr(c, n);
	}
	if (b->where & WHERE_AGGREGATION && !aggregation_here) {
		complain(c, AGGREGATION_MISUSE, n->span, "%s() only makes sense assigned to a map", n->name);
		advise(c, "@ = %s(...)", n->name);
		return none(c);
	}
	if (!check_where(c, n, b) || !check_arguments(c, n, b))
		return none(c);
	switch (b->id) {
	case BUILTIN_PRINTF: case BUILTIN_ERRORF: case BUILTIN_WARNF: case BUILTIN_PRINT:
	case BUILTIN_CAT: case BUILTIN_SYSTEM: case BUILTIN_JOIN: case BUILTIN_TIME:
	case BUILTIN_EXIT: case BUILTIN_UNWATCH: case BUILTIN_CLEAR: case BUILTIN_ZERO:
		return check_action_call(c, n, b);
	default:
		return call_result(c, n, b);
	}
}
