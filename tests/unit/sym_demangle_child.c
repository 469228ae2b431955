/* sym_demangle_child.c - a demangler that dies, takes forever, or says too much, in its child. */
#include <stdlib.h>

#include "sym/demangle_child.h"
#include "sym/demangle_rust.h"
#include "unit/unit.h"

static char *odd(const char *symbol, char *buffer, size_t *length, int *status)
{
	char *name = NULL;

	(void)buffer;
	(void)length;
	*status = 0;
	if (!strcmp(symbol, "dies"))
		abort();
	if (!strcmp(symbol, "never ends"))
		for (volatile unsigned i = 0;; i++)
			;
	if (!strcmp(symbol, "long")) {
		name = xmalloc(DEMANGLED_LIMIT + 1);
		memset(name, 'x', DEMANGLED_LIMIT);
		name[DEMANGLED_LIMIT] = '\0';
	} else if (strcmp(symbol, "none")) {
		name = xasprintf("<%s>", symbol);
	}
	return name;
}

static void check(const char *symbol, const char *expected)
{
	char *name = demangle_in_child(odd, symbol);

	CHECK_STR(name ? name : "nothing", expected);
	free(name);
}

int main(void)
{
	check("a", "<a>");
	check("none", "nothing");
	check("long", "nothing");
	check("never ends", "nothing");
	check("b", "<b>");
	for (unsigned deaths = 1; deaths < 15; deaths++) {
		check("dies", "nothing");
		check("c", "<c>");
	}
	check("dies", "nothing"); /* the sixteenth: no more */
	check("d", "nothing");
	return unit_result();
}
