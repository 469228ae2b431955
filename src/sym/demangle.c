/* demangle.c - see demangle.h. */
#include "sym/demangle.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

/* A symbol of a hostile file: longer ones cost more than a name is worth. */
enum { SYMBOL_LIMIT = 4096, RESULT_LIMIT = 65536 };

typedef char *demangler(const char *symbol, char *buffer, size_t *length, int *status);

static demangler *loaded;

static void load(void)
{
	static const char *const libraries[] = {"libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"};

	for (size_t i = 0; i < ARRAY_SIZE(libraries) && !loaded; i++) {
		void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_LOCAL);
		if (library)
			loaded = (demangler *)dlsym(library, "__cxa_demangle");
	}
}

bool demangle_available(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded != NULL;
}

char *demangle(const char *symbol)
{
	size_t size;
	char *name;
	int status;

	if (symbol[0] != '_' || symbol[1] != 'Z' || strnlen(symbol, SYMBOL_LIMIT) == SYMBOL_LIMIT ||
	    !demangle_available())
		return NULL;
	name = loaded(symbol, NULL, &size, &status);
	if (name && strnlen(name, RESULT_LIMIT) == RESULT_LIMIT) {
		free(name);
		return NULL;
	}
	return name;
}
