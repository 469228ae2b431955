/*
 * perfdata.c - the records of perf.data. See perfdata.h.
 *
 *   bytes --walk--> records {time, where}  --sort--> visitor
 *            `--compressed--> unpacked bytes --walk--> more records
 *
 * Nothing of a record is kept but its place and its time; what it says is read when it is given out.
 */
#include "prof/perfdata_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

/* What perf itself puts between the kernel's records (the file format's numbers). */
enum {
	RECORD_ATTR = 64, RECORD_TRACING_DATA = 66, RECORD_BUILD_ID = 67, RECORD_AUXTRACE = 71, RECORD_UPDATE = 78,
	RECORD_FEATURE = 80, RECORD_COMPRESSED = 81, RECORD_COMPRESSED2 = 83,
	UPDATE_NAME = 2,
	BUILD_ID_SIZE = 1 << 15, /* misc: the build-id's size is told */
	UNPACKED_LIMIT = 1 << 30, RECORDS_LIMIT = 1 << 28,
};

static struct perf_event_header head_of(struct bytes record)
{
	struct perf_event_header head;

	memcpy(&head, record.p, sizeof(head));
	return head;
}

static struct bytes body_of(struct bytes record)
{
	return (struct bytes){record.p + sizeof(struct perf_event_header),
			      record.n - sizeof(struct perf_event_header)};
}

/* ---- samples ---- */

/* Which event, by the id that stands first, or where it would stand in all of them. */
static const struct event *event_of(const struct perfdata *d, struct bytes body)
{
	uint64_t type, id = 0;
	uintptr_t at;

	if (!d->events.n)
		return NULL;
	type = d->events.v[0].sample_type;
	if (type & PERF_SAMPLE_IDENTIFIER) {
		bytes_take(&body, &id, 8);
	} else if (type & PERF_SAMPLE_ID) {
		static const uint64_t before[] = {PERF_SAMPLE_IP, PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_ADDR};

		for (size_t i = 0; i < ARRAY_SIZE(before); i++)
			if (type & before[i])
				bytes_skip(&body, 8);
		bytes_take(&body, &id, 8);
	}
	at = (uintptr_t)hmap_get(&d->event_of_id, &id, sizeof(id));
	return &d->events.v[at ? at - 1 : 0];
}

/* The values of counters that are read with a sample: passed over. */
static bool skip_read(struct bytes *b, uint64_t format)
{
	uint64_t n = 1, each = 1 + !!(format & PERF_FORMAT_ID) + !!(format & PERF_FORMAT_LOST), times;

	times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) + !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	if ((format & PERF_FORMAT_GROUP) && (!bytes_take(b, &n, 8) || n > b->n / 8))
		return false;
	return bytes_skip(b, (times + n * each) * 8);
}

static bool take_chain(struct bytes *b, struct perfdata_sample *s)
{
	uint64_t n;

	if (!bytes_take(b, &n, 8) || n > b->n / 8)
		return false;
	s->ips = b->p;
	s->nips = n;
	return bytes_skip(b, n * 8);
}

/* The fields stand in the order of perf_event_open(2), each only if its bit is set. */
static bool read_sample(const struct perfdata *d, struct bytes b, struct perfdata_sample *s)
{
	const struct event *e = event_of(d, b);
	uint64_t type = e ? e->sample_type : 0, skipped;
	const uint8_t *ip = NULL;
	bool ok = e;

	*s = (struct perfdata_sample){.cpu = -1, .weight = 1, .event = e ? e - d->events.v : 0};
	if (type & PERF_SAMPLE_IDENTIFIER)
		ok = ok && bytes_take(&b, &skipped, 8);
	if (type & PERF_SAMPLE_IP) {
		ip = b.p;
		ok = ok && bytes_take(&b, &skipped, 8);
	}
	if (type & PERF_SAMPLE_TID)
		ok = ok && bytes_take(&b, &s->pid, 4) && bytes_take(&b, &s->tid, 4);
	if (type & PERF_SAMPLE_TIME)
		ok = ok && bytes_take(&b, &s->time, 8);
	if (type & PERF_SAMPLE_ADDR)
		ok = ok && bytes_take(&b, &skipped, 8);
	if (type & PERF_SAMPLE_ID)
		ok = ok && bytes_take(&b, &skipped, 8);
	if (type & PERF_SAMPLE_STREAM_ID)
		ok = ok && bytes_take(&b, &skipped, 8);
	if (type & PERF_SAMPLE_CPU)
		ok = ok && bytes_take(&b, &s->cpu, 4) && bytes_skip(&b, 4);
	if (type & PERF_SAMPLE_PERIOD)
		ok = ok && bytes_take(&b, &s->weight, 8);
	if (type & PERF_SAMPLE_READ)
		ok = ok && skip_read(&b, e->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN)
		ok = ok && take_chain(&b, s);
	s->copied = type & PERF_SAMPLE_STACK_USER;
	if (ok && !s->nips && ip) {
		s->ips = ip;
		s->nips = 1;
	}
	return ok;
}

