/* names.c - see names.h. */
#include "lang/names.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

enum { MAX_ERRNO = 4095 };

const char *literal_error(int64_t number)
{
	const char *text = NULL;

	if (number < 0 && number >= -MAX_ERRNO)
		number = -number;
	if (number >= 0 && number <= MAX_ERRNO)
		text = strerrordesc_np((int)number);
	return text ? text : "Unknown error";
}

const char *literal_signal(int64_t number)
{
	const char *text = number > 0 && number < SIGRTMIN ? sigdescr_np((int)number) : NULL;

	if (!text && number >= SIGRTMIN && number <= SIGRTMAX)
		return "Real-time signal";
	return text ? text : "Unknown signal";
}

int literal_signal_number(const char *name)
{
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *abbreviation = sigabbrev_np(i);

		if (abbreviation && !strcasecmp(abbreviation, name))
			return i;
	}
	return 0;
}
