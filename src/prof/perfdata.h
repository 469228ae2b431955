/*
 * perfdata.h - the file that `perf record` writes, checked and in the order of time.
 *
 *   header    "PERFILE2", size, attr_size; {offset, size} of attrs, data, event types; 256 bits of features
 *   attrs     struct perf_event_attr, then {offset, size} of its ids        (attr_size bytes each)
 *   data      records: u32 type, u16 misc, u16 size, ...
 *   features  {offset, size} for each bit that is set, after the data; then what they hold
 *
 *   pipe      "PERFILE2", 16; records only, attrs and features among them  (`perf record -o -`)
 *
 * (Linux: tools/perf/Documentation/perf.data-file-format.txt, include/uapi/linux/perf_event.h.) Only
 * files of our own byte order are read. Compressed records (`-z`) are unpacked. CPUs' buffers stand
 * one after the other in the file, so records are sorted by time before they are given out.
 */
#ifndef SONDE_PROF_PERFDATA_H
#define SONDE_PROF_PERFDATA_H

#include <linux/perf_event.h>

#include "base/buf.h"

struct perfdata;

struct perfdata_sample {
	uint64_t time, weight;      /* weight: the period; 1 where none was recorded */
	uint32_t pid, tid;
	int32_t cpu;                /* -1: not recorded */
	uint16_t event;             /* place among perfdata_event_name */
	bool copied;                /* the user's stack is there as bytes only (--call-graph dwarf) */
	const uint8_t *ips;         /* for perfdata_ip */
	size_t nips;
};

/* Address i of the stack, leaf first; PERF_CONTEXT_* values stand among them. */
static inline uint64_t perfdata_ip(const struct perfdata_sample *s, size_t i)
{
	uint64_t ip;

	memcpy(&ip, s->ips + i * sizeof(ip), sizeof(ip)); /* nobody says that it is aligned */
	return ip;
}

struct perfdata_mmap {
	uint32_t pid;
	bool kernel;                /* of the kernel or a module */
	uint64_t start, len, offset, ino; /* ino 0: not recorded */
	const char *file;
	const uint8_t *build_id;
	unsigned build_id_len;      /* 0: not recorded with it */
};

/* What is in the file, the oldest first. NULL members are passed over. */
struct perfdata_visitor {
	void *ctx;
	void (*build_id)(void *ctx, bool kernel, const char *file, const uint8_t *id, unsigned len); /* before all */
	void (*mmap)(void *ctx, const struct perfdata_mmap *m);
	void (*comm)(void *ctx, uint32_t pid, uint32_t tid, const char *comm, bool exec);
	void (*fork)(void *ctx, uint32_t pid, uint32_t tid, uint32_t parent, uint32_t parent_tid);
	void (*exit)(void *ctx, uint32_t pid, uint32_t tid);
	void (*lost)(void *ctx, uint64_t n);
	void (*sample)(void *ctx, const struct perfdata_sample *s);
};

bool perfdata_is(const void *data, size_t len);
/* The bytes stay the caller's, and in place. 0, or -errno with one line in `why`. */
int perfdata_open(struct perfdata **out, const void *data, size_t len, struct buf *why);
void perfdata_free(struct perfdata *d);
void perfdata_visit(struct perfdata *d, const struct perfdata_visitor *v);
size_t perfdata_events(const struct perfdata *d);
const char *perfdata_event_name(const struct perfdata *d, size_t event); /* "cycles:u"; "event 3" when not told */
uint64_t perfdata_bad(const struct perfdata *d); /* records that made no sense */

#endif
