/*
 * check_library.c - functions whose arguments or result depend on more than the row's letters:
 * strings, tasks, maps, signals.
 */
#include "lang/check_int.h"
#include "lang/names.h"

const char *check_probe_type(enum provider provider)
{
	return provider <= PROVIDER_SELF ? "special" : provider_name(provider);
}

static const struct type *argument(struct checker *c, struct node *arg)
{
	return arg->kind != NODE_MAP ? check_known(c, arg) : check_value(c, arg);
}

/* pid(curr_ns), tid(init): n->num is 1 for the initial namespace. */
static const struct type *call_pid(struct checker *c, struct node *n)
{
	const char *mode = n->list.n ? n->list.v[0]->name : "curr_ns";

	n->num = str_eq(mode, "init");
	if (!n->num && !str_eq(mode, "curr_ns"))
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "%s() takes curr_ns or init", n->name);
	return type_int(c->types, 4, false);
}

static void want_task(struct checker *c, struct node *n)
{
	const struct type *t = n->list.n ? n->list.v[0]->type : NULL;

	if (!c->world->type_named(c->world, OP_STRUCT, "task_struct"))
		complain(c, UNKNOWN_TYPE, n->span,
			 "'%s' needs struct task_struct, and this kernel has no BTF to describe it", n->name);
	else if (t && t->kind == TYPE_POINTER && t->elem->kind == TYPE_STRUCT && t->elem->name &&
		 !str_eq(t->elem->name, "task_struct"))
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "%s() wants a struct task_struct *, this is %s", n->name,
			 type_name(c->types, t));
}

/* A literal number's text is a literal; else its number is kept and named when it is printed. */
static const struct type *call_named_number(struct checker *c, struct node *n, enum type_kind kind)
{
	int64_t value;
	const char *text;

	if (!check_constant(n->list.v[0], &value))
		return simple(c, kind);
	text = kind == TYPE_ERRNO ? literal_error(value) : literal_signal(value);
	n->kind = NODE_STRING;
	n->text = (struct text){text, strlen(text)};
	n->list.n = 0;
	return check_expr(c, n);
}

static const struct type *call_concat(struct checker *c, struct node *n)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < 2; i++)
		size += n->list.v[i]->type->kind == TYPE_STRING ? n->list.v[i]->type->size : 1;
	if (size > 1 << 20) {
		complain(c, VALUE_TOO_LARGE, n->span, "str_concat() of up to %llu bytes; 1048576 is the most",
			 (unsigned long long)size);
		size = 64;
	}
	/* as a literal: beyond the limit it was not cut, there is room behind it */
	return type_string(c->types, MAX_OF(size, (uint64_t)2) - 1 + (size > string_room(&c->script->config)));
}

static bool has_bytes(const struct type *t)
{
	return t->kind == TYPE_STRING || t->kind == TYPE_ARRAY || t->kind == TYPE_BUFFER || t->kind == TYPE_POINTER ||
	       t->kind == TYPE_NONE;
}

static const struct type *call_memcmp(struct checker *c, struct node *n)
{
	int64_t count;

	for (unsigned i = 0; i < 2; i++) {
		struct node *arg = n->list.v[i];
		const struct type *t = argument(c, arg);

		if (!has_bytes(t))
			complain(c, ARGUMENT_TYPE, arg->span,
				 "memcmp() compares strings, arrays, buffers and what is at addresses, this is %s",
				 type_name(c->types, t));
	}
	if (check_constant(n->list.v[2], &count) && (count < 0 || count > 4096))
		complain(c, OUT_OF_RANGE, n->list.v[2]->span, "memcmp() of %lld bytes; 0 to 4096 is possible",
			 (long long)count);
	n->num = !check_constant(n->list.v[2], &count); /* whether it is a value of the running script */
	for (unsigned i = 0; n->num && i < 2; i++)
		if (n->list.v[i]->type->kind == TYPE_POINTER) {
			complain(c, NOT_CONSTANT, n->list.v[2]->span,
				 "the number of bytes at an address must be a constant");
			advise(c, "buf(address, n) takes as many as are wanted");
			break;
		}
	return type_int(c->types, 8, true);
}

