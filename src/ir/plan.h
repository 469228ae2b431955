/*
 * plan.h - a compiled script: the kernel maps to make, the programs to load, what each
 * program attaches to. What compilation gives and kern/ and run/ take.
 */
#ifndef SONDE_PLAN_H
#define SONDE_PLAN_H

#include <linux/bpf.h>

#include "ir/ir.h"
#include "ir/stack_words.h"
#include "lang/script.h"

/* ---- what the kernel offers; filled by kern/, plain facts so that planning stays pure ---- */
struct plan_features {
	uint32_t kernel;          /* 0xMMmm */
	bool btf, btf_tracepoint; /* vmlinux BTF; programs attach to tp_btf */
	bool raw_tracepoint;
	bool task_storage;
	bool fetch_atomics;
	bool percpu_lookup;       /* bpf_map_lookup_percpu_elem */
	bool loop;                /* bpf_loop */
	bool uprobe_multi;
	bool kprobe, kprobe_multi, kprobe_session, fentry;
	const char *no_kprobe, *no_fentry; /* why not, in plain words; NULL: it is there */
	bool preemptible;         /* a program may be preempted, and then misses other tasks' events */
	bool func_arg;            /* bpf_get_func_arg (5.17) */
	bool attach_cookie;       /* bpf_get_attach_cookie on perf links */
	bool shared_stacks;       /* a stack may be the CPU's and programs preempted: see keep_own_stack() */
	bool unwind_tables;       /* bpf/library.h has the walker, and the kernel what it needs */
	bool on_demand_maps;      /* non-preallocated hash maps in every tracing program (6.1) */
	bool tai_clock;           /* bpf_ktime_get_tai_ns */
};

/* ---- kernel maps ---- */
enum { /* numbers of the maps every script may have; user maps follow */
	KMAP_CONTROL,  /* ARRAY, 1 entry, mmap-able: struct control, then scalar slots, then per-CPU slots */
	KMAP_RING,     /* RINGBUF */
	KMAP_SCRATCH,  /* ARRAY of cpus * levels entries: strings, keys and records being built */
	KMAP_STACKS,   /* HASH: u64 id -> struct stack_entry (ir/stack_words.h); absent when no stacks */
	KMAP_ZERO,     /* ARRAY, 1 entry, read-only zeros: initial values of big map entries */
	KMAP_NAMES,    /* ARRAY of probe names (fixed-size strings) for merged programs */
	KMAP_CALLS,    /* PROG_ARRAY, empty: see keep_own_stack() of lower.c */
	KMAP_UNWIND_SPACES, /* what unwind.bpf.c walks by: see ir/unwind.h; absent without ustack */
	KMAP_UNWIND_AREAS,
	KMAP_UNWIND_PAGES,
	KMAP_UNWIND_ROWS,
	KMAP_UNWIND_RULES,
	KMAP_UNWIND_RECENT,
	KMAP_UNWIND_WANTED,
	KMAP_UNWIND_FILES,
	KMAP_UNWIND_LAYOUT,
	KMAP_PYTHON_PROCESSES, /* interpreters' frames: see ir/python.h; there with the maps before */
	KMAP_PYTHON_THREADS,
	KMAP_PYTHON_KNOWN,
	KMAP_PYTHON_MET,
	KMAP_NAMED_FRAMES,     /* what name_frame() keeps: see ir/frame_name.h; there with the maps before */
	KMAP_NAMED_TEXTS,
	KMAP_PACKETS,  /* PERF_EVENT_ARRAY by CPU: what skboutput() sends; absent when nothing does */
	KMAP_USER,     /* first of the script's own */
};

struct kmap { /* one kernel map to create */
	const char *name;      /* at most 15 bytes */
	uint32_t type;         /* BPF_MAP_TYPE_*; 0: not needed, do not create */
	uint32_t key_size, value_size;
	uint32_t entries;
	uint32_t flags;        /* BPF_F_* */
	bool outer;            /* ARRAY_OF_MAPS of 1 entry over maps of the shape above; programs use
	                        * the outer map's number, [0] is the current one */
	uint32_t outer_entries; /* outer: as many instead, of which only [0] is made; 0: one */
	struct map *map;       /* the script's map it serves, or NULL */
	uint32_t first_of;     /* not 0: no map of its own, but the first inner map of outer map
	                        * `first_of`, named directly: cheaper until it is swapped */
	const void *init;      /* value of element 0.. entries-1 (value_size each) or NULL */
	const char *pinned;    /* not made but opened: where others pinned it, a hash with such keys; else NULL */
};

