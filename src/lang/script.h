/*
 * script.h - a checked script: its tree with types, its maps, variables, probes and the
 * records its actions send. What check() gives and lower() takes.
 */
#ifndef SONDE_SCRIPT_H
#define SONDE_SCRIPT_H

#include "lang/world.h"
struct format; /* lang/format.h */
struct files; /* lang/files.h */

/*
 * A column of what is printed: of rows (printf calls marked NODE_ROW) and of maps that are
 * shown as tables.
 */
enum column_part { /* of a map's value: */
	COLUMN_VALUE,   /* the value, the count of count(), the sum of sum() */
	COLUMN_COUNT, COLUMN_TOTAL, COLUMN_AVERAGE, /* of avg() and stats() */
	COLUMN_QUANTILE, /* of hist(), printed with percentiles */
};

enum { COLUMN_MEASURES = 8 };

struct column {
	const char *title;   /* above it */
	const char *name;    /* its field in JSON */
	const char *format;  /* one conversion: "%-16s" */
	const char *prefix;  /* a key's: text before it; NULL: none */
	uint64_t divisor;    /* numbers are divided by it; %f shows the fraction. 1: not */
	enum column_part part;
	const char *quantile; /* COLUMN_QUANTILE: "p99", "max" */
	/* Tables of several measures: the last part of the map's key is a number, the measure. */
	uint32_t of;         /* the measures that are added up, as bits; 0: the table has but one */
	uint32_t less;       /* and these taken off, not below zero */
	uint32_t base;       /* shown as a percentage of these; 0: not */
	const char *sort;    /* what tables are sorted by it by; NULL: not by a name */
	bool last;           /* a key that stands after the values */
	bool message;        /* a row's last: a format of its own and its values */
};

struct presentation { /* how a map is printed, where it is not as bpftrace does */
	const char *unit;    /* HIST: "usecs", above its rows; NULL: not a histogram */
	const struct column *keys, *values;
	uint32_t nkeys, nvalues;
	bool measured;       /* see column.of */
	int32_t sort;        /* the value that tables are sorted by, the largest first; -1: the sum of all */
};

enum action_kind { /* what a record tells the reader to do */
	ACTION_PRINTF, ACTION_ERRORF, ACTION_WARNF, ACTION_CAT, ACTION_SYSTEM, ACTION_JOIN,
	ACTION_TIME, ACTION_PRINT_VALUE, ACTION_PRINT_ENTRY, ACTION_PRINT_MAP, ACTION_CLEAR,
	ACTION_ZERO, ACTION_UNWATCH, ACTION_EXIT, ACTION_GROW, /* GROW: a map is three quarters full; arg 0: map */
};

struct action_arg {
	const struct type *type;
	uint32_t offset;   /* in the record, see struct record below */
	bool tail;         /* STRING, BUFFER: u32 offset, u32 length here; the bytes are in the tail */
	uint32_t limit;    /* tail: most bytes it may take, with the NUL */
};

struct action {
	enum action_kind kind;
	uint32_t number;          /* in struct record */
	const struct node *node;  /* the call */
	struct span span;
	const char *format_text;  /* PRINTF and the like; TIME: strftime format; JOIN: separator */
	const struct format *format;
	const struct column *columns; /* PRINTF of a row: one for each argument; else NULL */
	VEC(struct action_arg) args;
	uint32_t fixed_size;      /* of the record without tail, a multiple of 8 */
	uint32_t max_size;        /* with the longest tail; == fixed_size when there is none */
	struct map *map;          /* PRINT_MAP, PRINT_ENTRY, CLEAR, ZERO, GROW */
	int64_t top, divisor;     /* PRINT_MAP: 0 when not given */
	const char *percentiles;  /* PRINT_MAP: "p50,p99,max" or NULL */
	/* PRINT_MAP..ZERO: an earlier print of the same map in the same run of the probe:
	 * a clear after it drops just what was printed */
	bool after_print;
};

/*
 * A record in the ring buffer:
 *
 *   0        4           8                        fixed_size            size
 *   | action | tail size | fixed part of the args | tail: string bytes  |
 *
 * An argument with `tail` holds u32 offset from the record's start and u32 length.
 */
struct record {
	uint32_t action;
	uint32_t tail;
};

struct variable {
	const char *name;
	const struct type *type;
	struct span span;      /* first definition */
	uint32_t number;       /* for lowering */
	bool only_literals;    /* all it was given: see check_merge_value() */
	bool unvouched;        /* given a pointer that the kernel does not vouch for: check_vouched() */
	bool declared;         /* with a type, which stays as it is: let $x: uint8 */
};

enum map_use { /* what the script does with a map */
	MAP_ASSIGNED = 1 << 0,     /* @m = v */
	MAP_COUNTED = 1 << 1,      /* @m++ and compound assignment */
	MAP_AGGREGATED = 1 << 2,   /* @m = count() ... */
	MAP_READ = 1 << 3,         /* its value is used in an expression in the kernel */
	MAP_DELETED = 1 << 4,
	MAP_CLEARED = 1 << 5,      /* clear() or zero() */
	MAP_PRINTED = 1 << 6,
	MAP_LEN = 1 << 7,          /* len(), */
	MAP_HAS_KEY = 1 << 8,
	MAP_OTHER_KEY = 1 << 9,    /* keyed somewhere with something else than plain `tid` */
};