/* strncmp(a, b, n): n->num is 1 where n is a value of the running script. */
static const struct type *call_strncmp(struct checker *c, struct node *n)
{
	int64_t count;

	n->num = !check_constant(n->list.v[2], &count);
	if (!n->num && count < 0)
		complain(c, OUT_OF_RANGE, n->list.v[2]->span, "strncmp() of %lld bytes", (long long)count);
	return type_int(c->types, 8, true);
}

/* percpu_kaddr(name[, cpu]): n->num is the variable's BTF id. */
static const struct type *call_percpu(struct checker *c, struct node *n)
{
	const char *name = n->list.v[0]->text.data;

	n->num = c->world->variable_id(c->world, name);
	if (!n->num)
		complain(c, UNKNOWN_IDENTIFIER, n->list.v[0]->span, "the kernel's BTF describes no variable '%s'",
			 name);
	return type_pointer(c->types, type_int(c->types, 8, false), TYPE_SPACE_KERNEL, false);
}

/* find(@m, key, $v): the variable gets the map's type. */
static const struct type *call_find(struct checker *c, struct node *n)
{
	struct node *map_node = n->list.v[0], *var = n->list.v[2];
	struct map *map;

	if (map_node->a && map_node->a != n->list.v[1]) {
		complain(c, ARGUMENT_COUNT, n->span, "the key is given twice");
		return simple(c, TYPE_BOOL);
	}
	map_node->a = n->list.v[1];
	map = check_map(c, map_node, MAP_READ | MAP_HAS_KEY);
	if (!map->value || map->value->kind == TYPE_NONE) {
		c->undecided++;
		return simple(c, TYPE_BOOL);
	}
	map_node->type = map->value;
	if (type_is_series(map->value)) {
		complain(c, AGGREGATION_MISUSE, map_node->span, "%s cannot be used as a value",
			 type_name(c->types, map->value));
		return simple(c, TYPE_BOOL);
	}
	if (type_is_aggregation(map->value))
		map_node->type = type_int(c->types, 8, map->value->kind != TYPE_COUNT && map->value->is_signed);
	check_give_variable(c, var, map_node->type, map_node);
	return simple(c, TYPE_BOOL);
}

/* signal("SIGUSR1"), signal(10), signal(arg0): a name becomes its number. */
static const struct type *call_signal(struct checker *c, struct node *n)
{
	struct node *arg = n->list.v[0];
	const struct type *t;
	int64_t value;

	if (c->probe->provider <= PROVIDER_SELF || c->probe->provider == PROVIDER_INTERVAL) {
		complain(c, BUILTIN_NOT_HERE, n->span, "%s() has no process to signal in %s probes", n->name,
			 provider_name(c->probe->provider));
		return simple(c, TYPE_NONE);
	}
	if (arg->kind == NODE_STRING) {
		int number = literal_signal_number(arg->text.data);

		if (!number) {
			complain(c, OUT_OF_RANGE, arg->span, "there is no signal '%s'", arg->text.data);
			return simple(c, TYPE_NONE);
		}
		*arg = (struct node){.kind = NODE_INT, .span = arg->span, .num = (uint64_t)number};
	}
	t = check_value(c, arg);
	if (!type_is_int(t) && t->kind != TYPE_NONE)
		complain(c, ARGUMENT_TYPE, arg->span, "%s() wants a signal's name or number, this is %s", n->name,
			 type_name(c->types, t));
	if (check_constant(arg, &value) && (value < 1 || value > 64))
		complain(c, OUT_OF_RANGE, arg->span, "there is no signal %lld", (long long)value);
	return simple(c, TYPE_NONE);
}

