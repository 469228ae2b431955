/*
 * demangle.h - C++ and Rust symbols as they are written in the source.
 *
 * Rust names are read here (demangle_rust.h). C++ is left to __cxa_demangle of the C++ run-time
 * library (libstdc++, else libc++abi), which is GNU's own demangler, kept with the compiler, and on
 * nearly every machine; it is loaded when the first such name is met, so programs and scripts
 * without any pay nothing, and a machine without it shows names as they are. libiberty has the
 * same code, but as a static library of the development package only: it would have to be built
 * in, or be a module that somebody installs.
 */
#ifndef SONDE_SYM_DEMANGLE_H
#define SONDE_SYM_DEMANGLE_H

#include "base/base.h"

/* The name demangled, malloc'd; NULL: it is not mangled, is not understood, or there is no library. */
char *demangle(const char *symbol);
/* Whether a library was found; loads it. */
bool demangle_available(void);

#endif
