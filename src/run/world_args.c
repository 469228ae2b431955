/*
 * world_args.c - the `args` of a probe: which fields it has and how each is reached.
 *
 *   tracepoint          the format file in tracefs; offsets into the perf record
 *   syscalls:sys_enter  the same file, fields numbered as arguments of the call
 *   rawtracepoint       the tracepoint's prototype in BTF, words of the context
 *   fentry, fexit       world_function.c
 */
#include "run/world_int.h"

struct type *world_args_new(struct machine *m, const char *name, struct field *fields, uint32_t n)
{
	struct type *t = type_struct_new(m->world.types, name, false);

	t->is_args = true;
	t->fields = fields;
	t->nfields = n;
	t->complete = true;
	return t;
}

/* ---- raw tracepoints ---- */

#define TYPEDEF_PREFIX "btf_trace_"
#define FUNC_PREFIX "__traceiter_"
#define NULLABLE "__nullable"
enum { FINDS_BEFORE_TABLE = 16 };

struct raw_event { /* a tracepoint in BTF */
	uint32_t typedef_id; /* btf_trace_NAME: pointer to its prototype */
	uint32_t func_id;    /* __traceiter_NAME, whose parameters have names; 0: not described */
};

static struct raw_event *table_at(struct machine *m, const char *event)
{
	void **at = hmap_at(&m->raw_events, event, strlen(event));

	if (!*at)
		*at = arena_new_of(m->world.arena, struct raw_event);
	return *at;
}

/* One walk over all types instead of two searches for each event of a wildcard. */
static void table_build(struct machine *m)
{
	struct btf_cursor at = {0};
	struct btf_info info;

	while (btf_each(m->btf, 0, &at, &info)) {
		if (info.kind == BTF_KIND_TYPEDEF && str_starts(info.name, TYPEDEF_PREFIX))
			table_at(m, info.name + strlen(TYPEDEF_PREFIX))->typedef_id = info.id;
		else if (info.kind == BTF_KIND_FUNC && str_starts(info.name, FUNC_PREFIX))
			table_at(m, info.name + strlen(FUNC_PREFIX))->func_id = info.id;
	}
}

/* In a module's types. */
static struct raw_event module_event_find(const struct types_of *of, const char *event)
{
	struct raw_event found = {0};
	struct buf func = {0};

	found.typedef_id = btf_raw_tracepoint(of->btf, event, NULL);
	buf_printf(&func, FUNC_PREFIX "%s", event);
	if (found.typedef_id)
		found.func_id = btf_find(of->btf, BTF_KIND_FUNC, buf_str(&func));
	buf_free(&func);
	return found;
}

static struct raw_event raw_event_find(struct machine *m, const char *event)
{
	struct raw_event found = {0}, *known;
	struct buf func = {0};

	if (++m->raw_finds == FINDS_BEFORE_TABLE)
		table_build(m);
	if (m->raw_finds >= FINDS_BEFORE_TABLE) {
		known = hmap_gets(&m->raw_events, event);
		return known ? *known : found;
	}
	found.typedef_id = btf_raw_tracepoint(m->btf, event, NULL);
	if (found.typedef_id) {
		buf_printf(&func, FUNC_PREFIX "%s", event);
		found.func_id = btf_find(m->btf, BTF_KIND_FUNC, buf_str(&func));
		buf_free(&func);
	}
	return found;
}

/* The prototype behind the typedef's pointer. */
static bool raw_proto(const struct btf *btf, uint32_t typedef_id, struct btf_info *proto)
{
	struct btf_info pointer;

	return btf_get(btf, btf_resolve(btf, typedef_id), &pointer) &&
	       pointer.kind == BTF_KIND_PTR && btf_get(btf, pointer.ref, proto) &&
	       proto->kind == BTF_KIND_FUNC_PROTO && proto->count >= 1;
}

static struct field raw_field(struct machine *m, struct types_of *of, const struct btf_info *proto,
			      uint32_t func, uint32_t number)
{
	struct arena *arena = m->world.arena;
	const struct btf *btf = of ? of->btf : m->btf;
	const char *name = "", *unused;
	uint32_t type = 0, other;
	bool nullable;

	/* the first parameter is the kernel's own (void *) */
	btf_param_at(btf, proto->id, number + 1, &unused, &type);
	if (!func || !btf_param_at(btf, func, number + 1, &name, &other))
		name = "";
	/* skb__nullable: marked as such for the verifier (6.13), which then wants it tested first */
	nullable = strlen(name) > strlen(NULLABLE) && str_eq(name + strlen(name) - strlen(NULLABLE), NULLABLE);
	if (nullable)
		name = arena_strndup(arena, name, strlen(name) - strlen(NULLABLE));
	/* Of a module's tracepoints it takes any pointer for one that may be NULL, in late 6.12 first. */
	nullable |= of && m->world.kernel >= 0x060c;
	return (struct field){
		.name = name[0] ? arena_strdup(arena, name) : arena_printf(arena, "arg%u", number),
		.type = world_btf_type_of(m, of, type, !nullable),
		.offset = number,
		.source = FIELD_RAW_ARG,
	};
}

