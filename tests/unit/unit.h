/*
 * unit.h - what unit tests need: CHECK says what did not hold, and where, and goes on; a
 * test ends with `return unit_result()`, which is 0 when all checks held and there were any.
 */
#ifndef SONDE_UNIT_H
#define SONDE_UNIT_H

#include <stdio.h>
#include <string.h>

static int unit_checks, unit_failures;

#define CHECK(cond) do { \
	unit_checks++; \
	if (!(cond)) { \
		unit_failures++; \
		printf("%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond); \
	} \
} while (0)

#define CHECK_STR(actual, expected) do { \
	const char *unit_a = (actual), *unit_e = (expected); \
	unit_checks++; \
	if (!unit_a || strcmp(unit_a, unit_e) != 0) { \
		unit_failures++; \
		printf("%s:%d: %s\n  is       %s\n  expected %s\n", __FILE__, __LINE__, #actual, \
		       unit_a ? unit_a : "(null)", unit_e); \
	} \
} while (0)

static inline int unit_result(void)
{
	if (!unit_checks)
		printf("no check was made\n");
	return unit_failures > 0 || !unit_checks;
}

#endif
