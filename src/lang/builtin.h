/* builtin.h - the table of builtin.def as data: names, signatures, documentation. */
#ifndef SONDE_BUILTIN_H
#define SONDE_BUILTIN_H

#include <stdbool.h>

enum builtin_id {
	BUILTIN_NONE,
#define VARIABLE(id, name, type, where, doc, example) BUILTIN_##id,
#define FUNCTION(id, name, type, args, where, doc, example) BUILTIN_##id,
#include "lang/builtin.def"
#undef VARIABLE
#undef FUNCTION
	BUILTIN_COUNT_
};

enum builtin_where {
	WHERE_ARGS = 1 << 0,          /* probes with typed arguments */
	WHERE_RETURN = 1 << 1,        /* function returns */
	WHERE_USER_FUNCTION = 1 << 2, /* uprobe, uretprobe */
	WHERE_REGISTERS = 1 << 3,     /* probes whose context is registers */
	WHERE_UNSAFE = 1 << 4,        /* with --unsafe only */
	WHERE_AGGREGATION = 1 << 5,   /* right side of a map assignment only */
};

struct builtin {
	enum builtin_id id;
	const char *name;
	const char *type;
	const char *args; /* NULL: a variable */
	unsigned where;
	const char *doc, *example;
};

/* The row, or NULL. A name may be both a variable and a function. */
const struct builtin *builtin_variable(const char *name);
const struct builtin *builtin_function(const char *name);
/* Nearest names, for "did you mean"; NULL: none. */
const char *builtin_nearest(const char *name, bool function);

#endif
