/*
 * demangle_rust.h - Rust's two ways of mangling names.
 *
 *   legacy  _ZN3std2io5print17h0123456789abcdefE   a C++ name whose last part is a hash
 *   v0      _RNvNtCs1234_7mycrate3foo3bar          RFC 2603, "Rust Symbol Mangling (v0)"
 *
 * Names come without hashes and crate disambiguators, as Rust itself shows them in short. The
 * input is anybody's: nesting, backward references and the result's size are bounded.
 */
#ifndef SONDE_SYM_DEMANGLE_RUST_H
#define SONDE_SYM_DEMANGLE_RUST_H

#include "base/buf.h"

enum { DEMANGLED_LIMIT = 65536 }; /* bytes of a name: longer ones are not understood */

/* The name appended to `out`; false, and nothing appended: it is not of that form. */
bool demangle_rust_legacy(const char *symbol, struct buf *out);
bool demangle_rust_v0(const char *symbol, struct buf *out);

#endif