/* ---- the walk ---- */

/* Where other records have the time: in the fields at their end, if they have them. */
static uint64_t time_of(const struct perfdata *d, struct bytes record)
{
	static const uint64_t after[] = {PERF_SAMPLE_TIME, PERF_SAMPLE_ID, PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU,
					 PERF_SAMPLE_IDENTIFIER};
	struct perfdata_sample s;
	uint64_t time, type, from_end = 0;

	if (head_of(record).type == PERF_RECORD_SAMPLE)
		return read_sample(d, body_of(record), &s) ? s.time : 0;
	type = d->events.n && d->events.v[0].id_all ? d->events.v[0].sample_type : 0;
	if (!(type & PERF_SAMPLE_TIME))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(after); i++)
		from_end += type & after[i] ? 8 : 0;
	if (body_of(record).n < from_end)
		return 0;
	memcpy(&time, record.p + record.n - from_end, sizeof(time));
	return time;
}

static int walk(struct perfdata *d, struct bytes data, size_t *used, struct buf *why);

/* What comes out is added to `out`, up to the bound for all of them. */
static bool decompress(struct perfdata *d, struct bytes packed, struct buf *out, struct buf *why)
{
	ZSTD_inBuffer in = {packed.p, packed.n, 0};
	size_t err = 0;

	while (!ZSTD_isError(err) && in.pos < in.size && d->unpacked_bytes < UNPACKED_LIMIT) {
		uint8_t chunk[1 << 16];
		ZSTD_outBuffer to = {.dst = chunk, .size = sizeof(chunk)};

		err = ZSTD_decompressStream(d->zstd, &to, &in);
		buf_add(out, chunk, to.pos);
		d->unpacked_bytes += to.pos;
	}
	if (ZSTD_isError(err))
		buf_printf(why, "compressed records: %s", ZSTD_getErrorName(err));
	else if (in.pos < in.size)
		buf_printf(why, "compressed records of more than %d MB", UNPACKED_LIMIT >> 20);
	return !ZSTD_isError(err) && in.pos == in.size;
}

/*
 * All compressed records are one stream; a record may begin in one and end in the next. What goes on in
 * the next is copied only where records before it stand in the same piece, so it is copied once.
 */
static struct unpacked *next_piece(struct perfdata *d)
{
	struct unpacked piece = {0};

	if (d->unpacked.n && !vec_last(&d->unpacked).used)
		return &vec_last(&d->unpacked);
	if (d->unpacked.n) {
		const struct unpacked *last = &vec_last(&d->unpacked);

		buf_add(&piece.buf, last->buf.data + last->used, last->buf.len - last->used);
	}
	vec_push(&d->unpacked, piece);
	return &vec_last(&d->unpacked);
}

static int unpack(struct perfdata *d, struct bytes packed, struct buf *why)
{
	struct unpacked *piece;
	int err;

	if (d->unpacking) { /* within what was compressed there is nothing compressed */
		d->bad++;
		return 0;
	}
	if (!d->zstd && !(d->zstd = ZSTD_createDStream()))
		return -ENOMEM;
	piece = next_piece(d);
	err = decompress(d, packed, &piece->buf, why) ? 0 : -EINVAL;
	d->unpacking = true;
	if (!err)
		err = walk(d, (struct bytes){(const uint8_t *)piece->buf.data, piece->buf.len}, &piece->used, why);
	d->unpacking = false;
	return err;
}

static void take_attr(struct perfdata *d, struct bytes body)
{
	uint32_t size = 0;

	if (body.n >= 8)
		memcpy(&size, body.p + 4, sizeof(size)); /* perf_event_attr.size */
	if (size < 8 || size > body.n || !perfdata_attr(d, (struct bytes){body.p, size},
							(struct bytes){body.p + size, body.n - size}))
		d->bad++;
}

