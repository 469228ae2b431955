/*
 * conversion.h - a printf format (lang/format.h) applied to values. C's rules, with these
 * differences:
 *
 *  - without a length modifier a number is printed at its own width (at least 32 bits), so
 *    that nothing is lost; a modifier cuts or extends as in C;
 *  - %s takes any value, as print() shows it; precision cuts it;
 *  - %r: bytes of buf(), %rx: all as \xNN, %rh: as hex pairs; %gr: names of GFP flags;
 *  - %p of 0 is 0x0.
 */
#ifndef SONDE_OUT_CONVERSION_H
#define SONDE_OUT_CONVERSION_H

#include "lang/format.h"
#include "out/value.h"

/* Conversions beyond `nargs` print nothing: the checker has counted them. */
void format_values(const struct value_style *style, const struct format *format,
		   const struct value *args, size_t nargs, struct buf *out);
void conversion_print(const struct value_style *style, const struct format_segment *segment,
		      const struct value *value, struct buf *out);
/* n / divisor in decimal with so many places (at most 9; -1: 6), rounded. */
void fraction_print(__int128 n, uint64_t divisor, int precision, struct buf *out);
/* Names of allocation flags: GFP_KERNEL|__GFP_ZERO; what has no name in hex. */
void gfp_print(uint32_t flags, struct buf *out);
/* A status as wait(2) gives it: "0", "code 3", "signal 9 (KILL)", "signal 11 (SEGV), core dumped". */
void wait_status_print(int status, struct buf *out);

#endif
