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

/* System calls: everything after the number is one of the call's six arguments. */
static struct field syscall_field(struct machine *m, const struct tracefs_field *f, uint32_t *next)
{
	bool number = str_starts(f->name, "__syscall_nr");
	struct field field = {
		.name = arena_strdup(m->world.arena, f->name),
		.type = world_c_type(m, f->type, f->size, f->is_signed, !number),
		.offset = number ? f->offset : (*next)++,
		.source = number ? FIELD_PLAIN : FIELD_SYSCALL,
	};

	return field;
}

static struct field record_field(struct machine *m, const struct tracefs_field *f)
{
	struct field field = {.name = arena_strdup(m->world.arena, f->name), .offset = f->offset};

	switch (f->kind) {
	case TRACEFS_DATA_LOC:
	case TRACEFS_REL_LOC:
		field.source = f->kind == TRACEFS_DATA_LOC ? FIELD_DATA_LOC : FIELD_REL_LOC;
		field.type = f->is_char ? type_string(m->world.types, 0) : world_c_dynamic(m, f->type);
		break;
	case TRACEFS_ARRAY:
		if (f->is_char)
			field.type = type_string(m->world.types, f->count);
		else
			field.type = type_array(m->world.types,
						type_int(m->world.types, f->elem_size ? f->elem_size : 1, f->is_signed),
						f->count);
		break;
	default:
		field.type = world_c_type(m, f->type, f->size, f->is_signed, false);
	}
	return field;
}

static const struct type *tracepoint_args(struct machine *m, const struct target *target)
{
	struct tracefs *fs = machine_tracefs(m, NULL);
	bool enter = str_eq(target->category, "syscalls") && str_starts(target->event, "sys_enter_");
	struct tracefs_format format = {0};
	struct field *fields;
	uint32_t n = 0, next = 0;

	if (!fs || tracefs_format(fs, target->category, target->event, &format)) {
		tracefs_format_free(&format);
		return NULL;
	}
	fields = arena_array(m->world.arena, struct field, format.fields.n + 1);
	for (size_t i = format.common; i < format.fields.n; i++) {
		const struct tracefs_field *f = &format.fields.v[i];

		fields[n] = enter ? syscall_field(m, f, &next) : record_field(m, f);
		n += fields[n].type != NULL;
	}
	tracefs_format_free(&format);
	return args_new(m, target->name, fields, n);
}

const struct type *world_args(struct world *w, const struct target *target)
{
	struct machine *m = machine_of(w);
	void **at = hmap_at(&m->args, target->name, strlen(target->name));

	if (*at)
		return *at;
	const struct type *t = NULL;
	if (target->provider == PROVIDER_TRACEPOINT)
		t = tracepoint_args(m, target);
	else if (target->provider == PROVIDER_RAWTRACEPOINT)
		t = raw_args(m, target);
	/* the question may have made the table grow */
	*hmap_at(&m->args, target->name, strlen(target->name)) = (void *)t;
	return t;
}
