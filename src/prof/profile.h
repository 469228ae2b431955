/*
 * profile.h - what every reader fills and every picture is made of: samples with their stacks.
 *
 *   strings  <- frames (name, module, place)  <- stack tree (parent, frame) <- samples
 *                                                                              | weight, time,
 *   threads (command, process, thread) <---------------------------------------' cpu, event
 *
 * Each string, frame, tree node and thread is kept once. A sample's stack is the tree node of
 * its leaf; node 0 is the empty stack. Ids of nodes are larger than their parents', so one pass
 * in order of ids meets parents first. Everything is bounded (PROF_MAX_*): what is beyond is
 * cut and counted in `quality`, never stored half.
 */
#ifndef SONDE_PROF_PROFILE_H
#define SONDE_PROF_PROFILE_H

#include "base/buf.h"
#include "base/base.h"

enum {
	PROF_MAX_DEPTH = 4096,      /* frames in a stack; the outermost are cut */
	PROF_MAX_NAME = 8192,       /* bytes of a name */
	PROF_MAX_NODES = 1 << 28,   /* nodes, frames, samples: memory, not correctness */
};

enum prof_kind { PROF_USER, PROF_KERNEL, PROF_INLINED, PROF_JIT, PROF_INTERPRETED, PROF_ROOT };

struct prof_frame {
	uint32_t name, module, file; /* strings; 0: "" not known */
	uint32_t line;
	uint32_t kind;               /* enum prof_kind */
};

struct prof_node { uint32_t parent, frame; };

struct prof_thread { uint32_t comm; int32_t pid, tid; }; /* -1: not known */

struct prof_sample {
	uint64_t time;       /* ns since some start; 0 when the input has none */
	uint64_t weight;     /* in the profile's unit */
	uint32_t stack, thread;
	int32_t cpu;         /* -1: not known */
	uint16_t event;      /* index in events */
	uint16_t source;     /* 0, or 1: of the second of two profiles that are compared */
};

struct prof_quality {
	uint64_t samples;    /* seen, before any filter */
	uint64_t lost;       /* the recorder says it lost */
	uint64_t cut;        /* stacks deeper than PROF_MAX_DEPTH or names too long */
	uint64_t no_stack;   /* samples without any frame */
	uint64_t unknown;    /* frames, counted once a sample, that have no name */
	uint64_t frames;     /* all frames, for the share of the unknown */
	uint64_t bad_lines, first_bad_line;
	uint64_t other_events; /* samples of events that were not asked for */
	const char *cost;    /* what the recording itself cost, as its maker says; NULL: not known */
};

struct prof_slot { uint32_t hash, id; }; /* id + 1; 0: free */
struct prof_index { struct prof_slot *slots; size_t nslots, used; };

struct profile {
	struct buf text;                   /* all strings, each with its NUL */
	VEC(uint32_t) strings;             /* where each begins in text */
	VEC(struct prof_frame) frames;
	VEC(struct prof_node) nodes;
	VEC(uint32_t) path;                /* nodes of the stack that was made last, the root's child first */
	VEC(struct prof_thread) threads;
	VEC(struct prof_sample) samples;
	VEC(uint32_t) events;              /* names, strings */
	struct prof_index string_index, frame_index, node_index, stack_index, thread_index, event_index;
	struct prof_quality quality;
	uint64_t seed;
	uint64_t start;                    /* profile_start before samples were left out */
	bool selected;
	bool has_time, has_threads;
	bool full;                         /* a bound was met: what came later is missing */
	char unit[32];                     /* of weight: "samples", "ns", ...; "" not known */
};

struct profile *profile_new(void);
void profile_free(struct profile *p);

uint32_t prof_string(struct profile *p, const char *s, size_t len);
static inline const char *prof_text(const struct profile *p, uint32_t id)
{
	return p->text.data + p->strings.v[id];
}
uint32_t prof_text_len(const struct profile *p, uint32_t id);

/* A frame by its names; both may be empty. `file` as module. */
uint32_t prof_frame(struct profile *p, const char *name, size_t name_len, const char *module,
		    size_t module_len, enum prof_kind kind);
uint32_t prof_frame_at(struct profile *p, const struct prof_frame *frame);
/* The node of the stack of these frames, leaf first. */
uint32_t prof_stack(struct profile *p, const uint32_t *frames, size_t n);
/* One step down the tree: the child of `parent` for this frame, made when absent. */
uint32_t prof_child(struct profile *p, uint32_t parent, uint32_t frame);
uint32_t prof_thread(struct profile *p, const char *comm, size_t len, int32_t pid, int32_t tid);
uint16_t prof_event(struct profile *p, const char *name, size_t len);
void prof_add(struct profile *p, const struct prof_sample *sample);

/* No more stacks will come: gives back what is only for finding those there are. */
void profile_seal(struct profile *p);

/* The tree's view of names: kind as its module and address tell. */
enum prof_kind prof_kind_of(const char *module, size_t len);
uint64_t prof_hash(uint64_t seed, const void *data, size_t len);
/*
 * Where time 0 of pictures and selections is: the second in which the first sample is, ns; of a
 * selection, in which the first of all was.
 */
uint64_t profile_start(const struct profile *p);
/* Numbers of the samples in order of time, those of one time as they came. The caller frees it. */
uint32_t *profile_by_time(const struct profile *p);
/* Sum of weights; saturates. */
uint64_t profile_total(const struct profile *p);

#endif