static void take_update(struct perfdata *d, struct bytes body)
{
	uint64_t what;

	if (bytes_take(&body, &what, 8) && what == UPDATE_NAME && body.n > 8)
		perfdata_name(d, (struct bytes){body.p, 8}, (const char *)body.p + 8, body.n - 8);
}

/* A record that is perf's own. `more`: bytes that belong to it and follow it. */
static int take_own(struct perfdata *d, uint32_t type, struct bytes record, uint64_t *more, struct buf *why)
{
	struct bytes body = body_of(record);
	uint64_t n;
	uint32_t size;

	switch (type) {
	case RECORD_ATTR:
		take_attr(d, body);
		break;
	case RECORD_TRACING_DATA:
		if (bytes_take(&body, &size, 4))
			*more = ((uint64_t)size + 7) & ~7ull;
		break;
	case RECORD_AUXTRACE:
		bytes_take(&body, more, 8);
		break;
	case RECORD_BUILD_ID:
		vec_push(&d->build_ids, record);
		break;
	case RECORD_UPDATE:
		take_update(d, body);
		break;
	case RECORD_FEATURE:
		if (bytes_take(&body, &n, 8) && n < 256)
			perfdata_feature(d, n, body);
		break;
	case RECORD_COMPRESSED2:
		if (bytes_take(&body, &n, 8))
			body.n = MIN_OF(body.n, n);
		return unpack(d, body, why);
	case RECORD_COMPRESSED:
		return unpack(d, body, why);
	}
	return 0;
}

static bool is_given_out(uint32_t type)
{
	return type == PERF_RECORD_SAMPLE || type == PERF_RECORD_MMAP || type == PERF_RECORD_MMAP2 ||
	       type == PERF_RECORD_COMM || type == PERF_RECORD_FORK || type == PERF_RECORD_EXIT ||
	       type == PERF_RECORD_LOST || type == PERF_RECORD_LOST_SAMPLES;
}

