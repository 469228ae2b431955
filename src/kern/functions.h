/*
 * functions.h - the kernel's functions by name: which there are, and which can be traced.
 *
 *   exact name   BTF of the kernel, then of each loaded module, then /proc/kallsyms
 *   glob         available_filter_functions (what ftrace can patch); where that may not be
 *                read, the functions of BTF and kallsyms
 *
 * Names come from the kernel, and from a BTF file alone where one was named (SONDE_BTF).
 */
#ifndef SONDE_KERN_FUNCTIONS_H
#define SONDE_KERN_FUNCTIONS_H

#include "kern/probe/probe.h"

/* `module` NULL: the kernel proper. False stops. Strings live during the call only. */
typedef bool function_each(void *arg, const char *module, const char *name);

/*
 * Every function whose name matches `name` and whose module matches `module` (globs; module
 * NULL: any, "vmlinux": none). `described`: only those that BTF describes. False when there is
 * nothing to read them from, and *why in plain words (in the arena).
 */
bool functions_each(struct probe_env *env, const char *module, const char *name, bool described,
		    function_each *each, void *arg, const char **why);

/* Where a function of that exact name is described. */
struct function_place {
	const char *module; /* NULL: the kernel proper; in the arena */
	uint32_t btf_id;    /* of the FUNC in that BTF; 0: BTF does not describe it */
};
/* `module` NULL: the kernel proper first, then modules. False: there is none. */
bool function_find(struct probe_env *env, const char *module, const char *name,
		   struct function_place *out);

/* The name nearest to a wrong one, in the arena; NULL: none is near. */
const char *function_nearest(struct probe_env *env, const char *name);

/* Calls each with every loaded module that has BTF (glob NULL: all); false when it was stopped. */
bool modules_each(struct probe_env *env, const char *glob, bool (*each)(void *arg, const char *module),
		  void *arg);
/* The BTF object of a loaded module as a descriptor, for loading programs; -errno. */
int module_btf_fd(const char *module);

#endif
