/* packets.c - see packets.h. */
#include "run/packets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kern/packet_rings.h"

enum { MAGIC_NS = 0xa1b23c4d, LINKTYPE_RAW = 101, SNAPLEN = 262144, PAGES = 64, PAGES_MAX = 4096 };

struct file_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, figures, snaplen, link;
};

struct record_head {
	uint32_t seconds, nanoseconds, captured, whole;
};

struct capture {
	const char *path;
	FILE *file;
	int error; /* errno of the first write that failed */
	bool told;
};

struct packets {
	const struct plan *plan;
	const struct control *control;
	struct packet_rings *rings;
	VEC(struct capture) files;
	uint64_t bad;
};

/* Payload is nobody else's to read. */
static int capture_open(struct capture *c)
{
	const struct file_head head = {MAGIC_NS, 2, 4, 0, 0, SNAPLEN, LINKTYPE_RAW};
	int fd = open(c->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	c->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!c->file) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	fwrite(&head, sizeof(head), 1, c->file);
	return fflush(c->file) ? -errno : 0;
}

/* A power of two of pages for each CPU: perf_rb_pages, where it is set. */
static size_t ring_pages(const struct plan *plan)
{
	uint64_t want = plan->script->config.ring_pages ? plan->script->config.ring_pages : PAGES;
	size_t pages = 1;

	while (pages < want && pages < PAGES_MAX)
		pages *= 2;
	return pages;
}

int packets_open(struct packets **out, const struct plan *plan, const struct kernel_maps *maps, struct buf *why)
{
	const struct kmap *kmap = &plan->kmaps.v[KMAP_PACKETS];
	struct packets *p;
	int err = 0;

	*out = NULL;
	if (!kmap->type)
		return 0;
	p = xcalloc(1, sizeof(*p));
	p->plan = plan;
	p->control = maps->control;
	vec_each(path, &plan->script->packet_files)
		vec_push(&p->files, ((struct capture){.path = *path}));
	vec_each(c, &p->files) {
		err = capture_open(c);
		if (err) {
			buf_printf(why, "%s cannot be written: %s", c->path, strerror(-err));
			break;
		}
	}
	if (!err) {
		err = packet_rings_open(&p->rings, kernel_maps_entries_fd(maps, KMAP_PACKETS), kmap->entries,
					ring_pages(plan));
		if (err)
			buf_printf(why, "the buffers of packets cannot be made: %s", strerror(-err));
	}
	if (err)
		packets_close(p);
	else
		*out = p;
	return err;
}

int packets_fd(const struct packets *p)
{
	return p ? packet_rings_fd(p->rings) : -1;
}

static void each(void *ctx, const struct packet_head *head, const uint8_t *bytes, size_t len)
{
	struct packets *p = ctx;
	uint64_t wall = head->time + p->control->wall;
	struct record_head record = {wall / 1000000000, wall % 1000000000, 0, 0};
	struct capture *c;

	if (head->file >= p->files.n || head->offset > len) {
		p->bad++;
		return;
	}
	c = &p->files.v[head->file];
	record.captured = len - head->offset;
	record.whole = head->whole - head->offset;
	errno = 0;
	if (fwrite(&record, sizeof(record), 1, c->file) != 1 ||
	    fwrite(bytes + head->offset, 1, record.captured, c->file) != record.captured)
		c->error = c->error ? c->error : errno;
}

void packets_read(struct packets *p, FILE *messages)
{
	if (!p)
		return;
	p->bad += packet_rings_read(p->rings, each, p);
	vec_each(c, &p->files) {
		if (fflush(c->file) && !c->error)
			c->error = errno;
		if (c->error && !c->told)
			fprintf(messages, "WARNING: %s could not be written completely: %s\n", c->path,
				strerror(c->error));
		c->told |= c->error != 0;
	}
}

uint64_t packets_bad(const struct packets *p)
{
	return p ? p->bad : 0;
}

void packets_close(struct packets *p)
{
	if (!p)
		return;
	packet_rings_close(p->rings);
	vec_each(c, &p->files)
		if (c->file)
			fclose(c->file);
	vec_free(&p->files);
	free(p);
}
