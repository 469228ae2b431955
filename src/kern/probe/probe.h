/*
 * probe.h - probe types: one descriptor a provider, each in its own file.
 *
 *   attach point parts --match--> targets --(compiler)--> programs --attach--> links
 *   glob               --list---> names for -l
 *
 * To add a probe type: one file exporting `const struct probe_type probe_NAME`, one row in
 * probe.def, tests.
 *
 * What carries a program may differ from what the script named (a syscalls tracepoint on a
 * raw one), so probe_attach goes by program->carrier, and only a perf event asks the
 * provider.
 */
#ifndef SONDE_KERN_PROBE_H
#define SONDE_KERN_PROBE_H

#include "ir/plan.h"

struct tracefs;
struct btf;

struct elf_static_probe { /* a USDT note; strings valid during the call */
	const char *provider, *name, *args;
	uint64_t address, file_offset, ref_counter; /* ref_counter: file offset of its semaphore */
};

struct elf_source_line { /* a row of a line table; strings valid during the call */
	uint32_t line, column;
	uint64_t address, file_offset;
	uint64_t function; /* address of the function around it */
	const char *name;  /* of that function, "" when it has none */
};

/*
 * What probe types need to know of ELF files. An interface, because symbols are read by
 * sym/, which is built on kern/. Each returns false with *why in plain words (in the arena).
 */
struct elf_names {
	void *ctx;
	/* "libc", "libssl.so.3", "ls", "/bin/ls": the file to open. */
	bool (*find)(void *ctx, struct arena *arena, const char *name, const char **path,
		     const char **why);
	/* Functions of a file whose name matches a glob; `each` may stop with false. */
	bool (*functions)(void *ctx, struct arena *arena, const char *path, const char *glob,
			  bool (*each)(void *arg, const char *name, uint64_t address,
				       uint64_t size, uint64_t file_offset),
			  void *arg, const char **why);
	/* Every static probe (USDT) of a file, in its order; false when it has none. */
	bool (*static_probes)(void *ctx, struct arena *arena, const char *path,
			      bool (*each)(void *arg, const struct elf_static_probe *probe),
			      void *arg, const char **why);
	/* The places that a line table recommends for lines of a source file, by the end of its path. */
	bool (*lines)(void *ctx, struct arena *arena, const char *path, const char *file,
		      bool (*each)(void *arg, const struct elf_source_line *line), void *arg,
		      const char **why);
	/* A C++ or Rust symbol as it is written in the source; NULL: it is none. */
	const char *(*demangle)(void *ctx, struct arena *arena, const char *symbol);
	/* The address of a symbol of any kind. */
	bool (*symbol)(void *ctx, struct arena *arena, const char *path, const char *name,
		       uint64_t *address);
	/* Files mapped executable by a process (0: by any), each once, as they are opened here. */
	void (*mapped)(void *ctx, struct arena *arena, int64_t pid,
		       bool (*each)(void *arg, const char *path), void *arg);
	/* Where in the file a virtual address of it lies. */
	bool (*file_offset)(void *ctx, struct arena *arena, const char *path, uint64_t address,
			    uint64_t *offset, const char **why);
};

/* Where probe types look up what is there. Members are opened by their first user. */
struct probe_env {
	struct arena *arena;
	struct tracefs *(*tracefs)(struct probe_env *env, const char **why); /* NULL: not there */
	struct btf *(*btf)(struct probe_env *env, const char **why);
	/* A loaded module's types, on top of the kernel's; NULL: not loaded, or not described. */
	struct btf *(*module_btf)(struct probe_env *env, const char *module);
	/* Walks /proc/kallsyms; false: not readable. `module` NULL: the kernel proper. */
	bool (*symbols)(struct probe_env *env,
			bool (*each)(void *arg, uint64_t address, const char *name, char type,
				     const char *module),
			void *arg);
	struct elf_names elf;
	int64_t pid;  /* -p; 0: none */
	int64_t cpid; /* the child of -c, held before its exec; 0: none */
	bool unsafe; /* --unsafe */
	bool pure;   /* types are read from a file: the machine's functions are not looked at */
};

struct probe_query { /* match: question and answer */
	struct probe_env *env;
	const char *const *parts; /* after the provider */
	unsigned nparts;
	target_list *out;
	const char *why;  /* set when nothing matched: plain words */
	const char *hint; /* a remedy or NULL */
};

/* list: called for each name; `target` may be NULL. False stops. */
typedef bool probe_each(void *arg, const char *name);

enum link_wait { /* what closing a link costs; measured on 6.18 */
	LINK_FAST,   /* raw tracepoints, sampling: 0.2 ms */
	LINK_WAITS,  /* uprobe multi: a grace period (57 ms), many at a time (64 links: 70 ms) */
	LINK_SERIAL, /* perf tracepoints and perf uprobes: the same under a lock, one at a time */
};

