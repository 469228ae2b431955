/*
 * jitdump.h - names of generated code, from jit-PID.dump. Internal to sym/: perf_map.h reads the file,
 * finds that it is one of these, and hands over its bytes.
 *
 *   header   u32 magic "JiTD", version, total_size, elf_mach, pad, pid; u64 timestamp, flags
 *   record   u32 id, total_size; u64 timestamp; what the id says
 *     0 load   u32 pid, tid; u64 vma, code_addr, code_size, code_index; name, NUL; the code
 *     1 move   u32 pid, tid; u64 vma, old_code_addr, new_code_addr, code_size, code_index
 *     2 lines, 3 close, 4 unwinding: passed over
 *
 * (Linux, tools/perf/Documentation/jitdump-specification.txt.) Numbers are in the byte order of the
 * machine that wrote them; only our own is read. A later record wins over an earlier one, as in a perf map.
 */
#ifndef SONDE_SYM_JITDUMP_H
#define SONDE_SYM_JITDUMP_H

#include "base/buf.h"
#include "base/hmap.h"

enum { JITDUMP_NEED = 16 + 40 + 4096 }; /* bytes that are enough to get on: a record without its code */

struct jitdump_load { uint64_t start, size; uint32_t name; }; /* name: the caller's number */

struct jitdump {
	uint64_t skip;                   /* bytes of the record at hand that are still to be passed over */
	bool begun, ended;               /* the header was read; nothing more makes sense */
	uint64_t bad;                    /* records that are none */
	VEC(struct jitdump_load) loads;  /* for moves */
	struct hmap by_index;            /* the file's number of a load -> place in loads + 1 */
	/* Code at [start, start + size). Gives a number for the name, which `moved` gets back. */
	uint32_t (*code)(void *ctx, uint64_t start, uint64_t size, const char *name, size_t len);
	void (*moved)(void *ctx, uint64_t start, uint64_t size, uint32_t name);
	void *ctx;
};

/* Whether a file that begins so is a jitdump of this machine's byte order; 4 bytes are enough. */
bool jitdump_is(const void *data, size_t len);
/* Whole records of the bytes that follow what was given before; how much was used. */
size_t jitdump_parse(struct jitdump *dump, const char *data, size_t len);
void jitdump_free(struct jitdump *dump);

#endif
