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
static const struct type *tracepoint_args(struct machine *m, const struct target *target)
{
	(void)m,(void)target;
	return NULL;
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
