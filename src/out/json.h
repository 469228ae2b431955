/*
 * json.h - writing JSON (RFC 8259). Text that is not UTF-8 has a defined form: each byte that
 * is part of no character becomes the escape of the character with its number, \u0080 to
 * \u00ff, so that nothing is lost and the result is always valid.
 */
#ifndef SONDE_OUT_JSON_H
#define SONDE_OUT_JSON_H

#include "lang/format.h"
#include "out/value.h"

void json_string(const char *data, size_t len, struct buf *out);
/* Numbers, strings, booleans, arrays for tuples and stacks, objects for structs and records. */
void json_value(const struct value_style *style, const struct value *value, struct buf *out);
/* A value as a column of a row: %f with its fraction, %rs as an array of strings, else by its type. */
void json_conversion(const struct value_style *style, const struct format_segment *segment,
		     const struct value *value, struct buf *out);
/* A key: always an array, of one element when it is no tuple. */
void json_key(const struct value_style *style, const struct value *key, struct buf *out);

#endif
