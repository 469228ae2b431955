/*
 * fuzz_world.h - a machine that is the same everywhere and answers at once: a few kernel types, and
 * attach points that match whatever is asked for, one target, or two for a wildcard.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "base/arena.h"
#include "lang/world.h"

struct fuzz_world {
	struct world base;
	struct type *task, *mm, *args[3];
};

static inline const struct type *fuzz_field(struct types *types, struct arena *arena, struct type *of,
					    const char *name, const struct type *t, unsigned source)
{
	struct field *fields = arena_array(arena, struct field, of->nfields + 1);
	uint32_t align = MIN_OF(MAX_OF(t->size, 1u), 8u);

	if (of->nfields)
		memcpy(fields, of->fields, of->nfields * sizeof(*fields));
	while (align & (align - 1))
		align &= align - 1;
	of->size = ROUND_UP(of->size, align);
	fields[of->nfields] = (struct field){.name = name, .type = t, .source = source,
		.offset = source == FIELD_PLAIN || source == FIELD_DATA_LOC ? of->size : of->nfields};
	of->fields = fields;
	of->nfields++;
	of->size += source == FIELD_DATA_LOC ? 4 : t->size;
	of->complete = true;
	(void)types;
	return t;
}

static inline const struct type *fuzz_type_named(struct world *w, enum op tag, const char *name)
{
	struct fuzz_world *f = (struct fuzz_world *)w;

	if (tag == OP_STRUCT)
		return str_eq(name, "task_struct") ? f->task : str_eq(name, "mm_struct") ? f->mm : NULL;
	return tag == OP_NONE && str_eq(name, "pid_t") ? type_int(w->types, 4, true) : NULL;
}

static inline bool fuzz_complete(struct world *w, struct type *t)
{
	(void)w;
	return t->complete;
}

static inline bool fuzz_enumerator(struct world *w, const char *name, int64_t *value, const struct type **type)
{
	*value = 7;
	*type = type_int(w->types, 4, false);
	return str_eq(name, "TASK_RUNNING");
}

static inline bool fuzz_match(struct world *w, enum provider provider, const char *const *parts, unsigned nparts,
			      target_list *out, const char **why, const char **hint)
{
	const char *last = nparts ? parts[nparts - 1] : "";
	unsigned n = 1 + (strchr(last, '*') != NULL);

	*why = "there is none";
	*hint = NULL;
	if (nparts && str_eq(last, "none"))
		return false;
	for (unsigned i = 0; i < n; i++) {
		struct target *t = arena_new_of(w->arena, struct target);

		*t = (struct target){.provider = provider, .number = provider == PROVIDER_SELF ? 10 : -1, .id = 100 + i,
				     .name = arena_printf(w->arena, "%s:%s%u", provider_name(provider), last, i)};
		t->category = nparts > 1 ? parts[0] : provider == PROVIDER_SELF ? "signal" : NULL;
		if (provider == PROVIDER_TRACEPOINT && str_eq(t->category, "syscalls"))
			t->number = i + str_starts(last, "sys_exit");
		t->event = t->symbol = last;
		t->path = "/bin/true";
		t->period = 1000000;
		t->file_offset = t->address = 0x1000 * (i + 1);
		t->length = 8;
		avec_push(w->arena, out, t);
	}
	return true;
}

static inline const struct type *fuzz_args(struct world *w, const struct target *target)
{
	struct fuzz_world *f = (struct fuzz_world *)w;

	switch (target->provider) {
	case PROVIDER_TRACEPOINT:
		return f->args[target->number >= 0 ? 1 : 0];
	case PROVIDER_RAWTRACEPOINT: case PROVIDER_FENTRY: case PROVIDER_FEXIT:
		return f->args[2];
	default:
		return NULL;
	}
}

static inline uint32_t fuzz_id(struct world *w, const char *name)
{
	(void)w;
	return str_eq(name, "process_counts") ? 1234 : 0;
}

static inline bool fuzz_kaddr(struct world *w, const char *name, uint64_t *address)
{
	(void)w;
	*address = 0xffffffff81000000;
	return str_eq(name, "vfs_read");
}

static inline bool fuzz_uaddr(struct world *w, const char *path, const char *name, uint64_t *address)
{
	(void)path;
	return fuzz_kaddr(w, name, address);
}

static inline bool fuzz_cgroupid(struct world *w, const char *path, uint64_t *id)
{
	(void)w;
	*id = 1;
	return str_eq(path, "/sys/fs/cgroup");
}

static inline void fuzz_world_types(struct fuzz_world *f, struct arena *arena, struct types *types)
{
	const struct type *i32 = type_int(types, 4, true), *u64 = type_int(types, 8, false), *task;
	const struct type *byte = type_int(types, 1, false), *character = type_int(types, 1, true);
	const struct type *chars = type_array(types, character, 16);
	const struct type *bytes = type_pointer(types, byte, TYPE_SPACE_NONE, false);
	const struct type *text = type_pointer(types, character, TYPE_SPACE_USER, false);

	f->mm = type_struct_new(types, "mm_struct", false);
	fuzz_field(types, arena, f->mm, "start_code", u64, FIELD_PLAIN);
	f->task = type_struct_new(types, "task_struct", false);
	task = type_pointer(types, f->task, TYPE_SPACE_KERNEL, true);
	fuzz_field(types, arena, f->task, "pid", i32, FIELD_PLAIN);
	fuzz_field(types, arena, f->task, "tgid", i32, FIELD_PLAIN);
	fuzz_field(types, arena, f->task, "comm", chars, FIELD_PLAIN);
	fuzz_field(types, arena, f->task, "real_parent", task, FIELD_PLAIN);
	fuzz_field(types, arena, f->task, "group_leader", task, FIELD_PLAIN);
	fuzz_field(types, arena, f->task, "mm", type_pointer(types, f->mm, TYPE_SPACE_KERNEL, false), FIELD_PLAIN);
	f->task->btf_id = 77;
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned sources[] = {FIELD_PLAIN, FIELD_SYSCALL, FIELD_RAW_ARG};

		f->args[i] = type_struct_new(types, "args", false);
		f->args[i]->is_args = true;
		f->args[i]->size = i ? 0 : 8;
		fuzz_field(types, arena, f->args[i], "fd", i32, sources[i]);
		fuzz_field(types, arena, f->args[i], "count", u64, sources[i]);
		fuzz_field(types, arena, f->args[i], "buf", bytes, sources[i]);
		fuzz_field(types, arena, f->args[i], i == 2 ? "p" : "filename", i == 2 ? task : text, sources[i]);
	}
	fuzz_field(types, arena, f->args[0], "comm", chars, FIELD_PLAIN);
	fuzz_field(types, arena, f->args[0], "name", type_string(types, 0), FIELD_DATA_LOC);
	fuzz_field(types, arena, f->args[2], "retval", i32, FIELD_RAW_ARG);
}

static inline struct world *fuzz_world_new(struct arena *arena, struct types *types)
{
	static const char *const params[] = {"5", "word"};
	struct fuzz_world *f = arena_new_of(arena, struct fuzz_world);

	*f = (struct fuzz_world){.base = {.type_named = fuzz_type_named, .complete = fuzz_complete,
		.enumerator = fuzz_enumerator, .match = fuzz_match, .args = fuzz_args, .variable_id = fuzz_id,
		.function_id = fuzz_id, .kaddr = fuzz_kaddr, .uaddr = fuzz_uaddr, .cgroupid = fuzz_cgroupid,
		.arena = arena, .types = types, .ncpus = 4, .kernel = 0x0612, .in_init_pidns = true,
		.params = params, .nparams = ARRAY_SIZE(params)}};
	fuzz_world_types(f, arena, types);
	return &f->base;
}

#endif
