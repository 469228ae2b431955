/* options.c - see options.h; the table is option.def. */
#include "cmd/options.h"

#include "base/diag.h"
#include "cmd/manual.h"

#include <errno.h>
#include <stdlib.h>

enum option_id {
#define OPTION(id, name, letter, argument, help) OPTION_##id,
#include "cmd/option.def"
#undef OPTION
	OPTION_COUNT
};

static const struct manual_option rows[] = {
#define OPTION(id, name, letter, argument, help) {letter, name, argument, NULL, help},
#include "cmd/option.def"
#undef OPTION
};

static bool number(const char *text, uint64_t min, uint64_t max, int64_t *out)
{
	uint64_t v;

	if (!str_to_u64(text, &v) || v < min || v > max)
		return false;
	*out = v;
	return true;
}

static bool real(const char *text, double *out)
{
	enum { MOST = 1000000000 }; /* 30 years: what comes of it fits into ns */
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out > 0 && *out <= MOST;
}

/* "64M", "1G", "4096" */
static bool size(const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || errno) /* it takes a minus, too */
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit && end[1] == '\0') {
		unsigned shift = 10 * (unit - units + 1);

		if (*out > (UINT64_MAX >> shift))
			return false;
		*out <<= shift;
		return true;
	}
	return *end == '\0';
}

static bool one_of(const char *text, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++)
		if (str_eq(words[i], text)) {
			*out = i;
			return true;
		}
	return false;
}

static bool set_mode(struct options *o, const char *v)
{
	static const char *const modes[] = {"codegen", "compiler-bench", "bench", "test", "format", NULL};
	int word = 0;

	if (!one_of(v, modes, &word))
		return false;
	o->dry_run |= word < 2;
	o->fmt |= word == 4;
	if (word == 2 || word == 3)
		o->mode = word == 2 ? RUN_BENCH : RUN_TEST;
	return true;
}

static bool set_format(struct options *o, const char *v)
{
	static const char *const formats[] = {"text", "json", "folded", "top", NULL};
	enum prof_format profile = prof_format_named(v);
	int word;

	if (one_of(v, formats, &word)) {
		o->format = word;
		return true;
	}
	if (profile == PROF_FORMATS || !prof_formats[profile].writes)
		return false;
	o->format = FORMAT_OUT_PROFILE;
	o->profile = profile;
	return true;
}

static bool set(struct options *o, enum option_id id, const char *v, struct arena *arena)
{
	static const char *const modes[] = {"planned", "classic", NULL};
	static const char *const buffers[] = {"line", "full", "none", NULL};
	int word = 0;

	switch (id) {
	case OPTION_PROGRAM: o->program = v; return true;
	case OPTION_LIST: o->list = true; return true;
	case OPTION_INCLUDE_DIR: avec_push(arena, &o->include_dirs, v); return true;
	case OPTION_INCLUDE: avec_push(arena, &o->includes, v); return true;
	case OPTION_FRAME: avec_push(arena, &o->frames, v); return true;
	case OPTION_PID: return number(v, 1, INT32_MAX, &o->pid);
	case OPTION_TID: return number(v, 1, INT32_MAX, &o->tid);
	case OPTION_UID: return number(v, 0, UINT32_MAX, &o->uid);
	case OPTION_COMMAND: o->command = v; return true;
	case OPTION_OUTPUT: o->output = v; return true;
	case OPTION_CGROUP: o->cgroup = v; return true;
	case OPTION_DUMP: o->dump = v; return true;
	case OPTION_QUIET: o->quiet = true; return true;
	case OPTION_DELIMITED: o->delimited = true; return true;
	case OPTION_VERBOSE: o->verbose++; return true;
	case OPTION_DRY_RUN: o->dry_run = true; return true;
	case OPTION_INFO: o->info = true; return true;
	case OPTION_UNSAFE: o->unsafe = true; return true;
	case OPTION_FALLBACK: o->fallback = true; return true;
	case OPTION_NO_FEATURE: o->no_feature = v; return true;
	case OPTION_ALONE: o->alone = true; return true;
	case OPTION_NO_SELF: o->no_self = true; return true;
	case OPTION_VERSION: o->version = true; return true;
	case OPTION_HELP: o->help = true; return true;
	case OPTION_JSON: o->format = FORMAT_OUT_JSON; return true;
	case OPTION_DURATION: return real(v, &o->duration);
	case OPTION_MAX_CPU: return real(v, &o->max_cpu);
	case OPTION_MAX_MAP_MEM: return size(v, &o->max_map_mem);
	case OPTION_FORMAT:
		return set_format(o, v);
	case OPTION_ATTACH:
		if (!one_of(v, modes, &word))
			return false;
		o->classic = word == 1;
		return true;
	case OPTION_BUFFERING:
		if (!one_of(v, buffers, &word))
			return false;
		o->buffering = "lfn"[word];
		return true;
	case OPTION_TEST: o->mode = RUN_TEST; return true;
	case OPTION_BENCH: o->mode = RUN_BENCH; return true;
	case OPTION_FMT: o->fmt = true; return true;
	case OPTION_PROBE_FILTER: o->probe_filter = v; return true;
	case OPTION_MODE: return set_mode(o, v);
	case OPTION_COUNT: break;
	}
	return false;
}