static const struct type *call_write_user(struct checker *c, struct node *n)
{
	struct node *source = n->list.v[1];
	const struct type *t = argument(c, source);
	int64_t count = 0;

	check_constant(n->list.v[2], &count);
	if (count < 1 || count > 4096)
		complain(c, OUT_OF_RANGE, n->list.v[2]->span, "write_user() of %lld bytes; 1 to 4096 is possible",
			 (long long)count);
	else if (!has_bytes(t) && !type_is_int(t))
		complain(c, ARGUMENT_TYPE, source->span, "write_user() writes strings, arrays, numbers and what is at "
			 "addresses, this is %s", type_name(c->types, t));
	else if (type_is_int(t) ? count > 8 : t->kind != TYPE_POINTER && t->kind != TYPE_NONE && count > t->size)
		complain(c, OUT_OF_RANGE, n->list.v[2]->span, "%lld bytes of %s", (long long)count,
			 type_name(c->types, t));
	return simple(c, TYPE_NONE);
}

static const struct type *call_debugf(struct checker *c, struct node *n)
{
	for (size_t i = 1; i < n->list.n; i++) {
		const struct type *t = argument(c, n->list.v[i]);

		if (!type_is_scalar(t) && t->kind != TYPE_STRING && t->kind != TYPE_NONE)
			complain(c, ARGUMENT_TYPE, n->list.v[i]->span,
				 "debugf() prints numbers and strings, this is %s", type_name(c->types, t));
	}
	return simple(c, TYPE_NONE);
}

static const struct type *call_cookie(struct checker *c, struct node *n)
{
	const struct type *t = n->list.v[0]->type;
	bool sock = t->kind == TYPE_POINTER && t->elem->kind == TYPE_STRUCT && t->elem->name &&
		    (strstr(t->elem->name, "sock") != NULL);

	if (t->kind != TYPE_NONE && !sock)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "socket_cookie() wants a struct sock *, this is %s",
			 type_name(c->types, t));
	return type_int(c->types, 8, false);
}

bool check_vouched(const struct node *n)
{
	const struct type *t = n->type, *of;

	if (!t || t->kind != TYPE_POINTER)
		return false;
	switch ((enum node_kind)n->kind) {
	case NODE_FIELD: case NODE_IDENT: return t->trusted;
	case NODE_VAR: return n->ref.variable && !n->ref.variable->unvouched;
	case NODE_CAST:
		of = n->b->type;
		return check_vouched(n->b) && t->elem->name && of->elem->name && str_eq(t->elem->name, of->elem->name);
	default: return false;
	}
}

static uint32_t packet_file(struct checker *c, const char *path)
{
	for (size_t i = 0; i < c->script->packet_files.n; i++)
		if (str_eq(c->script->packet_files.v[i], path))
			return i;
	avec_push(c->arena, &c->script->packet_files, path);
	return c->script->packet_files.n - 1;
}

/* n->num: the number of the file. The kernel wants a pointer it has given the type itself. */
static const struct type *call_skboutput(struct checker *c, struct node *n)
{
	enum provider p = c->probe->provider;
	const struct node *skb = n->list.v[1];
	const struct type *t = skb->type;
	int64_t offset = 0;
	bool is_skb = t->kind == TYPE_POINTER && t->elem->kind == TYPE_STRUCT && t->elem->name &&
		      str_eq(t->elem->name, "sk_buff");

	if (p != PROVIDER_RAWTRACEPOINT && p != PROVIDER_FENTRY && p != PROVIDER_FEXIT)
		complain(c, BUILTIN_NOT_HERE, n->span,
			 "skboutput() exists in rawtracepoint, fentry and fexit probes only");
	else if (t->kind != TYPE_NONE && !is_skb)
		complain(c, ARGUMENT_TYPE, skb->span, "skboutput() wants a struct sk_buff *, this is %s",
			 type_name(c->types, t));
	else if (is_skb && !check_vouched(skb)) {
		complain(c, ARGUMENT_TYPE, skb->span, "skboutput() wants a pointer that the kernel vouches for");
		advise(c, "an argument of the probe, as args.skb, or what is reached from one");
	}
	if (check_constant(n->list.v[3], &offset) && (offset < 0 || offset > 65535))
		complain(c, OUT_OF_RANGE, n->list.v[3]->span, "an offset of %lld; 0 to 65535 is possible",
			 (long long)offset);
	if (!*n->list.v[0]->text.data)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "skboutput() wants the name of a file");
	c->probe->uses_args = true; /* a program that knows types */
	n->num = packet_file(c, n->list.v[0]->text.data);
	return type_int(c->types, 8, true);
}

