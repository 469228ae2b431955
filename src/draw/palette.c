/*
 * palette.c - colours of frames. See picture.h.
 *
 * `safe`, the default, tells kinds apart by lightness as well as by hue, from the colours that
 * people of every colour vision can tell apart (Okabe and Ito's): user code sky blue, kernel
 * orange, inlined light blue, JIT green, interpreters yellow, processes grey. Changes go from
 * blue (less) over white to orange (more). The others are named as in flamegraph.pl, and choose
 * by the ending (_[k] _[i] _[j]) or by the words in the name where they have more than one hue.
 */
#include "draw/picture.h"
#include "prof/profile.h"

struct hue { int r, g, b, spread_r, spread_g, spread_b; }; /* base, and how far names vary it */

enum { HOT, MEM, IO, RED, GREEN, BLUE, AQUA, YELLOW, PURPLE, ORANGE, HUES };

static const struct hue hues[HUES] = {
	[HOT] = {205, 20, 0, 50, 210, 55},
	[MEM] = {0, 190, 0, 0, 50, 210},
	[IO] = {80, 80, 190, 60, 60, 55},
	[RED] = {200, 60, 60, 55, 80, 80},
	[GREEN] = {60, 180, 60, 60, 55, 60},
	[BLUE] = {80, 80, 200, 60, 60, 55},
	[AQUA] = {60, 165, 165, 50, 55, 55},
	[YELLOW] = {175, 175, 50, 55, 55, 20},
	[PURPLE] = {190, 80, 190, 65, 60, 65},
	[ORANGE] = {190, 90, 10, 65, 65, 10},
};

static const char names[] = "safe, hot, mem, io, wakeup, chain, java, js, perl, red, green, blue, aqua, yellow, "
			    "purple, orange";

bool palette_known(const char *name, const char **known)
{
	size_t len = strlen(name);

	*known = names;
	if (strcspn(name, ", ") < len)
		return false;
	for (const char *s = names; len && (s = strstr(s, name)); s++)
		if ((s == names || s[-1] == ' ') && (s[len] == ',' || !s[len]))
			return true;
	return false;
}

/* A name's place in [0, 1): near names get near colours, as their beginnings weigh most. */
static double place(const char *name, uint64_t seed)
{
	double at = 0, weight = 1, most = 0;
	size_t n = 0;

	for (; name[n] && n < 6; n++) {
		uint64_t h = prof_hash(seed, name + n, 1);

		at += weight * (h >> 40) / (double)(1 << 24);
		most += weight;
		weight *= 0.7;
	}
	return most ? 1 - at / most : 0;
}

static uint32_t tint(int hue, const char *name)
{
	const struct hue *h = &hues[hue];
	double a = place(name, 1), b = place(name, 2), c = place(name, 3);

	return (uint32_t)(h->r + (int)(h->spread_r * c)) << 16 | (uint32_t)(h->g + (int)(h->spread_g * a)) << 8 |
	       (uint32_t)(h->b + (int)(h->spread_b * b));
}

static uint32_t safe(const char *name, uint32_t kind)
{
	static const uint32_t base[] = {
		[PROF_USER] = 0x7cc4ee, [PROF_KERNEL] = 0xf0a93a, [PROF_INLINED] = 0xb9dff5, [PROF_JIT] = 0x4fc3a1,
		[PROF_INTERPRETED] = 0xf3e45a, [PROF_ROOT] = 0xc8c8c8,
	};
	uint32_t c = kind < ARRAY_SIZE(base) ? base[kind] : base[PROF_USER];
	double f = 0.88 + 0.12 * place(name, 1);

	if (name[0] == '[')
		c = 0xd9b8d0; /* no name: to be seen at a glance */
	return (uint32_t)((c >> 16) * f) << 16 | (uint32_t)((c >> 8 & 255) * f) << 8 | (uint32_t)((c & 255) * f);
}

static char ending(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && name[len - 4] == '_' && name[len - 3] == '[' && name[len - 1] == ']' ? name[len - 2] : 0;
}

static int by_kind(const char *palette, const char *name, uint32_t kind)
{
	char mark = ending(name);
	bool kernel = kind == PROF_KERNEL || mark == 'k', inlined = kind == PROF_INLINED || mark == 'i';

	if (str_eq(palette, "java"))
		return mark == 'j' || kind == PROF_JIT ? GREEN : inlined ? AQUA : kernel ? ORANGE :
		       strchr(name, '/') ? GREEN : strstr(name, "::") ? YELLOW : RED;
	if (str_eq(palette, "js"))
		return mark == 'j' || kind == PROF_JIT ? (strchr(name, '/') ? GREEN : AQUA) : kernel ? ORANGE :
		       strstr(name, "::") ? YELLOW : strchr(name, ':') ? AQUA : RED;
	if (str_eq(palette, "perl"))
		return strstr(name, "::") ? YELLOW : strstr(name, "Perl") || strstr(name, ".pl") ? GREEN :
		       kernel ? ORANGE : RED;
	if (str_eq(palette, "wakeup"))
		return AQUA;
	return mark == 'w' ? AQUA : BLUE; /* chain */
}

uint32_t palette_colour(const char *palette, const char *name, uint32_t kind)
{
	static const struct { const char *name; int hue; } plain[] = {
		{"hot", HOT}, {"mem", MEM}, {"io", IO}, {"red", RED}, {"green", GREEN}, {"blue", BLUE}, {"aqua", AQUA},
		{"yellow", YELLOW}, {"purple", PURPLE}, {"orange", ORANGE},
	};

	if (!palette || str_eq(palette, "safe"))
		return safe(name, kind);
	if (str_eq(name, "-") || str_eq(name, "--"))
		return 0xa0a0a0; /* between the two stacks of a chain */
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (str_eq(palette, plain[i].name))
			return tint(plain[i].hue, name);
	return tint(by_kind(palette, name, kind), name);
}

uint32_t palette_change(double change)
{
	double a = change < 0 ? MIN_OF(-change, 1.0) : MIN_OF(change, 1.0);
	uint32_t end = change < 0 ? 0x2b7bba : 0xe0700f;
	uint32_t r = 245 + a * ((double)(end >> 16) - 245), g = 245 + a * ((double)(end >> 8 & 255) - 245),
		 b = 245 + a * ((double)(end & 255) - 245);

	return r << 16 | g << 8 | b;
}

/*
 * matplotlib's inferno, given to the public: its lightness grows evenly, for every colour vision alike.
 * The ends that would not be seen on the ground are left out.
 */
uint32_t palette_heat(double share, bool dark)
{
	static const uint32_t stops[] = {
		0x000004, 0x1f0c48, 0x550f6d, 0x88226a, 0xba3655, 0xe35933, 0xf98c0a, 0xf9c932, 0xfcffa4,
	};
	double at = (dark ? 0.38 + 0.62 * share : 0.76 - 0.70 * share) * (ARRAY_SIZE(stops) - 1);
	size_t i = MIN_OF((size_t)at, ARRAY_SIZE(stops) - 2);
	uint32_t colour = 0;

	for (int shift = 16; shift >= 0; shift -= 8) {
		double from = stops[i] >> shift & 255, to = stops[i + 1] >> shift & 255;

		colour |= (uint32_t)(from + (to - from) * (at - i) + 0.5) << shift;
	}
	return colour;
}