/* What goes before a packet's bytes in KMAP_PACKETS. */
struct packet_head {
	uint64_t time;   /* monotonic ns */
	uint32_t file;   /* number in script->packet_files */
	uint32_t offset; /* of the first byte that is wanted */
	uint32_t sent;   /* bytes that follow, those before `offset` included */
	uint32_t whole;  /* bytes the packet has */
};
enum { PACKET_MAX = 65000 }; /* bytes of a packet that are sent: a perf record's size has 16 bits */

/* Head of KMAP_CONTROL's value; shared by programs and reader through mmap. */
struct control {
	uint64_t loss[LOSS_KERNEL_COUNT];
	uint32_t reader_asleep;  /* 1: the next record must wake the reader */
	uint32_t stopping;       /* 1: programs return at once (set on exit and detach) */
	uint64_t wall;           /* what makes wall-clock ns of monotonic ns, for tseries() */
	uint64_t start;          /* monotonic ns when the run began, before `begin`, for `elapsed` */
	uint64_t zero[2];        /* always 0; programs read it where the verifier must not know that */
	uint64_t tai;            /* what makes TAI ns of those since boot, where no helper tells them */
};
enum { CONTROL_SIZE = ROUND_UP(sizeof(struct control), 64) };

enum map_rep { /* representation of a script map; docs/kernel-features.md has the table */
	REP_SCALAR,     /* up to 8 bytes: {u64 value, u64 present} at `offset` in KMAP_CONTROL */
	REP_CPU_SLOTS,  /* scalar aggregation: [generation][cpu] slots in KMAP_CONTROL, see below */
	REP_HASH,       /* HASH key -> value, allocated on demand, one shared value */
	REP_PERCPU,     /* PERCPU_HASH key -> aggregate, preallocated, outer, grows */
	REP_TASK,       /* TASK_STORAGE: struct task_value; tid 0 is a REP_SCALAR slot at `offset` */
};

/*
 * REP_CPU_SLOTS: the aggregate of generation g and CPU c is at
 *     offset + (g * ncpus_pow2 + c) * stride
 * A map with two generations holds the current one as u32 at `generation_offset`; the
 * reader flips it, waits for a grace period, reads and zeroes the old one.
 */
struct map_plan {
	struct map *map;
	enum map_rep rep;
	uint32_t kmap;              /* REP_HASH, REP_PERCPU, REP_TASK: number in plan->kmaps */
	uint32_t key_size, value_size; /* as stored in the kernel map */
	uint32_t offset, stride;    /* REP_SCALAR, REP_CPU_SLOTS, REP_TASK */
	bool two_generations;       /* REP_CPU_SLOTS */
	uint32_t generation_offset;
	bool outer;                 /* REP_HASH, REP_PERCPU: reached through a map in map */
	/*
	 * REP_PERCPU, never cleared: until the reader first swaps the inner map and sets the u32
	 * at `swapped_offset`, programs name it directly as kmap `first_kmap`, which saves the
	 * outer lookup and an indirect call. 0: not so.
	 */
	uint32_t first_kmap, swapped_offset;
	/*
	 * REP_PERCPU: slots in KMAP_CONTROL before the hash, 1 << front_bits for each CPU; see
	 * ir/lower_front.c. 0: none.
	 */
	uint32_t front_bits, front_stride, front_offset;
	uint32_t count_offset;      /* u64 in KMAP_CONTROL: inserts minus deletes (current inner map) */
	uint32_t limit_offset;      /* u64 in KMAP_CONTROL: count at which ACTION_GROW is sent; 0: none */
	uint32_t second_entries;    /* of the map that takes the first one's place when that fills */
	bool atomic;                /* writers need atomic instructions */
	struct action *grow;        /* the ACTION_GROW of this map, or NULL */
};

enum { FRONT_BOUND = 0, FRONT_KEY = 8 }; /* bytes into a front slot */

static inline uint32_t front_value(const struct map_plan *mp)
{
	return FRONT_KEY + mp->key_size;
}

struct task_value { /* REP_TASK */
	uint64_t present;
	uint64_t value;
};

