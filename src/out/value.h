/*
 * value.h - values by their type (lang/type.def), as text.
 *
 * A value shorter than its type says is a mistake of the caller's: run/record.c and
 * run/aggregate.c check sizes before anything is printed.
 */
#ifndef SONDE_OUT_VALUE_H
#define SONDE_OUT_VALUE_H

#include "run/output.h"

struct value_style {
	struct names *names;
	bool dropin; /* printf as bpftrace's: see narrow() in conversion.c */
	bool tight;  /* no blank after the commas of a tuple */
	bool escape; /* for a terminal: control bytes and broken UTF-8 in strings as \xNN */
};

/* As print() shows it: 5, abc, (1, abc), { .a = 1 }, 127.0.0.1, a stack with its line breaks. */
void value_print(const struct value_style *style, const struct value *value, struct buf *out);
/* A map's key without its brackets: the elements of a tuple joined by ", ". */
void value_print_key(const struct value_style *style, const struct value *key, struct buf *out);

/* The integer in an INT, ENUM, BOOL, POINTER or other one-word value, extended by its sign. */
int64_t value_number(const struct value *value);
/* The bytes of a STRING (without NUL) or BUFFER; *cut: it fills its type,
 * so it may have lost its end. */
const char *value_bytes(const struct value *value, uint32_t *len, bool *cut);
/* Element i of a TUPLE, RECORD, STRUCT or ARRAY; bit fields are not reached by this. */
struct value value_element(const struct value *value, uint32_t i);
/* A bit field of a STRUCT. */
int64_t value_bits(const struct value *value, const struct field *field);
/* char[N] in a struct is text. */
bool value_is_text(const struct type *type);
bool type_is_stack(const struct type *type);

/* The frames of a KSTACK or USTACK. Strings live until the next question to names. */
void value_frames(struct names *names, const struct value *value, struct frames *out);
/* One frame as a line of its mode, without indentation and newline. */
void frame_print(const struct frame *frame, uint32_t mode, struct buf *out);
/* The name of one that has a name, with the place in its script when it has that. */
void frame_print_name(const struct frame *frame, struct buf *out);
/* `name+offset`, of an interpreter's function `name (file:line)`, or 0xADDRESS. */
void frame_print_short(const struct frame *frame, struct buf *out);
/* A KSYM's or USYM's name. */
void value_symbol(struct names *names, const struct value *value, struct buf *out);
void value_inet(const struct value *value, struct buf *out);
void value_mac(const struct value *value, struct buf *out);
void value_timestamp(struct names *names, const struct value *value, struct buf *out);
/* The container that a cgroup's path names: the first 12 digits of its id, or its name. */
void value_container(const char *path, struct buf *out);
void value_cgroup(struct names *names, const struct value *value, struct buf *out);

/* Bytes with what could steer a terminal made visible; newline and tab pass. */
void text_escape(const char *data, size_t len, struct buf *out);
/* Text of unknown origin as the style wants it: escaped, or as it is. */
void text_put(const struct value_style *style, const char *data, size_t len, struct buf *out);
/* The bytes of buf(): printable ones as they are, others as \xNN. */
void bytes_print(const uint8_t *data, size_t len, struct buf *out);

/* strftime with %f (microseconds), %k (nanoseconds), %l (milliseconds); `ns` since 1970, local time. */
void time_print(const char *format, int64_t ns, struct buf *out);

#endif
