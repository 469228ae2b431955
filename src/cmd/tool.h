/*
 * tool.h - a tool: a script whose first comment, its header, declares flags, defaults, help,
 * whose event an event is (the subject), and what its results look like.
 *
 *   text --tool_parse_header--> struct tool --tool_parse_arguments--> constants, filters
 *        --parse_script--> tree --tool_rewrite--> tree with constants put in, what is switched
 *        off removed, filters on the subject added
 *
 * What a flag does not ask for is not in the programs. docs/tools-howto.md has the grammar of
 * the header; everything here lives in one arena.
 */
#ifndef SONDE_CMD_TOOL_H
#define SONDE_CMD_TOOL_H

#include "cmd/manual.h"
#include "cmd/options.h"
#include "lang/script.h"

/*
 * TOOL_NUMBERS: "80,443", "0,4-7", kept as text; listed(x, NAME) is whether x is one of them, or there are
 * none. An error, a system call and a signal are numbers that may be given by name: "ENOENT",
 * "openat", "KILL" or "SIGKILL". From TOOL_TEXT on the values are texts.
 */
enum tool_type {
	TOOL_SWITCH,
	TOOL_COMMAND, /* what follows on the command line: a command to start, and the only process to see */
	TOOL_NUMBER, TOOL_SECONDS,
	TOOL_NETNS,   /* a process; kept as the number of its network namespace */
	TOOL_ERRNO, TOOL_SYSCALL, TOOL_SIGNAL, TOOL_TEXT, TOOL_NUMBERS,
	TOOL_FOLDERS, /* "/srv/a,/home/x*", kept as numbers (device << 32) + inode: as TOOL_NUMBERS */
	TOOL_TEXTS, /* each time it is given one more; kept with FRONT_SEPARATOR between them */
};

struct tool_value { /* of a constant: a number or a text */
	bool is_text;
	uint64_t number;
	const char *text;
};

struct tool_constant {
	const char *name;
	struct tool_value value;
};

struct tool_effect { /* what giving a flag does */
	const char *name;        /* the constant it sets; NULL: `by` */
	bool given;              /* to what the user gave (a switch: 1) */
	struct tool_value value; /* else to this */
	const char *by;          /* the keys that results are grouped by */
};

struct tool_flag {
	char letter;             /* 0: none */
	const char *name;        /* long name */
	const char *value_name;  /* NULL: a switch */
	enum tool_type type;
	const char *help;
	VEC(struct tool_effect) effects;
	bool engine;             /* a short letter for an option of every tool */
	const char *fixed;       /* engine: the value the letter gives it; NULL: the user's */
};

struct tool_argument { /* positional, all optional */
	const char *name;        /* the constant it sets */
	enum tool_type type;
	const char *help;
};

/* What filters ask of an event's subject. */
enum tool_filter {
#define FILTER(id, ...) FILTER_##id,
#include "cmd/tool_filter.def"
#undef FILTER
	FILTER_COUNT
};

struct tool_subject {
	const char *probe;       /* name given to a probe, or glob of attach points; NULL: all others */
	struct span span;
	bool current, none;      /* the current task; nobody: what happens here was filtered before */
	struct span known[FILTER_COUNT + 1]; /* expressions in the header; .off 0: not known; last: the task */
};

struct tool_key { /* what results may be grouped by */
	const char *name, *title, *format;
	const char *prefix;      /* text before its value; NULL: none */
	struct span expression;  /* .off 0: one of tool_key.def */
	bool last;               /* stands after the values in tables */
	uint32_t most;           /* it has no more values; 0: any number */
};

struct tool_column {
	struct column column;
	const char *condition;   /* constant that must not be 0; NULL: always there */
	bool inverted;           /* must be 0 */
};

struct tool_result { /* how a map is printed */
	const char *map;
	struct span span;
	const char *unit;        /* a histogram's; may be a constant's name */
	const char *by;          /* keys of this map alone; NULL: as the tool's */
	VEC(struct tool_column) columns;
};

struct tool_hooks { /* one way to see the events */
	uint32_t since;          /* kernel, 0xMMmm; 0: any */
	VEC(const char *) attach_points;
};

struct tool_match { const char *title, *constant; }; /* only what matches the expression there, if there is one */

struct tool_example { const char *command, *what; };

struct tool_alias { const char *name, *flags, *summary; };

struct tool {
	struct arena *arena;
	const char *name;
	const struct source *source;
	struct span header;
	const char *summary, *banner;
	const char *front;       /* the translator that makes the script (front/front.h); NULL: it is here */
	VEC(const char *) about;
	VEC(struct tool_flag) flags;
	VEC(struct tool_argument) arguments;
	VEC(struct tool_constant) constants; /* defaults; then as the arguments say */
	VEC(struct tool_hooks) hooks;
	VEC(struct tool_subject) subjects;
	VEC(struct tool_key) keys;
	bool has_by;
	const char *by;          /* keys, separated by commas; "": not grouped */
	VEC(struct tool_column) columns;
	VEC(struct tool_result) results;
	VEC(struct tool_match) matches;
	VEC(struct tool_example) examples;
	VEC(struct tool_alias) aliases;
	VEC(const char *) grouped; /* maps whose whole key is BY */
	/* what the user asked for */
	const char *filters[FILTER_COUNT]; /* as given; NULL: not; of FILTER_PID "cpid": the command */
	const char *pinned[FILTER_COUNT]; /* where a map is pinned that has to have the value as a key; NULL: none */
	const char *container;
	bool help;
};

