/*
 * no_function.c - a kernel function that is not there: what it is called here, where that is known.
 *
 *   renamed.def              other kernels' names of the same function
 *   NAME.isra.0, .part.0     what the compiler has made of it
 *   the nearest name         a slip of the pen
 */
#include "kern/functions.h"

static const struct { const char *older, *newer; } renamed[] = {
#define RENAMED(older, newer, since) {older, newer},
#include "kern/probe/renamed.def"
#undef RENAMED
};

enum { RENAMED_DEPTH = 4 };

static bool is_here(struct probe_env *env, const char *name)
{
	struct function_place place;

	return function_find(env, NULL, name, &place);
}

/* From name to name, newer ones or older ones, until one is here. */
static const char *other_name(struct probe_env *env, const char *name, bool newer, unsigned depth)
{
	const char *found = NULL;

	for (size_t i = 0; !found && depth < RENAMED_DEPTH && i < ARRAY_SIZE(renamed); i++) {
		const char *from = newer ? renamed[i].older : renamed[i].newer;
		const char *to = newer ? renamed[i].newer : renamed[i].older;

		if (str_eq(from, name))
			found = is_here(env, to) ? to : other_name(env, to, newer, depth + 1);
	}
	return found;
}

struct variant {
	struct arena *arena;
	const char *name, *found;
};

static bool see_symbol(void *arg, uint64_t address, const char *name, char type, const char *module)
{
	struct variant *v = arg;
	size_t len = strlen(v->name);

	(void)address, (void)type;
	if (!module && !strncmp(name, v->name, len) && name[len] == '.' && !strstr(name, ".cold"))
		v->found = arena_strdup(v->arena, name);
	return !v->found;
}

bool probe_no_function(struct probe_query *q, const char *module, const char *name)
{
	struct variant v = {q->env->arena, name, NULL};
	const char *other = other_name(q->env, name, true, 0), *near;

	if (!other)
		other = other_name(q->env, name, false, 0);
	if (!other && !q->env->pure && q->env->symbols)
		q->env->symbols(q->env, see_symbol, &v);
	near = other || v.found ? NULL : function_nearest(q->env, name);
	if (other)
		q->hint = arena_printf(q->env->arena, "on this kernel it is \"%s\"", other);
	else if (v.found)
		q->hint = arena_printf(q->env->arena, "the compiler has made \"%s\" of it", v.found);
	else if (near)
		q->hint = arena_printf(q->env->arena, "did you mean \"%s\"?", near);
	if (module)
		return probe_no_match(q, "%s has no function \"%s\" (or is not loaded)", module, name);
	return probe_no_match(q, "this kernel has no function \"%s\", or the compiler left nothing of it to "
				 "attach to", name);
}
