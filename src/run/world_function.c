/*
 * world_function.c - the `args` of fentry and fexit: a function's parameters as BTF describes
 * them, each a word of the context, and behind them what it returns.
 *
 *   long f(struct file *file, char *buf, struct pair p, int n)
 *
 *   word  0     1    2 3  4      5
 *         file  buf  p    n      retval (fexit)
 *
 * A struct given by value takes a word for each 8 bytes. What the kernel's trampoline cannot
 * take (floats, larger structs, variable arguments) ends the list.
 */
#include "run/world_int.h"

enum { STRUCT_BYTES_MAX = 16 };

static struct types_of *types_of_target(struct machine *m, const struct target *target)
{
	if (!target->category)
		return NULL;
	return target->number >= 0 ? machine_program_types(m, target->number)
				   : machine_module_types(m, target->category);
}

/* The words a parameter takes; 0: it cannot be reached. */
static uint32_t words_of(const struct btf *btf, uint32_t type)
{
	struct btf_info info;
	uint64_t size;

	if (!type || !btf_get(btf, btf_resolve(btf, type), &info) || info.kind == BTF_KIND_FLOAT ||
	    !btf_size(btf, type, &size) || !size)
		return 0;
	if (info.kind != BTF_KIND_STRUCT && info.kind != BTF_KIND_UNION)
		return size <= 8 ? 1 : 0;
	return size <= STRUCT_BYTES_MAX ? (size + 7) / 8 : 0;
}

/*
 * The context of a BPF program, as its source knows it, is not what its function really gets:
 * an address, no more.
 */
static const struct type *param_type(struct machine *m, struct types_of *of, const struct target *target,
				     uint32_t number, uint32_t type)
{
	struct types *types = m->world.types;

	if (target->number >= 0 && number == 0)
		return type_pointer(types, type_simple(types, TYPE_VOID), TYPE_SPACE_KERNEL, false);
	return world_btf_type_of(m, of, type, target->number < 0);
}

const struct type *world_function_args(struct machine *m, const struct target *target)
{
	struct types_of *of = types_of_target(m, target);
	struct arena *arena = m->world.arena;
	struct btf_info func, proto;
	const struct btf *btf;
	struct field *fields;
	const char *name;
	uint32_t type, n = 0, word = 0;

	if (!machine_btf(m, NULL) || (target->category && !of))
		return NULL;
	btf = of ? of->btf : m->btf;
	if (!btf_get(btf, target->id, &func) || func.kind != BTF_KIND_FUNC || !btf_get(btf, func.ref, &proto))
		return NULL;
	fields = arena_array(arena, struct field, proto.count + 1);
	for (uint32_t i = 0, words; i < proto.count && btf_param_at(btf, target->id, i, &name, &type); i++) {
		words = words_of(btf, type);
		if (!words)
			break;
		fields[n++] = (struct field){
			.name = name[0] ? arena_strdup(arena, name) : arena_printf(arena, "arg%u", i),
			.type = param_type(m, of, target, i, type), .offset = word, .source = FIELD_RAW_ARG};
		word += words;
	}
	if (target->provider == PROVIDER_FEXIT && n == proto.count && words_of(btf, proto.ref) == 1)
		fields[n++] = (struct field){
			.name = "retval", .type = world_btf_type_of(m, of, proto.ref, target->number < 0),
			.offset = word, .source = FIELD_RAW_ARG};
	return world_args_new(m, target->name, fields, n);
}
