/*
 * files.h - lang/files.h answered from the machine: imports, headers, and the C preprocessor
 * (cpp, gcc -E or clang -E, whichever is installed) as a child of bounded time and output.
 *
 * Files are read without following the last link into a device or a FIFO, up to
 * FILES_MAX_BYTES; what everybody may write to is refused, because it would run with our rights.
 */
#ifndef SONDE_RUN_FILES_H
#define SONDE_RUN_FILES_H

#include "lang/files.h"

struct machine_files {
	struct files files;
	const char *kernel;  /* folder of the kernel's headers, or NULL */
	bool kernel_tried;
};

void machine_files_init(struct machine_files *m, struct arena *arena);

#endif