/* Takes whole records; `used` is how far they went. */
static int walk(struct perfdata *d, struct bytes data, size_t *used, struct buf *why)
{
	struct bytes at = data;

	while (at.n >= sizeof(struct perf_event_header)) {
		struct perf_event_header head = head_of(at);
		struct bytes record = {at.p, head.size};
		uint64_t more = 0;
		int err = 0;

		if (head.size < sizeof(head)) {
			d->bad++;
			at.n = 0;
			break;
		}
		if (!bytes_skip(&at, head.size))
			break;
		if (is_given_out(head.type) && d->records.n < RECORDS_LIMIT)
			vec_push(&d->records, ((struct record){time_of(d, record), record, d->records.n}));
		else if (head.type >= RECORD_ATTR)
			err = take_own(d, head.type, record, &more, why);
		if (err)
			return err;
		if (more && !bytes_skip(&at, more))
			break;
	}
	*used = data.n - at.n;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

int perfdata_open(struct perfdata **out, const void *data, size_t len, struct buf *why)
{
	struct perfdata *d = xcalloc(1, sizeof(*d));
	struct bytes records;
	size_t used = 0;
	int err;

	d->file = (struct bytes){data, len};
	err = perfdata_header(d, &records, why);
	if (!err)
		err = walk(d, records, &used, why);
	if (!err && used < records.n)
		d->bad++; /* it ends within a record */
	if (!err && d->records.n)
		qsort(d->records.v, d->records.n, sizeof(*d->records.v), by_time);
	if (err) {
		perfdata_free(d);
		d = NULL;
	}
	*out = d;
	return err;
}

void perfdata_free(struct perfdata *d)
{
	if (!d)
		return;
	vec_each(event, &d->events)
		free(event->name);
	vec_each(piece, &d->unpacked)
		buf_free(&piece->buf);
	vec_free(&d->events);
	vec_free(&d->records);
	vec_free(&d->build_ids);
	vec_free(&d->unpacked);
	hmap_free(&d->event_of_id);
	ZSTD_freeDStream(d->zstd);
	free(d);
}

/* ---- giving out ---- */

static bool give_mmap(const struct perfdata_visitor *v, struct perf_event_header head, struct bytes b)
{
	struct perfdata_mmap m = {.kernel = (head.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL};
	uint8_t id[24]; /* {major, minor, ino, generation}, or {u8 size, pad[3], build-id[20]} */

	if (!bytes_take(&b, &m.pid, 4) || !bytes_skip(&b, 4) || !bytes_take(&b, &m.start, 8) ||
	    !bytes_take(&b, &m.len, 8) || !bytes_take(&b, &m.offset, 8))
		return false;
	if (head.type == PERF_RECORD_MMAP2) {
		if (!bytes_take(&b, id, sizeof(id)) || !bytes_skip(&b, 8))
			return false;
		if (head.misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
			m.build_id = id + 4;
			m.build_id_len = MIN_OF(id[0], (uint8_t)20);
		} else {
			memcpy(&m.ino, id + 8, sizeof(m.ino));
		}
	}
	m.file = bytes_text(b);
	if (m.file && v->mmap)
		v->mmap(v->ctx, &m);
	return m.file;
}

static bool give_task(const struct perfdata_visitor *v, uint32_t type, struct bytes b)
{
	struct { uint32_t pid, ppid, tid, ptid; } t;

	if (!bytes_take(&b, &t, sizeof(t)))
		return false;
	if (type == PERF_RECORD_FORK && v->fork)
		v->fork(v->ctx, t.pid, t.tid, t.ppid, t.ptid);
	if (type == PERF_RECORD_EXIT && v->exit)
		v->exit(v->ctx, t.pid, t.tid);
	return true;
}

static bool give_comm(const struct perfdata_visitor *v, uint16_t misc, struct bytes b)
{
	uint32_t pid, tid;

	if (!bytes_take(&b, &pid, 4) || !bytes_take(&b, &tid, 4) || !bytes_text(b))
		return false;
	if (v->comm)
		v->comm(v->ctx, pid, tid, bytes_text(b), misc & PERF_RECORD_MISC_COMM_EXEC);
	return true;
}

static bool give_lost(const struct perfdata_visitor *v, uint32_t type, struct bytes b)
{
	uint64_t n;

	if ((type == PERF_RECORD_LOST && !bytes_skip(&b, 8)) || !bytes_take(&b, &n, 8))
		return false;
	if (v->lost)
		v->lost(v->ctx, n);
	return true;
}

static bool give(const struct perfdata *d, const struct perfdata_visitor *v, const struct record *record)
{
	struct perf_event_header head = head_of(record->bytes);
	struct bytes body = body_of(record->bytes);
	struct perfdata_sample sample;

	switch (head.type) {
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		return give_mmap(v, head, body);
	case PERF_RECORD_COMM:
		return give_comm(v, head.misc, body);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return give_task(v, head.type, body);
	case PERF_RECORD_SAMPLE:
		if (!read_sample(d, body, &sample))
			return false;
		sample.time = record->time; /* by which it was put in order: a damaged file may say more of it later */
		if (v->sample)
			v->sample(v->ctx, &sample);
		return true;
	}
	return give_lost(v, head.type, body);
}

/* {head, i32 pid, build-id[24], file}: the 21st byte is the build-id's size, if a bit says so. */
static void give_build_id(const struct perfdata_visitor *v, struct bytes record)
{
	struct perf_event_header head = head_of(record);
	struct bytes b = body_of(record);
	uint8_t id[24];

	if (!bytes_skip(&b, 4) || !bytes_take(&b, id, sizeof(id)) || !bytes_text(b) || !v->build_id)
		return;
	v->build_id(v->ctx, (head.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL, bytes_text(b), id,
		    head.misc & BUILD_ID_SIZE ? MIN_OF(id[20], (uint8_t)20) : 20);
}

void perfdata_visit(struct perfdata *d, const struct perfdata_visitor *v)
{
	vec_each(record, &d->build_ids)
		give_build_id(v, *record);
	vec_each(record, &d->records)
		d->bad += !give(d, v, record);
}

size_t perfdata_events(const struct perfdata *d)
{
	return d->events.n;
}

const char *perfdata_event_name(const struct perfdata *d, size_t event)
{
	static char text[32];

	if (event < d->events.n && d->events.v[event].name)
		return d->events.v[event].name;
	snprintf(text, sizeof(text), "event %zu", event);
	return text;
}

uint64_t perfdata_bad(const struct perfdata *d)
{
	return d->bad;
}
