/*
 * python_build.h - which CPython a file is, 3.8 to 3.14, and where that version keeps what a
 * stack is made of.
 *
 *   program or library --python_build_find--> addresses, ir/python.h's offsets, and python_code.h's
 *
 * The version is what the file says (Py_Version, from 3.11 on) or its name ("libpython3.8.so.1.0").
 * From 3.13 on CPython publishes the offsets itself, in the first bytes of _PyRuntime
 * (_Py_DebugOffsets, cookie "xdebugpy"); for versions before, they are in a table here, taken
 * from the structs of their headers (Include/internal), the same on x86-64 and arm64.
 */
#ifndef SONDE_SYM_PYTHON_BUILD_H
#define SONDE_SYM_PYTHON_BUILD_H

#include "ir/python.h"
#include "sym/elf_file.h"

/* Offsets in objects that user space reads. */
struct python_objects {
	uint32_t type;                       /* PyObject: its type */
	uint32_t filename, name, qualname;   /* PyCodeObject; qualname 0: there is none */
	uint32_t first_line, lines;          /* and the table of lines, a bytes object */
	uint32_t bytes_length, bytes_data;   /* PyBytesObject */
	uint32_t text_length, text_state;    /* PyASCIIObject */
	uint32_t ascii_data, compact_data;   /* where characters begin */
};

struct python_build {
	unsigned minor;                      /* 3.minor */
	uint64_t runtime, code_type;         /* virtual addresses of _PyRuntime and PyCode_Type */
	struct python_layout layout;
	struct python_objects objects;
};

/* False: the file is no CPython, or one that is not known; `why` has the reason in the second case. */
bool python_build_find(const struct elf_file *file, struct python_build *out, struct buf *why);

#endif
