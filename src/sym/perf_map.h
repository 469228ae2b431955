/*
 * perf_map.h - names of generated code, from perf-PID.map or jit-PID.dump. Internal to sym/.
 *
 * The file is text that a runtime (a JVM, node) appends to while it compiles:
 * "START SIZE NAME\n", START and SIZE in hex (Linux, perf's jit-interface.txt). A later line
 * wins over an earlier one that it overlaps: its code stands where the other's was. A file that
 * begins as a jitdump (jitdump.h) is read as one, with its records for lines.
 *
 * It lies in a directory anyone may write, so nothing in it is trusted: a regular file, not a
 * link, owned by the process's user or by root, at most PERF_MAP_LIMIT bytes; lines of
 * another form are passed over and counted.
 */
#ifndef SONDE_SYM_PERF_MAP_H
#define SONDE_SYM_PERF_MAP_H

#include "sym/sym.h"

struct perf_map;

#define PERF_MAP_LIMIT (UINT64_C(256) << 20)

/* Zero-initialised owner: only root's files are taken. */
struct perf_map_owner {
	bool known;
	uint32_t real, effective; /* user ids of the process */
};

struct perf_map *perf_map_new(void);
void perf_map_free(struct perf_map *map); /* NULL is fine */
/*
 * Reads what was appended since the last call (all of it when the file is another one or
 * has shrunk). Cheap when nothing has changed. SYMBOL_LOSS_NONE, NO_PERF_MAP when there is
 * no such file, or PERF_MAP_REFUSED with the reason in `why`; what was read stays.
 */
enum symbol_loss perf_map_read(struct perf_map *map, const char *root, const char *path,
			       const struct perf_map_owner *owner, struct buf *why);
/* The code that holds addr. `name` is valid until the next perf_map_read(). */
bool perf_map_find(const struct perf_map *map, uint64_t addr, const char **name, uint64_t *start);
size_t perf_map_count(const struct perf_map *map);
uint64_t perf_map_bad_lines(const struct perf_map *map);
size_t perf_map_memory(const struct perf_map *map);

#endif
