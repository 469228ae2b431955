/* perfdata_int.h - between the parts that read perf.data; see perfdata.h. */
#ifndef SONDE_PROF_PERFDATA_INT_H
#define SONDE_PROF_PERFDATA_INT_H

#include "base/hmap.h"
#include "prof/perfdata.h"

struct bytes { const uint8_t *p; size_t n; };

struct event {
	uint64_t sample_type, read_format, branch_type;
	bool id_all;         /* every record carries its time */
	char *name;          /* owned; NULL: not told */
};

struct record { uint64_t time; struct bytes bytes; uint32_t order; }; /* with its head; order: as they came */
struct unpacked { struct buf buf; size_t used; }; /* used: up to where its records are whole */

struct perfdata {
	struct bytes file;
	VEC(struct event) events;
	struct hmap event_of_id; /* the kernel's id -> place in events + 1 */
	size_t nids;             /* taken, however often one place of the file was named */
	VEC(struct record) records;
	VEC(struct bytes) build_ids;
	uint64_t bad;
	/* of compressed records */
	VEC(struct unpacked) unpacked;
	size_t unpacked_bytes;
	bool unpacking;
	void *zstd;          /* ZSTD_DStream, once one is needed */
};

/* `n` bytes off the front; false when there are not so many. */
static inline bool bytes_take(struct bytes *b, void *to, size_t n)
{
	if (b->n < n)
		return false;
	memcpy(to, b->p, n);
	b->p += n;
	b->n -= n;
	return true;
}

static inline bool bytes_skip(struct bytes *b, uint64_t n)
{
	if (b->n < n)
		return false;
	b->p += n;
	b->n -= n;
	return true;
}

/* [offset, offset + n) of the file; nothing when it is not all there. */
static inline struct bytes bytes_at(struct bytes b, uint64_t offset, uint64_t n)
{
	return offset <= b.n && n <= b.n - offset ? (struct bytes){b.p + offset, n} : (struct bytes){0};
}

/* A text that has its NUL within the bytes; NULL when it has none. */
static inline const char *bytes_text(struct bytes b)
{
	return b.n && memchr(b.p, '\0', b.n) ? (const char *)b.p : NULL;
}

/* perfdata_file.c: what the file says beside its records. */
int perfdata_header(struct perfdata *d, struct bytes *data, struct buf *why);
bool perfdata_attr(struct perfdata *d, struct bytes attr, struct bytes ids);
void perfdata_feature(struct perfdata *d, unsigned bit, struct bytes what);
void perfdata_name(struct perfdata *d, struct bytes ids, const char *name, size_t len);

#endif
