/*
 * format.h - printf format strings taken apart, for the checker (how many arguments, of what
 * kind) and for whoever prints.
 *
 *     "%-6d of %s\n"   ->   {conversion d, flag -, width 6} {text " of "} {conversion s} {text "\n"}
 *
 *     % [-+ #0]* [width] [.precision] [hh h l ll j z t L] conversion, or %%
 */
#ifndef SONDE_FORMAT_H
#define SONDE_FORMAT_H

#include "lang/ast.h"

enum format_takes { FORMAT_INTEGER, FORMAT_TEXT, FORMAT_BUFFER };

enum format_conversion {
#define CONVERSION(id, spelling, takes, doc) FORMAT_##id,
#include "lang/format.def"
#undef CONVERSION
	FORMAT_CONVERSION_COUNT
};

enum format_length {
#define LENGTH(id, spelling, bits) FORMAT_LENGTH_##id,
#include "lang/format.def"
#undef LENGTH
	FORMAT_LENGTH_COUNT
};

enum format_flags {
	FORMAT_LEFT = 1 << 0,      /* - */
	FORMAT_SIGN = 1 << 1,      /* + */
	FORMAT_BLANK = 1 << 2,     /* a blank */
	FORMAT_ALTERNATE = 1 << 3, /* # */
	FORMAT_ZERO = 1 << 4,      /* 0 */
};

/* No hostile script makes a field wider than this. */
enum { FORMAT_MAX_WIDTH = 4096 };

struct format_segment {
	bool literal;
	struct text text;       /* literal: its bytes, %% resolved */
	uint8_t conversion;     /* else: enum format_conversion, */
	uint8_t length;         /* enum format_length, */
	uint8_t flags;          /* enum format_flags; 0 is dropped beside -, blank beside +, */
	int16_t width;          /* 0: none given, */
	int16_t precision;      /* -1: none given */
	uint64_t divisor;       /* F: the value is divided by it; 0: 1 */
	uint32_t off, span_len; /* where in the format string */
};

struct format {
	VEC(struct format_segment) segments;
	unsigned conversions; /* arguments needed */
};

struct format_error {
	const char *message; /* for BAD_FORMAT */
	uint32_t off, len;   /* in the format string */
};

/*
 * False, with *error filled, when the format is malformed. The segments' texts live in the
 * arena; the format itself need not outlive the call.
 */
bool format_parse(struct arena *arena, struct text format, struct format *out,
		  struct format_error *error);
const char *format_conversion_name(enum format_conversion conversion);
const char *format_length_name(enum format_length length);
/* Bits that the length modifier leaves of a value: 8, 16 or 64. */
unsigned format_length_bits(enum format_length length);
enum format_takes format_takes(enum format_conversion conversion);
/* `{d - w6}" of "{s}"\n"`, for dumps and tests. */
void format_print(const struct format *format, struct buf *out);

#endif