static const struct type *raw_args(struct machine *m, const struct target *target)
{
	struct types_of *of = target->category ? machine_module_types(m, target->category) : NULL;
	struct raw_event event;
	struct btf_info proto;

	if (!machine_btf(m, NULL) || (target->category && !of))
		return NULL;
	event = of ? module_event_find(of, target->event) : raw_event_find(m, target->event);
	if (!event.typedef_id || !raw_proto(of ? of->btf : m->btf, event.typedef_id, &proto))
		return NULL;
	struct field *fields = arena_array(m->world.arena, struct field, proto.count);
	for (uint32_t i = 0; i + 1 < proto.count; i++)
		fields[i] = raw_field(m, of, &proto, event.func_id, i);
	return world_args_new(m, target->name, fields, proto.count - 1);
}

/* ---- tracepoints ---- */

/* The record of sys_enter_X: the common part, the number, then one word an argument. */
enum { SYSCALL_ARGS_OFFSET = 16, SYSCALL_ARGS_MAX = 6 };

/*
 * Fields of system calls are arguments or the number: what newer kernels add to the record
 * (copies of user strings) is there in the perf form only, and user memory is read anyway.
 */
static bool syscall_field(struct machine *m, const struct tracefs_field *f, struct field *out)
{
	bool argument = f->offset >= SYSCALL_ARGS_OFFSET && f->offset % 8 == 0 && f->size == 8;

	if (f->kind != TRACEFS_INT && f->kind != TRACEFS_POINTER)
		return false;
	if (argument && (f->offset - SYSCALL_ARGS_OFFSET) / 8 >= SYSCALL_ARGS_MAX)
		return false;
	*out = (struct field){
		.name = arena_strdup(m->world.arena, f->name),
		.type = world_field_type(m, f, argument),
		.offset = argument ? (f->offset - SYSCALL_ARGS_OFFSET) / 8 : f->offset,
		.source = argument ? FIELD_SYSCALL : FIELD_PLAIN,
	};
	return true;
}

static bool record_field(struct machine *m, const struct tracefs_field *f, struct field *out)
{
	*out = (struct field){
		.name = arena_strdup(m->world.arena, f->name),
		.type = world_field_type(m, f, false),
		.offset = f->offset,
		.source = f->kind == TRACEFS_DATA_LOC ? FIELD_DATA_LOC :
			  f->kind == TRACEFS_REL_LOC ? FIELD_REL_LOC : FIELD_PLAIN,
	};
	return true;
}

static const struct type *tracepoint_args(struct machine *m, const struct target *target)
{
	struct tracefs *fs = machine_tracefs(m, NULL);
	bool enter = str_eq(target->category, "syscalls") && str_starts(target->event, "sys_enter_");
	struct tracefs_format format = {0};
	struct field *fields;
	uint32_t n = 0;

	if (!fs || tracefs_format(fs, target->category, target->event, &format)) {
		tracefs_format_free(&format);
		return NULL;
	}
	fields = arena_array(m->world.arena, struct field, format.fields.n + 1);
	for (size_t i = format.common; i < format.fields.n; i++) {
		const struct tracefs_field *f = &format.fields.v[i];

		n += enter ? syscall_field(m, f, &fields[n]) : record_field(m, f, &fields[n]);
	}
	tracefs_format_free(&format);
	return world_args_new(m, target->name, fields, n);
}

static const struct type *find_args(struct machine *m, const struct target *target)
{
	switch (target->provider) {
	case PROVIDER_TRACEPOINT: return tracepoint_args(m, target);
	case PROVIDER_RAWTRACEPOINT: return raw_args(m, target);
	case PROVIDER_FENTRY:
	case PROVIDER_FEXIT: return world_function_args(m, target);
	case PROVIDER_UPROBE: return world_dwarf_args(m, target);
	default: return NULL;
	}
}

const struct type *world_args(struct world *w, const struct target *target)
{
	struct machine *m = machine_of(w);
	struct buf key = {0};
	static const struct type none; /* asked for, and not known: that took long, too */
	const struct type *t;

	/* The raw arguments of an event are asked for under its tracepoint's name, too. */
	buf_printf(&key, "%d %s", target->provider, target->name);
	t = hmap_get(&m->args, key.data, key.len);
	if (!t) {
		t = find_args(m, target);
		*hmap_at(&m->args, key.data, key.len) = (void *)(t ? t : &none);
	}
	buf_free(&key);
	return t == &none ? NULL : t;
}
