/*
 * punycode.h - identifiers outside ASCII, as Rust's mangled names hold them.
 */
#ifndef SONDE_SYM_PUNYCODE_H
#define SONDE_SYM_PUNYCODE_H

#include "base/buf.h"

/* A code point's UTF-8. */
void utf8_add(uint32_t point, struct buf *out);
/*
 * RFC 3492, with '_' in place of '-' as the delimiter (RFC 2603). The UTF-8 appended; false: it is
 * malformed, and what was appended means nothing.
 */
bool punycode_decode(const char *bytes, size_t len, struct buf *out);

#endif
