/*
 * demangle_child.h - the C++ library's demangler in a process of its own.
 *
 *   us --symbol--> socket --> child: demangler(symbol)
 *      <---name---
 *
 * A C++ symbol may name something it said before as often as it likes, so that every ten of its
 * characters may double what it stands for, and the library builds all of it in memory. What the
 * symbol of a hostile file asks for is asked of a child, which may take a little memory and time.
 * When it dies of a symbol the next one has a new child; after some deaths there is none any more.
 */
#ifndef SONDE_SYM_DEMANGLE_CHILD_H
#define SONDE_SYM_DEMANGLE_CHILD_H

/* As __cxa_demangle: the Itanium C++ ABI, 3.4. */
typedef char *demangler(const char *symbol, char *buffer, size_t *length, int *status);

/*
 * The name, malloc'd; NULL: it is none, is too long or too costly, or no child can be had. Any
 * thread may call.
 */
char *demangle_in_child(demangler *demangle, const char *symbol);

#endif