struct link { /* what holds one program attached to one place */
	int fd;           /* a BPF link or a perf event; closing it detaches */
	int event_fd;     /* sampling: the perf event under the link, for its count; else -1 */
	uint32_t program; /* index in plan->programs */
	uint64_t period;  /* sampling: ns or events between two runs; else 0 */
	bool is_clock;    /* the period is of ns */
	enum link_wait wait;
};
typedef VEC(struct link) link_list;

struct attach_job { /* attach: one program */
	const struct plan *plan;
	const struct program *program;
	uint32_t number; /* index of the program in the plan */
	const struct attachment *at; /* for probe_type.attach(): which of the program's; else NULL, for all of them */
	int prog_fd;
	int64_t pid;     /* -p; 0: everything */
	int64_t uprobe_pid; /* -p, or the child of -c; 0: everything */
	int64_t cpid;    /* the child of -c; 0: none */
	const unsigned *cpus; /* online */
	unsigned ncpus;
	link_list *links;     /* grows; what was added stays there on failure, too */
	/* places of a wildcard that were left out, and the first of them */
	unsigned skipped;
	const struct attachment *skipped_at;
	/* on failure */
	struct buf *why;                /* plain words, no newline */
	const char *hint;
	const struct attachment *failed; /* the place at fault, or NULL */
};

struct probe_type {
	enum provider provider;
	/* Adds targets; false with why (and hint) when nothing matches. */
	bool (*match)(struct probe_query *q);
	/* Full names matching the parts, which hold globs; missing parts match everything. */
	void (*list)(struct probe_env *env, const char *const *parts, unsigned nparts,
		     probe_each *each, void *arg);
	/* 0 or -errno with why. NULL: nothing to attach (run by sonde). */
	int (*attach)(struct attach_job *job);
};

/* NULL: this version has no such probe type. */
const struct probe_type *probe_type_of(enum provider provider);
const char *probe_provider_name(enum provider provider);

int probe_attach(struct attach_job *job);

#define PROBE_TYPE(id, symbol) extern const struct probe_type symbol;
#include "kern/probe/probe.def"
#undef PROBE_TYPE

/* ---- for the probe types ---- */

struct target *probe_target_add(struct probe_query *q, enum provider provider, const char *name);
/* False, with why from the format. */
bool probe_no_match(struct probe_query *q, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* PROVIDER:hz:99, PROVIDER:s:1, PROVIDER:100ms, PROVIDER:5000 (ns): match and list of probes by time. */
bool probe_period_match(struct probe_query *q, enum provider provider);
void probe_period_list(struct probe_env *env, enum provider provider, const char *const *parts, unsigned nparts,
		       probe_each *each, void *arg);
/* A positive number as the language writes it (99, 1e6, 1_000, 0x10), without a unit of time. */
bool probe_count_parse(const char *text, uint64_t *n);
/* There is no kernel function of that name; the hint is the nearest. False. */
bool probe_no_function(struct probe_query *q, const char *module, const char *name);
/* The parts joined with ':' after the provider's name. */
const char *probe_query_name(struct probe_query *q, enum provider provider);

struct sample_event { /* what probe_attach_sampling opens */
	uint32_t type;
	uint64_t config, period;
};
/* On every online CPU, or, with a pid, on every thread of it. */
int probe_attach_sampling(struct attach_job *job, const struct sample_event *event);
/* On one CPU. */
int probe_attach_timer(struct attach_job *job, uint64_t period);
/* A program to an open, disabled perf event; the event is consumed on every path. */
int probe_attach_event(struct attach_job *job, int event_fd, struct link link, uint64_t cookie);
/* job->why for an errno that has no better words; returns err. */
int probe_attach_failed(struct attach_job *job, const struct attachment *failed, int err,
			const char *what);

/* The place, one of a wildcard's, is left out. */
void probe_skip(struct attach_job *job, const struct attachment *a);

struct place_links { /* places that multi links cover, many at a time */
	struct attach_job *job;
	const struct attachment **places;
	/* One link over the places [from, to): its descriptor, or -errno. */
	int (*link)(void *ctx, size_t from, size_t to);
	bool (*is_bad_place)(int err);
	int (*failed)(struct attach_job *job, const struct attachment *a, int err);
	void *ctx;
};
/* One link over [from, to), kept in the job's list. 0 or the kernel's -errno, without words. */
int probe_link_once(const struct place_links *p, size_t from, size_t to);
/*
 * The same; where the kernel refuses them as a whole they are halved until the places at fault are
 * alone, which are left out when a wildcard matched them. 0 or -errno with why.
 */
int probe_link_places(const struct place_links *p, size_t from, size_t to);
/* Whether the place may be one of many that a wildcard matched: then it can be left out. */
bool probe_is_wild(const struct attachment *a);
int probe_attach_raw_tracepoint(struct attach_job *job);
int probe_attach_perf_tracepoint(struct attach_job *job);
int probe_attach_uprobe(struct attach_job *job);
/* The walk of an iterator's link, to its end. 0 or -errno. */
int probe_iter_run(int link_fd);
int probe_attach_kprobe(struct attach_job *job);
int probe_attach_fentry(struct attach_job *job);

#endif