/* tool_subject: whether the header tells this of it. */
static inline bool tool_subject_tells(const struct tool_subject *s, unsigned filter)
{
	return s->current || s->known[filter].off || s->known[FILTER_COUNT].off;
}

/* tool_header.c */
/* Whether the text is a tool: its first comment says so. */
bool tool_has_header(const char *text, size_t len);
/* Reads the header; false with BAD_TOOL_HEADER diagnostics. */
bool tool_parse_header(struct tool *tool, struct arena *arena, struct diags *diags,
		       const struct source *source, const char *name);

/* tool_flags.c */
/*
 * The command line after the tool's name: its own flags and arguments into constants and
 * filters, the options of every tool into *o. False with one plain line in *why.
 */
bool tool_parse_arguments(struct tool *tool, struct options *o, int argc, char **argv, const char **why);
/* A constant's value; NULL: there is none of that name. */
const struct tool_value *tool_constant(const struct tool *tool, const char *name);
/* The i-th long name of sonde's own options that every tool takes; NULL: no more. */
const char *tool_shared_option(size_t i);
void tool_set(struct tool *tool, const char *name, struct tool_value value);
/* "4", "4-7" at *text, which moves behind it: up to the end or a comma. */
bool tool_take_range(const char **text, uint64_t *from, uint64_t *to);

/* tool_folders.c */
/*
 * (device << 32) + inode of each, separated by commas, in the arena; the device is what the kernel has in
 * super_block.s_dev. NULL: one of the patterns names no folder.
 */
const char *tool_folder_numbers(struct arena *arena, const char *patterns);

/* tool_keys.c */
/* A key of --by; NULL: the tool has none of that name. */
const struct tool_key *tool_key(const struct tool *tool, const char *name, size_t len);
/* Those of tool_key.def that can be told of the events' subjects, behind those of the header. */
void tool_add_common_keys(struct tool *tool);
/* The row of tool_key.def: its variable or filter, and the function around it. */
struct tool_common_key {
	const char *name, *title, *format;
	enum tool_filter filter;
	const char *variable, *function;
};
const struct tool_common_key *tool_common_key(const char *name);

/* tools.c */
/*
 * `sonde NAME ...`, `sonde FILE ...` of a tool's file, `sonde tools`, or started under a tool's
 * name: does it, with its exit status in *status. False: none of these.
 */
bool tool_requested(int argc, char **argv, int *status);
/* All of them, a line each; 1 when one's header is malformed. */
int tool_list(void);
/* Each tool, then each of its other names, with what it does. False: a header is malformed. */
bool tool_each(void (*get)(void *ctx, const char *name, const char *what), void *ctx);
/* What one says of itself, under its name or another. False: there is none. */
bool tool_manual(struct manual *m, const char *name);
bool tool_exists(const char *name);
/* After "there is no file of this name": the tool that was meant, perhaps. */
void tool_hint(const char *file, struct buf *out);
/* A tool's text with these arguments; `base` are options given before it. The exit status. */
int tool_run(const char *name, const char *text, size_t len, const struct options *base, int argc, char **argv);

/* tool_help.c: made of the header. */
void tool_describe(const struct tool *tool, struct manual *m);

/* tool_rewrite.c */
/*
 * The parsed tree, as the flags want it: hooks chosen, constants and keys put in, dead code
 * removed, filters added. False with one plain line in
 * *why (a filter that cannot be had, a hook this kernel lacks) or with diagnostics.
 */
bool tool_rewrite(struct tool *tool, struct script *script, const char **why);

/* tool_dress.c */
/* After the check: how maps and rows are printed. False as above. */
bool tool_dress(struct tool *tool, struct script *script);
/* Whether the flags want that column. */
bool tool_column_wanted(const struct tool *tool, const struct tool_column *c);
/* Appends the conversion of a column, or the title of the number-th, with what separates it from the one before. */
void tool_column_format(const struct tool *tool, const struct column *c, struct buf *out);
void tool_column_title(const struct tool *tool, const struct column *c, size_t number, bool last, struct buf *out);

/* tool_event.c */
/*
 * An attach point `event:$NAME` becomes that of the event which the constant names, as perf does; any
 * other stays. False with one plain line in *why: there is no such event.
 */
bool tool_put_event(const struct tool *tool, struct node *attach_point, struct arena *arena, const char **why);

/* tool_front.c */
/*
 * A tool whose script is made from its arguments (`front:` in its header): made, and run with the
 * options and filters that were given. The exit status.
 */
int tool_run_front(const struct tool *tool, const struct options *o);

/* The line above rows, and what is said once everything is attached; NULL: nothing. */
const char *tool_banner(const struct tool *tool, const struct script *script);

#endif
