/* uprobe_int.h - between the files of uprobes: C++ names, places by line. */
#ifndef SONDE_KERN_PROBE_UPROBE_INT_H
#define SONDE_KERN_PROBE_UPROBE_INT_H

#include "base/hmap.h"
#include "kern/probe/probe.h"

struct code_window { /* a file's bytes, read in pieces: most places lie close together */
	int fd;              /* -1: nothing can be read */
	uint64_t at;
	size_t len;
	unsigned char bytes[16384];
};
/* The bytes at a place; fewer than n: that is all there is. */
size_t code_window_read(struct code_window *w, uint64_t offset, unsigned char *out, size_t n);

struct uprobe_search { /* one attach point in one file */
	struct probe_query *q;
	enum provider provider;
	const char *path;
	const char *function; /* name or glob; with `cpp` as written in C++ */
	uint64_t plus;        /* FUNCTION+plus */
	bool glob, cpp;
	const char *file;     /* with `line`: a place in the source */
	uint64_t line, column; /* 0: not given */
	VEC(const char *) names; /* of other functions, for "did you mean" */
	bool range_error;
	bool inside_error, unknown; /* FUNCTION+plus is in, or behind, an instruction: */
	uint64_t inside;      /* the one that begins here */
	struct hmap places;   /* file offsets that are targets */
	struct code_window code; /* of code_path */
	const char *code_path;
};

/*
 * A target unless the place is one already; `shown` is what the probe is called by, `size` the
 * function's, 0: not known.
 */
void uprobe_add(struct uprobe_search *s, const char *shown, const char *symbol, uint64_t address,
		uint64_t size, uint64_t offset);

/* uprobe_cpp.c: functions whose demangled name matches. False with why. */
bool uprobe_match_cpp(struct uprobe_search *s);
/*
 * Whether a pattern means a demangled function: "ns::f" any overload of it, "ns::f(int)" that one;
 * '*' in either. A template's return type ("long ns::f<long>(long)") need not be given.
 */
bool uprobe_cpp_matches(const char *pattern, const char *demangled);

/* uprobe_line.c: the first instruction of a line, in each function that has it. */
bool uprobe_match_line(struct uprobe_search *s);

#endif
