/* perfdata_file.c - perf.data beside its records: header, attributes, features. See perfdata.h. */
#include "prof/perfdata_int.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

static const char magic[8] = "PERFILE2", swapped[8] = "2ELIFREP";

struct section { uint64_t offset, size; };
struct header {
	char magic[8];
	uint64_t size, attr_size;
	struct section attrs, data, types;
	uint64_t features[4];
};

enum { PIPE_HEADER = 16, FEATURE_BUILD_ID = 2, FEATURE_EVENT_DESC = 12, EVENTS_LIMIT = 4096 };

bool perfdata_is(const void *data, size_t len)
{
	return len >= sizeof(magic) && (!memcmp(data, magic, sizeof(magic)) || !memcmp(data, swapped, sizeof(swapped)));
}

/* Those that old files leave out are zero; those that new ones add are of no use here. */
bool perfdata_attr(struct perfdata *d, struct bytes attr, struct bytes ids)
{
	struct perf_event_attr a = {0};
	uint64_t id;

	if (attr.n < PERF_ATTR_SIZE_VER0 || d->events.n >= EVENTS_LIMIT)
		return false;
	memcpy(&a, attr.p, MIN_OF(attr.n, sizeof(a)));
	vec_push(&d->events, ((struct event){.sample_type = a.sample_type, .read_format = a.read_format,
		.branch_type = a.branch_sample_type, .id_all = a.sample_id_all}));
	for (; d->nids < d->file.n / sizeof(id) && bytes_take(&ids, &id, sizeof(id)); d->nids++)
		*hmap_at(&d->event_of_id, &id, sizeof(id)) = (void *)(uintptr_t)d->events.n;
	return true;
}

static void set_name(struct event *event, const char *name, size_t len)
{
	free(event->name);
	event->name = xstrndup(name, strnlen(name, len));
}

void perfdata_name(struct perfdata *d, struct bytes ids, const char *name, size_t len)
{
	uint64_t id;
	uintptr_t at = 0;

	if (bytes_take(&ids, &id, sizeof(id)))
		at = (uintptr_t)hmap_get(&d->event_of_id, &id, sizeof(id));
	if (at)
		set_name(&d->events.v[at - 1], name, len);
}

/* u32 n, attr_size; n times: the attribute, u32 nids, u32 len, name, ids. In the order of the attributes. */
static void take_event_desc(struct perfdata *d, struct bytes b)
{
	uint32_t n, attr_size, nids, len;

	if (!bytes_take(&b, &n, 4) || !bytes_take(&b, &attr_size, 4))
		return;
	for (uint32_t i = 0; i < n && i < d->events.n; i++) {
		const char *name;

		if (!bytes_skip(&b, attr_size) || !bytes_take(&b, &nids, 4) || !bytes_take(&b, &len, 4))
			return;
		name = (const char *)b.p;
		if (!bytes_skip(&b, len) || !bytes_skip(&b, (uint64_t)nids * 8))
			return;
		set_name(&d->events.v[i], name, len);
	}
}

/* Records without a type: {u32, u16 misc, u16 size, ...} one after the other. */
static void take_build_ids(struct perfdata *d, struct bytes b)
{
	struct perf_event_header head;

	while (b.n >= sizeof(head)) {
		memcpy(&head, b.p, sizeof(head));
		if (head.size < sizeof(head) || head.size > b.n)
			return;
		vec_push(&d->build_ids, ((struct bytes){b.p, head.size}));
		bytes_skip(&b, head.size);
	}
}

void perfdata_feature(struct perfdata *d, unsigned bit, struct bytes what)
{
	if (bit == FEATURE_BUILD_ID)
		take_build_ids(d, what);
	else if (bit == FEATURE_EVENT_DESC)
		take_event_desc(d, what);
}

static void take_features(struct perfdata *d, const struct header *h)
{
	struct bytes table = bytes_at(d->file, h->data.offset + h->data.size,
				      d->file.n - MIN_OF(h->data.offset + h->data.size, (uint64_t)d->file.n));
	struct section at;

	for (unsigned bit = 0; bit < 256; bit++) {
		if (!(h->features[bit / 64] >> bit % 64 & 1))
			continue;
		if (!bytes_take(&table, &at, sizeof(at)))
			return;
		perfdata_feature(d, bit, bytes_at(d->file, at.offset, at.size));
	}
}

static int fail(struct buf *why, const char *text)
{
	buf_puts(why, text);
	return -EINVAL;
}

int perfdata_header(struct perfdata *d, struct bytes *data, struct buf *why)
{
	struct header h = {0};
	struct bytes attrs;

	if (d->file.n < PIPE_HEADER || !perfdata_is(d->file.p, d->file.n))
		return fail(why, "no perf.data: it does not begin with PERFILE2");
	memcpy(&h, d->file.p, MIN_OF(d->file.n, sizeof(h)));
	if (!memcmp(h.magic, swapped, sizeof(swapped)))
		return fail(why, "perf.data of a machine of the other byte order");
	if (h.size == PIPE_HEADER) {
		*data = (struct bytes){d->file.p + PIPE_HEADER, d->file.n - PIPE_HEADER};
		return 0;
	}
	if (d->file.n < sizeof(h) || h.size < offsetof(struct header, features))
		return fail(why, "perf.data is cut short in its header");
	attrs = bytes_at(d->file, h.attrs.offset, h.attrs.size);
	if (h.attr_size < PERF_ATTR_SIZE_VER0 + sizeof(struct section))
		return fail(why, "perf.data with attributes of a size that cannot be");
	for (; attrs.n >= h.attr_size; bytes_skip(&attrs, h.attr_size)) {
		struct section ids;

		memcpy(&ids, attrs.p + h.attr_size - sizeof(ids), sizeof(ids));
		if (!perfdata_attr(d, (struct bytes){attrs.p, h.attr_size - sizeof(ids)},
				   bytes_at(d->file, ids.offset, ids.size)))
			break;
	}
	/* A recording that was ended the hard way has no size in its header, and no features. */
	if (!h.data.size && h.data.offset < d->file.n)
		h.data.size = d->file.n - h.data.offset;
	*data = bytes_at(d->file, h.data.offset, h.data.size);
	if (!data->p)
		return fail(why, "perf.data is cut short: its records are not all there");
	take_features(d, &h);
	return 0;
}
