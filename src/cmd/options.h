/* options.h - the command line as data. */
#ifndef SONDE_OPTIONS_H
#define SONDE_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"
#include "lang/script.h"
#include "prof/format.h"

#define SONDE_VERSION "0.1.0"
#define SONDE_DATE "2026-11-21" /* of this version, in its man pages */

enum output_format { /* PROFILE: a form of prof/format.def */
	FORMAT_OUT_TEXT, FORMAT_OUT_JSON, FORMAT_OUT_FOLDED, FORMAT_OUT_TOP, FORMAT_OUT_PLY, FORMAT_OUT_PROFILE,
};

struct manual; /* cmd/manual.h */
struct translation; /* cmd/translation.h */

struct options {
	const char *program;      /* -e */
	const char *file;         /* FILE, "-": standard input */
	const char *const *params;/* what follows the script */
	unsigned nparams;
	bool list, quiet, delimited, dry_run, info, unsafe, classic, no_self, alone, version, help;
	bool dropin;              /* under bpftrace's name: its messages and forms */
	bool no_warnings, tell_reads;
	VEC(const char *) include_dirs, includes; /* -I, --include */
	VEC(const char *) frames; /* --frame: see frame_option.h */
	unsigned verbose;
	int64_t pid, tid, uid;    /* uid -1: any */
	bool fallback;            /* --fallback */
	bool count_rows;          /* a tool's rows counted, instead of one after the other */
	const char *no_feature;   /* names separated by commas */
	const char *command, *output, *dump, *cgroup;
	enum run_mode mode;       /* --test, --bench */
	bool fmt;
	const char *probe_filter;
	enum output_format format;
	enum prof_format profile;      /* of FORMAT_OUT_PROFILE */
	bool ascii;               /* FORMAT_OUT_PLY: no characters beyond ASCII */
	bool tell_active;         /* FORMAT_OUT_PLY: how many probes are active */
	const struct translation *translation; /* what the script is made from, or NULL */
	int buffering;            /* 'l', 'f', 'n'; 0: by output */
	double duration;          /* seconds; 0: no end */
	double max_cpu;           /* percent; 0: no limit */
	uint64_t max_map_mem;     /* bytes; 0: the default */
};

/*
 * Fills *o. False with one plain line in `why` when an option is unknown or malformed.
 * Options may stand before and after the script; "--" ends them.
 */
bool options_parse(struct options *o, int argc, char **argv, struct arena *arena, const char **why);
/* One long option by name, as tools take them: false when there is none of that name or the
 * value is malformed (*why set). *takes_value tells whether `value` was used. */
bool options_set_long(struct options *o, const char *name, const char *value, struct arena *arena,
		      bool *takes_value, const char **why);
/* The options as rows of a manual. */
void options_manual(struct manual *m);
/* The one of this long name is kept, without its letter, without a row. False: there is none. */
bool options_mention(struct manual *m, const char *name);

#endif
