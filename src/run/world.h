/*
 * world.h - the machine, as the checker asks for it (lang/world.h): types from BTF,
 * tracepoints from tracefs, functions from ELF files, names from kallsyms.
 *
 * Nothing is opened before the first question that needs it: a script of `begin` alone costs
 * neither BTF nor tracefs.
 */
#ifndef SONDE_RUN_WORLD_H
#define SONDE_RUN_WORLD_H

#include "kern/probe/probe.h"
#include "lang/world.h"

struct btf;
struct ksyms;

struct world_options {
	struct arena *arena;
	struct types *types;
	const char *btf_path;     /* NULL: /sys/kernel/btf/vmlinux */
	int64_t pid, cpid;        /* -p; the child of -c */
	const char *const *params;
	unsigned nparams;
	const struct named_param *named; /* lang/world.h */
	unsigned nnamed;
};

struct machine; /* holds a struct world */

/* Never fails; what is missing shows when it is asked for. */
struct machine *machine_new(const struct world_options *options);
void machine_free(struct machine *m);
/*
 * Somebody will ask for the kernel's types soon: they are opened and walked over once by a thread, where
 * there is a processor for it. Who asks before that is done waits.
 */
void machine_walk_types(struct machine *m);
struct world *machine_world(struct machine *m);
/* For listing, loading and reading; lives as long as the machine. */
struct probe_env *machine_probes(struct machine *m);
struct ksyms *machine_ksyms(struct machine *m);
/* Of this kernel, which is asked for single names before its whole text is read. Free with ksyms_free(). */
struct ksyms *ksyms_of_kernel(void);
/* load_options.btf_iterator, ctx = the machine: the id of `bpf_iter_NAME`; 0: none. */
uint32_t machine_btf_iterator(void *machine, const char *name);
/* load_options.btf_tracepoint, ctx = the machine: the id of `btf_trace_EVENT`; 0: none. */
uint32_t machine_btf_tracepoint(void *machine, const char *module, const char *event);

#endif
