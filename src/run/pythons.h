/*
 * pythons.h - the CPython interpreters among processes: tells the kernel side where they are
 * (ir/python.h), and names the code objects that it met.
 *
 *   sym/python_build: files --pythons_update--> KMAP_PYTHON_PROCESSES --> python.bpf.h
 *   python.bpf.h --> KMAP_PYTHON_MET --the thread--> sym/python_code: names, kept
 *
 * Names are read by a thread of its own as soon as a code object is first met, so that processes that
 * end are named, too, and code that is there for a moment only (a module's, what exec() is given);
 * what is gone within that time (some 0.1 ms) stays without a name, and the frame says so.
 * Everything here may be called from several threads.
 */
#ifndef SONDE_RUN_PYTHONS_H
#define SONDE_RUN_PYTHONS_H

#include "ir/plan.h"
#include "kern/maps.h"
#include "sym/python_build.h"

struct pythons;

/* NULL with -errno in *err when the maps cannot be had. */
struct pythons *pythons_new(const struct plan *plan, const struct kernel_maps *maps, int *err);
void pythons_free(struct pythons *p); /* NULL is fine */

/* Looks whether the file is an interpreter: a number for pythons_update(), 0 when it is none. */
uint32_t pythons_file(struct pythons *p, const struct elf_file *file);
/* The process has that file mapped: `start` is the address of `offset`, which is in code. */
void pythons_update(struct pythons *p, uint32_t pid, uint32_t number, uint64_t start, uint64_t offset);
/* It has no interpreter (any more). */
void pythons_forget(struct pythons *p, uint32_t pid);

struct python_frame {
	const char *function, *file; /* NULL: not known */
	uint32_t line;               /* 0: not known */
};
/* What two words of a stack (ir/python.h) stand for; strings are the arena's. */
void pythons_frame(struct pythons *p, uint32_t pid, uint64_t first, uint64_t second, struct arena *strings,
		   struct python_frame *out);

/* Lines for the report of -v: interpreters that are not known, and how many functions got no name. */
void pythons_report(struct pythons *p, struct buf *out);

#endif
