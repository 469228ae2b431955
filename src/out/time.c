/* time.c - strftime with parts of a second; a format that begins with "-u " is for UTC. See value.h. */
#include <time.h>

#include "out/value.h"

/* One conversion: strftime gives nothing both for an empty result and for one too long. */
static void add_conversion(const char *format, const struct tm *tm, struct buf *out)
{
	char text[256];
	size_t n = strftime(text, sizeof(text), format, tm);

	buf_add(out, text, n);
}

void time_print(const char *format, int64_t ns, struct buf *out)
{
	int64_t seconds = ns / 1000000000, rest = ns % 1000000000;
	struct tm tm;
	bool utc;
	time_t t;

	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	t = seconds;
	utc = str_starts(format, "-u ");
	format += utc ? 3 : 0;
	if (!(utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)))
		memset(&tm, 0, sizeof(tm));
	for (const char *p = format; *p; p++) {
		char one[8] = {0};
		size_t n;

		if (*p != '%' || !p[1]) {
			buf_putc(out, *p);
			continue;
		}
		switch (p[1]) {
		case 'f': buf_printf(out, "%06lld", (long long)rest / 1000); p++; continue;
		case 'k': buf_printf(out, "%09lld", (long long)rest); p++; continue;
		case 'l': buf_printf(out, "%03lld", (long long)rest / 1000000); p++; continue;
		}
		/* Flags, width and the E and O modifiers belong to the conversion. */
		n = 1 + strspn(p + 1, "_-0^#123456789EO");
		if (n + 1 >= sizeof(one) || !p[n]) {
			buf_putc(out, *p);
			continue;
		}
		memcpy(one, p, n + 1);
		add_conversion(one, &tm, out);
		p += n;
	}
}
