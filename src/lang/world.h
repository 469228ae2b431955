/*
 * world.h - what the checker asks about the machine: types of the kernel and what an attach
 * point matches. An interface, so that lang/ stays pure; run/world.c answers from BTF,
 * tracefs and ELF, and tests from files.
 */
#ifndef SONDE_WORLD_H
#define SONDE_WORLD_H

#include "lang/ast.h"
#include "lang/type.h"

enum provider {
#define PROVIDER(id, name, alias, min, max, form, doc, supported) PROVIDER_##id,
#include "lang/provider.def"
#undef PROVIDER
	PROVIDER_COUNT
};

const char *provider_name(enum provider provider);
/* profile, software, hardware: events of perf that run a program each so many nanoseconds or events. */
bool provider_samples(enum provider provider);

enum usdt_kind { /* what an argument of a static user probe is */
	USDT_NONE,     /* not to be had; `why` says so */
	USDT_CONSTANT, /* value */
	USDT_REGISTER, /* base >> shift */
	USDT_ADDRESS,  /* base + index * scale + value */
	USDT_MEMORY,   /* what lies there, in the memory of the process */
};

enum { USDT_NO_REGISTER = -1 };

struct usdt_arg { /* made by ir/usdt_args.h */
	enum usdt_kind kind;
	uint8_t size;         /* 1, 2, 4, 8 bytes */
	bool is_signed, is_float;
	int16_t base, index;  /* offsets in struct pt_regs, or USDT_NO_REGISTER */
	uint8_t index_bytes;  /* 8, or 4: its low half is used, extended by its sign or not */
	bool index_signed;
	uint8_t scale, shift; /* shift: bits, for the registers that are a second byte */
	int64_t value;
	const char *why;
};

/*
 * Where a uprobe is in its function: at the first instruction the caller's frame is all there
 * is, and a walk by frame pointers misses the caller itself. Linux 6.12 looks at the
 * instruction on x86-64, and adds the caller where it is one that begins a frame.
 */
enum entry { ENTRY_NONE, ENTRY_FIRST, ENTRY_FRAMED };

/* One concrete place to attach to: what an attach point matched. */
struct target {
	enum provider provider;
	enum entry entry;     /* UPROBE */
	const char *name;     /* full name, as the `probe` builtin gives it */
	const char *category; /* TRACEPOINT: subsystem; SELF: "signal"; RAWTRACEPOINT, KPROBE,
	                       * KRETPROBE, FENTRY, FEXIT: module or NULL; FENTRY, FEXIT: "bpf"; USDT: provider */
	const char *event;    /* TRACEPOINT, RAWTRACEPOINT, SOFTWARE, HARDWARE: event; SELF: signal name;
	                       * ITER: object */
	const char *path;     /* UPROBE, URETPROBE, USDT: the file, as it is opened; ITER: where it is
	                       * pinned, or NULL */
	const char *symbol;   /* UPROBE, KPROBE, FENTRY and returns: function, or NULL for an address; USDT: name */
	uint64_t file_offset; /* UPROBE, URETPROBE, USDT: where in the file; KPROBE: offset in the function */
	uint32_t size;        /* UPROBE, URETPROBE: of the function, bytes; 0: not known */
	uint64_t address;     /* UPROBE, URETPROBE: the same as virtual address in the ELF file;
	                       * KPROBE, KRETPROBE: in the kernel, 0: by name */
	uint64_t period;      /* INTERVAL, PROFILE: ns, or 0; SOFTWARE: events per hit */
	uint64_t frequency;   /* INTERVAL, PROFILE: Hz, or 0 */
	int32_t number;       /* SELF: signal; SOFTWARE, HARDWARE: PERF_COUNT_*; WATCHPOINT: WATCH_* of kern/perf.h;
	                       * syscalls tracepoint: number or -1;
	                       * FENTRY, FEXIT: id of a BPF program or -1 */
	uint32_t id;          /* TRACEPOINT: tracefs event id; functions of the kernel: BTF id, 0: none */
	uint64_t ref_counter; /* USDT: file offset of the counter that switches it on; 0: none */
	const struct usdt_arg *usdt_args; /* USDT */
	uint32_t nusdt_args;
	uint32_t length;      /* WATCHPOINT: bytes */
};
typedef VEC(const struct target *) target_list;

struct named_param {
	const char *name, *value; /* "" when none was given */
	bool *used;               /* becomes true when the script asks for it */
};

struct world {
	/* A kernel type by name ("task_struct" with tag OP_STRUCT; "u32", "pid_t" with OP_NONE). NULL: none. */
	const struct type *(*type_named)(struct world *w, enum op tag, const char *name);
	/* Fills fields and size of a struct that type_named or a field gave. False: unknown to the kernel. */
	bool (*complete)(struct world *w, struct type *t);
	/* An enumerator of the kernel; false: none. */
	bool (*enumerator)(struct world *w, const char *name, int64_t *value, const struct type **type);
	/*
	 * What an attach point matches; parts are its parts after the provider. Adds targets to
	 * *out. False when nothing does: then *why is the reason in plain words and *hint a
	 * remedy or NULL (both in the arena).
	 */
	bool (*match)(struct world *w, enum provider provider, const char *const *parts,
		      unsigned nparts, target_list *out, const char **why, const char **hint);
	/*
	 * The struct of a target's `args` (is_args set; FIELD_* sources), or NULL when it has none.
	 * TRACEPOINT: fields of the format file without the common ones, offsets into the perf
	 * record; syscalls:sys_enter_X: FIELD_SYSCALL. RAWTRACEPOINT, FENTRY: FIELD_RAW_ARG. FEXIT:
	 * the same, and last what the function returns, as `retval` (nothing where it returns void).
	 */
	const struct type *(*args)(struct world *w, const struct target *target);
	/* The BTF id of a kernel variable or function; 0: none that BTF describes. */
	uint32_t (*variable_id)(struct world *w, const char *name);
	uint32_t (*function_id)(struct world *w, const char *name);
	/* A kernel symbol's address, a user symbol's address in a target's binary; false: none. */
	bool (*kaddr)(struct world *w, const char *name, uint64_t *address);
	bool (*uaddr)(struct world *w, const char *path, const char *name, uint64_t *address);
	/* A symbol of C++ or Rust as in the source; NULL: it is none. The member may be NULL. */
	const char *(*demangle)(struct world *w, const char *symbol);
	/* The id of a cgroup v2 directory. */
	bool (*cgroupid)(struct world *w, const char *path, uint64_t *id);
	struct arena *arena;
	struct types *types;
	/* what the script is compiled for */
	uint32_t ncpus;       /* possible CPUs */
	uint32_t kernel;      /* 0xMMmm */
	int64_t pid;          /* -p, or 0 */
	int64_t cpid;         /* child of -c, or 0 */
	bool in_init_pidns;   /* sonde runs in the initial pid namespace */
	uint64_t pidns_dev, pidns_ino;
	const char *const *params; /* positional parameters, from $1 */
	unsigned nparams;
	const struct named_param *named; /* those of the form --name=value */
	unsigned nnamed;
};

/* What a FEXIT target's function returns, the last of its args; NULL: nothing that can be read. */
const struct field *world_result(struct world *w, const struct target *target);

#endif