/*
 * KMAP_NAMES: a row is u64 set of the program's probes that want this target, then the full
 * name of the probe, then at func_offset the function's name; strings NUL-terminated. Rows of
 * system-call programs are by number, of others by attach cookie.
 */
struct name_row {
	uint64_t wanted_by;
	char name[];
};

/* ---- programs ---- */
enum carrier { /* what really carries a probe */
	CARRIER_RUN,            /* run once by BPF_PROG_TEST_RUN: begin, end, self:signal */
	CARRIER_PERF_TRACEPOINT,
	CARRIER_RAW_TRACEPOINT, /* BPF_RAW_TRACEPOINT_OPEN by name */
	CARRIER_BTF_TRACEPOINT, /* the same, program typed by BTF */
	CARRIER_PERF_EVENT,     /* interval, profile, software */
	CARRIER_UPROBE,         /* one perf event per target */
	CARRIER_UPROBE_MULTI,   /* one multi link for all targets */
	CARRIER_ITER,           /* run for each object of a walk over kernel objects */
	CARRIER_KPROBE,         /* one perf event per target */
	CARRIER_KPROBE_MULTI,   /* one multi link for all targets */
	CARRIER_KPROBE_SESSION, /* the same, run at entry and at return: see plan_function.c */
	CARRIER_FENTRY,         /* typed by BTF, one target */
	CARRIER_FEXIT,
};

/* The kernel function by which a session's program knows at which end it is. */
#define KFUNC_SESSION_IS_RETURN "bpf_session_is_return"

struct attachment {
	const struct target *target;
	const struct probe *probe;
	uint64_t cookie;        /* number of the target within its program */
};

struct program {
	const char *name;       /* at most 15 bytes */
	enum carrier carrier;
	uint32_t number;
	struct ir_prog *ir;
	struct bpf_code *code;  /* bpf/object.h */
	VEC(struct attachment) attachments;
	const char *event;      /* RAW_, BTF_TRACEPOINT: the tracepoint attached to (may differ from the targets') */
	bool sleepable;         /* ITER: it fetches pages of other tasks */
	bool is_return;         /* UPROBE*, KPROBE*: at the function's return */
	bool is_syscalls;       /* of tracepoint:syscalls:*, dispatching by the call's number */
	VEC(const struct probe *) probes; /* whose code is in it, in order */
	/* programs that must know which target fired: rows of KMAP_NAMES, see struct name_row */
	uint32_t first_name_row, name_rows;
};

/* Kernel functions that count the rounds of a loop (bpf_iter_num), once they were looked for; 0: not there. */
struct plan_rounds {
	bool sought;
	uint32_t new, next, destroy;
};

struct plan {
	struct arena *arena;
	struct script *script;
	struct plan_features features;
	VEC(struct kmap) kmaps;         /* index = map number in the IR */
	VEC(struct map_plan) maps;      /* index = map->number */
	VEC(struct program *) programs; /* in order of attachment */
	uint32_t scratch_size, scratch_levels;
	uint32_t ncpus, ncpus_pow2;
	uint32_t stacks_offset;         /* in KMAP_CONTROL: stacks at hand (lower_stack.c); 0: none */
	uint32_t control_size;          /* bytes of KMAP_CONTROL's value, a multiple of the page size */
	/* the engine's filters (--pid and the like); 0, of filter_uid below 0: none */
	int64_t filter_pid, filter_tid, filter_uid, no_self_pid;
	uint64_t filter_cgroup;
	bool classic;                   /* --attach=classic */
	uint32_t func_offset;           /* in a KMAP_NAMES row: the function's name, after the probe's */
	bool cast_sought;               /* cast_id: of bpf_rdonly_cast, once it was looked for; 0: not there */
	uint32_t cast_id;
	struct plan_rounds rounds;
};

/* Whether programs of this carrier get typed words as arguments, one u64 each. */
static inline bool carrier_is_typed(enum carrier carrier)
{
	return carrier == CARRIER_BTF_TRACEPOINT || carrier == CARRIER_ITER || carrier == CARRIER_FENTRY ||
	       carrier == CARRIER_FEXIT;
}

/* Attach planning, map planning, lowering. False with diagnostics. */
bool plan_script(struct plan *plan);
void plan_print_maps(const struct plan *plan, struct buf *out);   /* --dump=maps */
void plan_print_attach(const struct plan *plan, struct buf *out); /* --dump=attach */

#endif
