/*
 * output.h - where a session's results go: the interface that out/ fills in (text, JSON,
 * folded stacks) and run/ calls. One thread calls it.
 *
 *   ring record --run/record--> struct value[] --output->ops--> FILE
 *   kernel maps --run/aggregate--> struct snapshot --output->ops--> FILE
 */
#ifndef SONDE_RUN_OUTPUT_H
#define SONDE_RUN_OUTPUT_H

#include <errno.h>
#include <stdio.h>

#include "lang/script.h"
#include "run/names.h"

/* A value as stored in keys, map values and records (lang/type.def). */
struct value {
	const struct type *type;
	const uint8_t *data;
	uint32_t size; /* bytes that may be read; a string out of a record's tail has its length */
	bool bare;     /* BUFFER out of a tail: its bytes alone, without the length before them */
};

/* A key or value as it is stored in maps. */
static inline struct value value_stored(const struct type *type, const uint8_t *data)
{
	return (struct value){.type = type, .data = data, .size = type_stored_size(type)};
}

struct map_entry {
	const uint8_t *key;   /* map->key's size; NULL when the map has none */
	const uint8_t *value; /* map->value's size, merged over CPUs and generations */
};

/* What one print of a map shows. */
struct snapshot {
	const struct map *map;
	const struct map_entry *entries;
	size_t n;
	int64_t top, divisor;    /* 0: not given */
	const char *percentiles; /* "p50,p99,max", or NULL */
	bool joined;             /* JSON: keys joined to one text, as bpftrace has them */
};

struct loss_line { /* one cause that occurred */
	const char *name; /* as in JSON */
	const char *text;
	uint64_t count;
};

struct probe_cost {
	const char *name; /* of its first target */
	size_t more;      /* targets besides */
	uint64_t runs, ns;
};

struct cost {
	double seconds;            /* attached */
	const struct probe_cost *probes; /* the costliest first */
	size_t nprobes;
	bool run_time_known;       /* false: the kernel gave no statistics, or it was too short */
	bool estimated;            /* runs and ns were measured for a part of the time */
	double self_cpu_seconds;   /* user + system, of sonde itself */
	uint64_t self_peak_kb, maps_kb;
};

struct output;

struct output_ops {
	/* printf, time, cat, join, system: text as it comes. */
	void (*text)(struct output *out, enum action_kind kind, const char *text, size_t len);
	/* A row (action->columns): one value for each column. `text` is the same by the format. */
	void (*row)(struct output *out, const struct action *action, const struct value *args,
		    size_t nargs, const char *text, size_t len);
	/* errorf, warnf: `place` is where in the script. */
	void (*message)(struct output *out, enum action_kind kind, const struct place *place,
			const char *text, size_t len);
	void (*value)(struct output *out, const struct value *value);
	void (*map)(struct output *out, const struct snapshot *snapshot);
	/* clear() or zero() of it; NULL: nobody cares. */
	void (*cleared)(struct output *out, const struct map *map);
	/* print(@m[k]): value NULL when the key is absent. */
	void (*entry)(struct output *out, const struct map *map, const struct value *key,
		      const struct value *value);
	void (*attached)(struct output *out, size_t probes);
	/* Before the maps that are printed at the end; called only when there is one. */
	void (*end)(struct output *out);
	void (*losses)(struct output *out, const struct loss_line *lines, size_t n);
	void (*cost)(struct output *out, const struct cost *cost);
	/* Text of a format with these arguments; used for cat() and system() too. */
	void (*format)(struct output *out, const struct action *action, const struct value *args,
		       size_t nargs, struct buf *text);
	/* One value as text, for join(). */
	void (*string)(struct output *out, const struct value *value, struct buf *text);
	/* strftime with %f (microseconds), %k (nanoseconds), %l (milliseconds), of now. */
	/* A test: or bench: probe; NULL: as text. */
	void (*trial)(struct output *out, const char *name, bool passed, uint64_t ns);
	void (*benchmark)(struct output *out, const char *name, uint64_t mean_ns, uint64_t runs);
	void (*time)(struct output *out, const char *format, struct buf *text);
	/* What had to wait for the end is written. 0, or -errno of the first write that is known to have failed. */
	int (*free)(struct output *out);
};

struct output {
	const struct output_ops *ops;
	struct names *names; /* set by the session before anything is printed */
	FILE *file;
	FILE *messages;      /* stderr: what is about the run, not its result */
	const char *banner;  /* text: said on `file`, instead of how many probes, when all is attached */
	bool terminal;       /* `file` is one: control bytes in values are escaped */
	bool messages_terminal; /* the same of `messages` */
	bool text_aside;     /* a form for stacks: what the script prints goes to `messages` */
	bool quiet;
	bool delimited;      /* of the form folded: see its option */
	bool ascii, tell_active; /* of the form ply */
	bool dropin;         /* under bpftrace's name: its very forms, nothing about cost unless verbose */
	bool verbose;
	bool tell_reads;     /* dropin: also reads that failed (-k) */
	int error;           /* errno of the first write that failed; 0: none, or not known */
	struct buf line;     /* being built */
};

/* What waits in the file's buffer is written; the first failure is kept. */
static inline void output_flush(struct output *out)
{
	if (fflush(out->file) && !out->error)
		out->error = errno;
}

#endif