const struct type *check_tseries(struct checker *c, struct node *n)
{
	static const char *const names[] = {"", "avg", "max", "min", "sum"};
	const char *word = n->list.n > 3 ? n->list.v[3]->text.data : "";
	int64_t interval = 0, count = 0;
	unsigned how = 0;

	check_constant(n->list.v[1], &interval);
	check_constant(n->list.v[2], &count);
	if (interval < 1 || count < 1 || count > 1000) {
		complain(c, OUT_OF_RANGE, n->span,
			 "tseries wants an interval of at least 1 ns, and 1 to 1000 intervals");
		interval = count = 1;
	}
	while (how < ARRAY_SIZE(names) && !str_eq(names[how], word))
		how++;
	if (how == ARRAY_SIZE(names)) {
		complain(c, ARGUMENT_TYPE, n->list.v[3]->span,
			 "tseries keeps the last value, or avg, max, min, sum; not '%s'", word);
		how = 0;
	}
	return type_tseries(c->types, interval, count, how, n->list.v[0]->type->is_signed);
}

static bool member_offset(struct checker *c, const struct type *t, const struct node *path, uint32_t *offset,
			  const struct type **member)
{
	struct field field;

	if (path->kind == NODE_FIELD && !member_offset(c, t, path->a, offset, &t))
		return false;
	check_complete_deep(c, t, 16);
	if (t->kind != TYPE_STRUCT || !type_field(t, path->name, &field)) {
		complain(c, UNKNOWN_FIELD, path->span, "%s has no field '%s'", type_name(c->types, t), path->name);
		return false;
	}
	*offset += field.offset;
	*member = field.type;
	return true;
}

/* container_of(p, struct s, m.n): p less the member's offset, which is n->num. */
static const struct type *call_container_of(struct checker *c, struct node *n)
{
	const struct type *t = n->list.v[1]->type, *p = n->list.v[0]->type, *member;
	enum type_space space = p->kind == TYPE_POINTER && p->space ? p->space : check_default_space(c);
	uint32_t offset = 0;

	if (!member_offset(c, t, n->list.v[2], &offset, &member))
		return simple(c, TYPE_NONE);
	n->num = offset;
	return type_pointer(c->types, t, space, false);
}

/* A frame is told from others by where its function begins and how long it is. */
static const struct type *call_name_frame(struct checker *c, struct node *n)
{
	if (c->probe->provider != PROVIDER_UPROBE) {
		complain(c, BUILTIN_NOT_HERE, n->span, "name_frame() exists in uprobes only");
		return simple(c, TYPE_NONE);
	}
	vec_each(it, &c->probe->targets) {
		if ((*it)->entry == ENTRY_NONE || !(*it)->size) {
			complain(c, BUILTIN_NOT_HERE, n->span, "name_frame() names a function's call: %s is not "
				 "where a function of known size begins", (*it)->name);
			break;
		}
	}
	c->script->names_frames = true;
	return simple(c, TYPE_NONE);
}

static const struct type *call_path(struct checker *c, struct node *n)
{
	struct node *arg = n->list.v[0];
	const struct type *t = argument(c, arg), *st = t->kind == TYPE_POINTER ? t->elem : t;
	enum provider p = c->probe->provider;
	int64_t size = string_room(&c->script->config);

	if (p != PROVIDER_FENTRY && p != PROVIDER_FEXIT && p != PROVIDER_ITER)
		complain(c, BUILTIN_NOT_HERE, n->span, "path() exists in fentry, fexit and iter probes only");
	else if (t->kind != TYPE_NONE && (st->kind != TYPE_STRUCT || !st->name || !str_eq(st->name, "path")))
		complain(c, ARGUMENT_TYPE, arg->span, "path() wants a struct path, this is %s", type_name(c->types, t));
	if (n->list.n > 1)
		check_constant(n->list.v[1], &size);
	if (size < 1 || size > 4096) {
		complain(c, OUT_OF_RANGE, n->list.v[n->list.n - 1]->span, "a path of %lld bytes; 1 to 4096 is possible",
			 (long long)size);
		size = 64;
	}
	return type_string(c->types, size);
}

