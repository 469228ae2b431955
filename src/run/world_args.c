/*
 * world_args.c - the `args` of a probe: which fields it has and how each is reached.
 *
 *   tracepoint          the format file in tracefs; offsets into the perf record
 *   syscalls:sys_enter  the same file, fields numbered as arguments of the call
 *   rawtracepoint       the tracepoint's prototype in BTF, words of the context
 */
#include "run/world_int.h"

static struct type *args_new(struct machine *m, const char *name, struct field *fields, uint32_t n)
{
	struct type *t = type_struct_new(m->world.types, name, false);

	t->is_args = true;
	t->fields = fields;
	t->nfields = n;
	t->complete = true;
	return t;
}

static const struct type *raw_args(struct machine *m, const struct target *target)
{
	struct arena *arena = m->world.arena;
	uint32_t count = 0, type;
	const char *name;

	if (target->category || !machine_btf(m, NULL) ||
	    !btf_raw_tracepoint(m->btf, target->event, &count))
		return NULL;
	struct field *fields = arena_array(arena, struct field, MAX_OF(count, 1));
	for (uint32_t i = 0; i < count; i++) {
		if (!btf_raw_tracepoint_arg(m->btf, target->event, i, &name, &type))
			return NULL;
		fields[i] = (struct field){
			.name = name[0] ? arena_strdup(arena, name) :
					  arena_printf(arena, "arg%u", i),
			.type = world_btf_type(m, type, true),
			.offset = i,
			.source = FIELD_RAW_ARG,
		};
	}
	return args_new(m, target->name, fields, count);
}

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
	return args_new(m, target->name, fields, n);
}

const struct type *world_args(struct world *w, const struct target *target)
{
	struct machine *m = machine_of(w);
	struct buf key = {0};
	const struct type *t;

	/* The raw arguments of an event are asked for under its tracepoint's name, too. */
	buf_printf(&key, "%d %s", target->provider, target->name);
	t = hmap_get(&m->args, key.data, key.len);
	if (!t && target->provider == PROVIDER_TRACEPOINT)
		t = tracepoint_args(m, target);
	else if (!t && target->provider == PROVIDER_RAWTRACEPOINT)
		t = raw_args(m, target);
	*hmap_at(&m->args, key.data, key.len) = (void *)t;
	buf_free(&key);
	return t;
}
