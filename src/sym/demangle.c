/* demangle.c - see demangle.h. */
#include "sym/demangle.h"

#ifndef SONDE_STATIC
#include <dlfcn.h>
#endif
#include <pthread.h>
#include <stdlib.h>

#include "sym/demangle_child.h"
#include "sym/demangle_rust.h"

/*
 * Bytes of a symbol: longer ones cost more than a name is worth; and what as few as the second can
 * stand for is some 100 KB at most (template arguments that repeat all before them four times).
 */
enum { SYMBOL_LIMIT = 4096, HARMLESS_LIMIT = 128 };

static demangler *loaded;

#ifdef SONDE_STATIC

/* What the program is linked with; nothing is loaded into a program that is whole. */
extern demangler __cxa_demangle __attribute__((weak));

static void load(void)
{
	loaded = __cxa_demangle;
}

#else

static void load(void)
{
	static const char *const libraries[] = {"libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"};

	for (size_t i = 0; i < ARRAY_SIZE(libraries) && !loaded; i++) {
		void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_LOCAL);
		if (library)
			loaded = (demangler *)dlsym(library, "__cxa_demangle");
	}
}

#endif

bool demangle_available(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded != NULL;
}

/* Rust first: what it once wrote is a C++ name, too, with a hash and escapes in it. */
static char *demangle_rust(const char *symbol)
{
	struct buf name = {0};

	if ((symbol[1] == 'R' ? demangle_rust_v0 : demangle_rust_legacy)(symbol, &name))
		return name.data;
	buf_free(&name);
	return NULL;
}

char *demangle(const char *symbol)
{
	size_t size;
	char *name;
	int status;

	if (symbol[0] != '_' || (symbol[1] != 'Z' && symbol[1] != 'R') ||
	    strnlen(symbol, SYMBOL_LIMIT) == SYMBOL_LIMIT)
		return NULL;
	name = demangle_rust(symbol);
	if (name || symbol[1] == 'R' || !demangle_available())
		return name;
	if (strlen(symbol) > HARMLESS_LIMIT)
		return demangle_in_child(loaded, symbol);
	name = loaded(symbol, NULL, &size, &status);
	if (name && strnlen(name, DEMANGLED_LIMIT) == DEMANGLED_LIMIT) {
		free(name);
		return NULL;
	}
	return name;
}