/* comm(pid) asks a kernel function that only typed programs may call. */
static const struct type *call_comm(struct checker *c, struct node *n)
{
	enum provider p = c->probe->provider;

	if (!n->list.n) {
		n->kind = NODE_IDENT;
		return check_expr(c, n);
	}
	if (p != PROVIDER_RAWTRACEPOINT && p != PROVIDER_FENTRY && p != PROVIDER_FEXIT && p != PROVIDER_ITER)
		complain(c, BUILTIN_NOT_HERE, n->span,
			 "comm(pid) exists in rawtracepoint, fentry, fexit and iter probes only");
	else if (!c->world->function_id(c->world, "bpf_task_from_pid"))
		complain(c, NOT_SUPPORTED, n->span,
			 "comm(pid) needs bpf_task_from_pid(), which kernels have since 6.2");
	c->probe->uses_args = true; /* a program that knows types */
	return type_string(c->types, 16);
}

static const struct type *call_override(struct checker *c, struct node *n)
{
	if (c->probe->provider != PROVIDER_KPROBE)
		complain(c, BUILTIN_NOT_HERE, n->span, "override() exists in kprobes only");
	c->probe->uses_registers = true; /* nothing but a kprobe can do it */
	return simple(c, TYPE_NONE);
}

static const struct type *call_stack_len(struct checker *c, struct node *n)
{
	const struct type *t = argument(c, n->list.v[0]);

	if (t->kind != TYPE_KSTACK && t->kind != TYPE_USTACK && t->kind != TYPE_NONE)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "stack_len() wants a stack, this is %s",
			 type_name(c->types, t));
	return type_int(c->types, 8, false);
}

const struct type *check_library_call(struct checker *c, struct node *n, const struct builtin *b)
{
	switch (b->id) {
	case BUILTIN_PID_CALL: case BUILTIN_TID_CALL: return call_pid(c, n);
	case BUILTIN_PPID_CALL: case BUILTIN_PCOMM_CALL: case BUILTIN_LEADER_TID_CALL:
	case BUILTIN_LEADER_COMM_CALL:
		want_task(c, n);
		return NULL;
	case BUILTIN_STRERROR: return call_named_number(c, n, TYPE_ERRNO);
	case BUILTIN_SIGNAL_NAME: return call_named_number(c, n, TYPE_SIGNAL);
	case BUILTIN_STR_CONCAT: return call_concat(c, n);
	case BUILTIN_MEMCMP: return call_memcmp(c, n);
	case BUILTIN_STRNCMP: return call_strncmp(c, n);
	case BUILTIN_PERCPU_KADDR: return call_percpu(c, n);
	case BUILTIN_COMM_CALL: return call_comm(c, n);
	case BUILTIN_PATH: return call_path(c, n);
	case BUILTIN_NAME_FRAME: return call_name_frame(c, n);
	case BUILTIN_CONTAINER_OF: return call_container_of(c, n);
	case BUILTIN_STACK_LEN: return call_stack_len(c, n);
	case BUILTIN_OVERRIDE: return call_override(c, n);
	case BUILTIN_FIND: return call_find(c, n);
	case BUILTIN_SIGNAL: case BUILTIN_SIGNAL_THREAD: return call_signal(c, n);
	case BUILTIN_WRITE_USER: return call_write_user(c, n);
	case BUILTIN_DEBUGF: return call_debugf(c, n);
	case BUILTIN_SOCKET_COOKIE: return call_cookie(c, n);
	case BUILTIN_SKBOUTPUT: return call_skboutput(c, n);
	default: return NULL;
	}
}