struct map {
	bool hidden;                 /* ours: never printed */
	const char *name;            /* without the @ */
	struct span span;            /* first use */
	uint32_t number;             /* in script->maps */
	const struct type *key;      /* NULL: scalar map. A single key of INT type: 8 bytes */
	const struct type *value;    /* aggregation or plain type */
	uint32_t uses;               /* enum map_use */
	const struct node *decl;     /* NODE_MAP_DECL or NULL */
	uint64_t declared_entries;   /* of the declaration; 0: none */
	bool lru;                    /* of the declaration */
	bool only_literals;          /* all it was given: see check_merge_value() */
	bool percentiles;            /* printed with percentiles: finer buckets are kept */
	uint8_t shown_bits;          /* HIST: sub-buckets (log2) the script asked to see */
	const struct presentation *presentation; /* NULL: as bpftrace prints it */
	const char *const *key_names; /* what the parts of its key are called; NULL: nothing */
	uint32_t nkey_names;
	uint32_t expected_keys;      /* its first size, if it grows; 0: nothing is known */
};

struct probe { /* one block `targets /predicate/ { }` */
	const struct node *node;
	const struct node *predicate, *body;
	const char *name;            /* given name or NULL */
	uint32_t number;
	enum provider provider;      /* all its targets' */
	target_list targets;
	bool uses_args, uses_probe_name;
	uint64_t args_used;          /* USDT: a bit for each argN, as far as 64 */
	bool uses_registers;         /* reg() or ctx: what only a kprobe or uprobe has */
	bool uses_kstack;
	bool uses_retval;
	uint32_t nargs_used;         /* argN: the highest N + 1 */
};

enum { DEFAULT_MAX_PROBES = 1024 };

enum run_mode { RUN_NORMAL, RUN_TEST, RUN_BENCH };

struct config {
	uint64_t max_strlen;      /* 1024 */
	uint64_t max_map_keys;    /* 0: as the planner sees fit */
	uint64_t ring_pages;      /* 0: as the planner sees fit */
	uint64_t max_cat_bytes;   /* 10240 */
	bool print_maps_on_exit;  /* true */
	bool cpp_demangle;        /* true: names of C++ and Rust as in the source */
	const char *str_trunc_trailer; /* ".." */
	uint32_t stack_mode;
	uint32_t missing_probes;  /* 0 error, 1 warn, 2 ignore */
	uint64_t max_probes;      /* functions that one wildcard may match */
	bool unsafe;              /* --unsafe */
	enum run_mode mode;
	const char *probe_filter; /* a regular expression, or NULL */
	uint64_t pinned;          /* settings (by row) given from outside: the config block does not change them */
};

/* Bytes of a string that nothing but max_strlen limits, its end included. */
static inline uint32_t string_room(const struct config *config)
{
	return config->max_strlen + 1;
}

struct script_option {
	const char *name, *doc; /* doc: may be NULL */
	struct span span;
};

struct script {
	struct arena *arena;
	struct diags *diags;
	struct types *types;
	struct world *world;
	struct node *root;
	struct files *files;         /* what imports and headers are read with; NULL: they are refused */
	VEC(struct node *) headers;  /* SCRIPTs of C definitions; what the script defines goes before them */
	struct config config;
	VEC(struct map *) maps;
	VEC(struct probe *) probes;
	VEC(struct action *) actions;
	VEC(const char *) strings;   /* numbered strings: strftime formats, cgroup filters */
	VEC(const char *) packet_files; /* that skboutput() writes */
	const struct column *columns; /* of rows; set before the check */
	uint32_t ncolumns;
	VEC(struct script_option) options; /* what getopt() asks for */
	bool family;                 /* uprobes are in all the command started: see family.h */
	bool fell_back;              /* fallback_rewrite has done what it could */
	bool names_frames;           /* name_frame() somewhere */
	bool uses_user_symbols;      /* ustack or usym somewhere: mapping records are needed */
};

enum { JOIN_MAX = 16 }; /* strings a join() prints at most */
enum nsecs_mode { NSECS_MONOTONIC, NSECS_BOOT, NSECS_TAI, NSECS_SW_TAI };
enum stack_method { STACK_BY_ANY, STACK_BY_FRAME_POINTER, STACK_BY_TABLES };
enum stack_mode { STACK_BPFTRACE, STACK_PERF, STACK_RAW, STACK_BUILD_ID };

/*
 * A setting from outside, before the check: `name` in any of its spellings, `value` a number or a
 * word. False, with one plain line in *why, when the setting does not take the value; a name
 * that is no setting is ignored.
 */
bool script_configure(struct script *script, const char *name, const char *value, const char **why);
/* Types and names of everything, or diagnostics; script->root is annotated. False when errors. */
bool script_check(struct script *script);
/* For --dump=types and --dump=record. */
void script_print_types(const struct script *script, struct buf *out);
void script_print_records(const struct script *script, struct buf *out);

#endif
