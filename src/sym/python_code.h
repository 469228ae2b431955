/*
 * python_code.h - code objects of a running CPython to what they are called.
 *
 *   address of a PyCodeObject --python_code_read--> struct python_code --python_code_line--> line
 *
 * Memory of the process is read by a function that the caller gives, piece by piece, while the
 * process goes on: whatever is found there, lengths are bounded, and what is no code object
 * (its type is not PyCode_Type) has no name.
 */
#ifndef SONDE_SYM_PYTHON_CODE_H
#define SONDE_SYM_PYTHON_CODE_H

#include "sym/python_build.h"

struct process_memory {
	void *ctx;
	/* All of [address, address + len), or false. */
	bool (*read)(void *ctx, uint64_t address, void *to, size_t len);
};

struct python_code { /* all malloc'd */
	char *function;          /* qualified from 3.11 on: "Class.method" */
	char *file;
	uint32_t first_line;
	unsigned char *lines;    /* the table, as the version has it */
	uint32_t lines_len;
};

/*
 * `bias`: added to the build's virtual addresses it gives those in the process. `check`: what the
 * kernel side saw (python_check()). False: it is not that object (any more), or not readable.
 */
bool python_code_read(const struct python_build *build, uint64_t bias, const struct process_memory *memory,
		      uint64_t address, uint32_t check, struct python_code *out);
void python_code_free(struct python_code *code); /* what it holds */

/* The line of the place (bytes from the first instruction); 0: the code has none there. */
uint32_t python_code_line(const struct python_build *build, const struct python_code *code, uint32_t place);

#endif
