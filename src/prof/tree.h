/*
 * tree.h - samples to the tree that is drawn or written: stacks with equal names become one.
 *
 *   sample (thread, stack, weight) --> root;process;thread;outer;...;leaf, weights summed
 *
 * Node 0 is the root. Children are sorted by name (bytes), so what is made of a tree is the same
 * for the same samples in any order. Weights are two where two profiles are compared.
 */
#ifndef SONDE_PROF_TREE_H
#define SONDE_PROF_TREE_H

#include "prof/profile.h"

struct tree_options {
	bool reverse;       /* from the leaf outwards: who calls it */
	bool no_comm;       /* no node for the process */
	bool by_pid, by_tid; /* comm-PID, comm-PID/TID, as nodes under the root */
	bool whole_names;   /* with arguments */
	bool places;        /* functions of one name, but of other modules or files, stay apart */
	bool annotate;      /* _[k] _[i] _[j] after names */
	bool compare;       /* weights of both sources */
	bool by_sample;     /* keep the node of each sample */
};

struct tree_key { uint32_t name, module, file, line, kind; }; /* as struct prof_frame; name: the label */

struct tree_node {
	uint32_t key, parent, child, next; /* 0: none */
	uint64_t self, total;
};

struct tree {
	struct profile *p;               /* of the strings; not owned, gets the labels added */
	struct tree_options options;
	VEC(struct tree_key) keys;
	VEC(struct tree_node) nodes;
	VEC(uint64_t) self_b, total_b;   /* by node; empty unless compared */
	VEC(uint32_t) of_sample;         /* by sample, with by_sample */
	uint32_t depth;                  /* of the deepest node; the root is 0 */
};

struct tree *tree_new(struct profile *p, const struct tree_options *options);
void tree_free(struct tree *t);
static inline const char *tree_name(const struct tree *t, uint32_t node)
{
	return prof_text(t->p, t->keys.v[t->nodes.v[node].key].name);
}

#endif
