/* builtin.c - see builtin.h. */
#include "lang/builtin.h"

#include "base/diag.h"

static const struct builtin rows[] = {
#define VARIABLE(id, name, type, where, doc, example) \
	{BUILTIN_##id, name, type, NULL, where, doc, example},
#define FUNCTION(id, name, type, args, where, doc, example) \
	{BUILTIN_##id, name, type, args, where, doc, example},
#include "lang/builtin.def"
#undef VARIABLE
#undef FUNCTION
};

static const struct builtin *find(const char *name, bool function)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!rows[i].args == !function && str_eq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct builtin *builtin_variable(const char *name)
{
	return find(name, false);
}

const struct builtin *builtin_function(const char *name)
{
	return find(name, true);
}

static const char *function_name(const void *ctx, size_t i)
{
	(void)ctx;
	return rows[i].args ? rows[i].name : NULL;
}

static const char *variable_name(const void *ctx, size_t i)
{
	(void)ctx;
	return rows[i].args ? NULL : rows[i].name;
}

const char *builtin_nearest(const char *name, bool function)
{
	return diag_nearest(name, ARRAY_SIZE(rows), function ? function_name : variable_name, NULL);
}
