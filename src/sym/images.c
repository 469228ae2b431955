/* images.c - see images.h. */
#include "sym/images.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAPS_LIMIT = 64 << 20,
	STATUS_LIMIT = 64 << 10,
	ENDED_WITHIN = 64, /* how far from the stale end an ended image is preferred */
};

static struct image **bucket_of(struct images *images, uint32_t pid)
{
	return &images->buckets[(pid * 0x9e3779b1u) >> 20];
}

static void unlink_use(struct images *images, struct image *image)
{
	*(image->fresher ? &image->fresher->staler : &images->freshest) = image->staler;
	*(image->staler ? &image->staler->fresher : &images->stalest) = image->fresher;
	image->fresher = image->staler = NULL;
}

static void link_use(struct images *images, struct image *image)
{
	image->staler = images->freshest;
	*(images->freshest ? &images->freshest->fresher : &images->stalest) = image;
	images->freshest = image;
}

void images_touch(struct images *images, struct image *image)
{
	if (images->freshest == image)
		return;
	unlink_use(images, image);
	link_use(images, image);
}

static void drop_generated(struct images *images, struct generated *generated)
{
	if (generated->map)
		images->bytes -= perf_map_memory(generated->map);
	perf_map_free(generated->map);
}

static void drop(struct images *images, struct image *image)
{
	struct image **at = bucket_of(images, image->pid);

	while (*at != image)
		at = &(*at)->next;
	*at = image->next;
	unlink_use(images, image);
	map_table_release(&images->files, image->table);
	drop_generated(images, &image->perf_map);
	drop_generated(images, &image->jitdump);
	images->bytes -= sizeof(*image);
	images->count--;
	free(image);
}

void images_free(struct images *images)
{
	while (images->freshest)
		drop(images, images->freshest);
}

size_t images_memory(const struct images *images)
{
	return images->bytes + images->files.bytes;
}

/* The stalest ended image near the end of the list, else the stalest; NULL: only `keep`. */
static struct image *victim(const struct images *images, const struct image *keep)
{
	struct image *image = images->stalest;

	for (int i = 0; image && i < ENDED_WITHIN; i++, image = image->fresher)
		if (image->end && image != keep)
			return image;
	image = images->stalest;
	return image == keep && image ? image->fresher : image;
}

void images_trim(struct images *images, const struct image *keep)
{
	struct image *image;

	while (images_memory(images) > images->bytes_limit && (image = victim(images, keep)))
		drop(images, image);
}

struct image *images_older(const struct image *image)
{
	struct image *older = image->next;

	while (older && older->pid != image->pid)
		older = older->next;
	return older;
}

struct image *images_find(struct images *images, uint32_t pid, uint64_t time)
{
	struct image *image = *bucket_of(images, pid), *oldest = NULL;

	for (; image; image = image->next) {
		if (image->pid != pid)
			continue;
		if (!time || image->start <= time)
			return image;
		oldest = image;
	}
	/* Before the first image we know: it was alive, its start is when it was noticed. */
	return oldest;
}

struct image *images_add(struct images *images, uint32_t pid, uint32_t parent, uint64_t start)
{
	struct image *image = xcalloc(1, sizeof(*image)), **bucket = bucket_of(images, pid);

	image->pid = pid;
	image->parent = parent;
	image->start = start;
	image->next = *bucket;
	*bucket = image;
	link_use(images, image);
	images->count++;
	images->bytes += sizeof(*image);
	images_trim(images, image);
	return image;
}

static int read_proc(struct buf *text, uint32_t pid, const char *file, size_t limit)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, file);
	return buf_read_file(text, path, limit);
}

/* "Uid:" real, effective, ...; "PPid:"; "NSpid:" from ours to the innermost namespace. */
static void parse_status(struct image *image, const char *text)
{
	const char *line = text, *next;

	for (; line && *line; line = next ? next + 1 : NULL) {
		unsigned a, b;

		next = strchr(line, '\n');
		if (sscanf(line, "Uid: %u %u", &a, &b) == 2)
			image->owner = (struct perf_map_owner){true, a, b};
		else if (sscanf(line, "PPid: %u", &a) == 1)
			image->parent = a;
		else if (str_starts(line, "NSpid:")) {
			const char *last = next ? next : line + strlen(line);

			while (last > line && last[-1] >= '0' && last[-1] <= '9')
				last--;
			image->ns_pid = strtoul(last, NULL, 10);
		}
	}
}

void image_identify(struct image *image)
{
	struct buf text = {0};

	if (!read_proc(&text, image->pid, "status", STATUS_LIMIT))
		parse_status(image, buf_str(&text));
	buf_free(&text);
}

int image_snapshot(struct images *images, struct image *image)
{
	struct buf text = {0};
	uint64_t now = now_ns();
	int err = read_proc(&text, image->pid, "maps", MAPS_LIMIT);

	/* A zombie has an empty file: what is known of it is all there is. */
	if (!err && !text.len)
		err = -ESRCH;
	if (!err) {
		map_table_release(&images->files, image->table);
		image->table = map_table_parse(&images->files, &text);
		image->complete = true;
		image_identify(image);
	}
	image->snapshot = now;
	buf_free(&text);
	return err;
}

void image_note_owner(struct image *image)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", image->pid);
	if (stat(path, &st))
		return;
	image->owner = (struct perf_map_owner){true, st.st_uid, st.st_uid};
}