static const char *row_name(const void *ctx, size_t i)
{
	(void)ctx;
	return rows[i].name;
}

static int find_long(const char *name, size_t len)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (strlen(rows[i].name) == len && !strncmp(rows[i].name, name, len))
			return i;
	return -1;
}

bool options_set_long(struct options *o, const char *name, const char *value, struct arena *arena,
		      bool *takes_value, const char **why)
{
	int id = find_long(name, strlen(name));

	*takes_value = id >= 0 && rows[id].argument;
	if (id < 0) {
		*why = arena_printf(arena, "there is no option --%s", name);
		return false;
	}
	if (*takes_value && !value) {
		*why = arena_printf(arena, "--%s wants %s", name, rows[id].argument);
		return false;
	}
	if (!set(o, id, value, arena)) {
		*why = arena_printf(arena, "--%s does not take '%s'", name, value);
		return false;
	}
	return true;
}

/* One argument that begins with "--"; *i moves past a value that was taken. */
static bool parse_long(struct options *o, int argc, char **argv, int *i, struct arena *arena, const char **why)
{
	const char *arg = argv[*i] + 2, *equals = strchr(arg, '=');
	char *name = arena_strndup(arena, arg, equals ? (size_t)(equals - arg) : strlen(arg));
	const char *value = equals ? equals + 1 : *i + 1 < argc ? argv[*i + 1] : NULL, *near;
	bool takes;

	if (find_long(name, strlen(name)) < 0) {
		near = diag_nearest(name, OPTION_COUNT, row_name, NULL);
		*why = arena_printf(arena, "there is no option --%s%s%s%s", name, near ? "; did you mean --" : "",
				    near ? near : "", near ? "?" : "");
		return false;
	}
	if (!options_set_long(o, name, value, arena, &takes, why))
		return false;
	if (!takes && equals) {
		*why = arena_printf(arena, "--%s takes no value", name);
		return false;
	}
	if (takes && !equals)
		++*i;
	return true;
}

static bool parse_short(struct options *o, int argc, char **argv, int *i, struct arena *arena, const char **why)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		int id = 0;
		const char *value;

		while (id < OPTION_COUNT && rows[id].letter != *p)
			id++;
		if (id == OPTION_COUNT) {
			*why = arena_printf(arena, "there is no option -%c", *p);
			return false;
		}
		if (!rows[id].argument) {
			set(o, id, NULL, arena);
			continue;
		}
		value = p[1] ? p + 1 : *i + 1 < argc ? argv[++*i] : NULL;
		if (!value) {
			*why = arena_printf(arena, "-%c wants %s", *p, rows[id].argument);
			return false;
		}
		if (!set(o, id, value, arena)) {
			*why = arena_printf(arena, "-%c does not take '%s'", *p, value);
			return false;
		}
		return true;
	}
	return true;
}

bool options_parse(struct options *o, int argc, char **argv, struct arena *arena, const char **why)
{
	const char **params = arena_array(arena, const char *, argc);
	bool ended = false;

	*o = (struct options){.uid = -1};
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (!ended && str_eq(arg, "--")) {
			ended = true;
		} else if (!ended && arg[0] == '-' && arg[1] == '-') {
			if (!parse_long(o, argc, argv, &i, arena, why))
				return false;
		} else if (!ended && arg[0] == '-' && arg[1]) {
			if (!parse_short(o, argc, argv, &i, arena, why))
				return false;
		} else if (!o->program && !o->file && !o->list) {
			o->file = arg;
		} else {
			params[o->nparams++] = arg;
		}
	}
	o->params = params;
	return true;
}

void options_manual(struct manual *m)
{
	manual_options(m, rows, OPTION_COUNT);
}

bool options_mention(struct manual *m, const char *name)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (str_eq(rows[i].name, name)) {
			struct manual_option o = rows[i];

			o.letter = 0;
			manual_keep(m, o);
			return true;
		}
	}
	return false;
}
