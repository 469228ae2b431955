/*
 * images.h - the address spaces of processes over time. Internal to sym/.
 *
 *   images   pid -> newest image -> older image -> ...
 *
 * All images are in one list by last use; when they hold more than the limit the least
 * recently used is dropped, ended ones first.
 */
#ifndef SONDE_SYM_IMAGES_H
#define SONDE_SYM_IMAGES_H

#include "sym/maps.h"
#include "sym/perf_map.h"

struct image {
	struct image *next;             /* in the hash bucket; newer before older of one pid */
	struct image *fresher, *staler; /* in the list by use */
	uint32_t pid, parent;
	uint64_t start, end;            /* ns; start 0: before we looked; end 0: not ended */
	bool complete;                  /* the table has everything that is mapped */
	uint64_t snapshot;              /* when /proc/PID/maps was read last, ns; 0: never */
	struct map_table *table;        /* NULL: nothing known */
	uint32_t ns_pid;                /* the pid in the process's own namespace; 0: not known */
	struct perf_map_owner owner;
	struct generated { /* names of generated code: from /tmp/perf-PID.map, and from a jit-PID.dump */
		struct perf_map *map;
		enum symbol_loss loss;  /* of the last reading */
		uint64_t read;          /* when, ns; 0: never */
	} perf_map, jitdump;
};

enum { IMAGE_BUCKETS = 4096 };

struct images {
	struct image *buckets[IMAGE_BUCKETS];
	struct image *freshest, *stalest;
	struct map_files files;
	size_t count, bytes, bytes_limit; /* bytes: images and perf maps; see images_memory() */
};

void images_free(struct images *images);
/* The image of pid at `time`, 0: the newest. NULL when none is known. */
struct image *images_find(struct images *images, uint32_t pid, uint64_t time);
/* The image that pid had before this one. */
struct image *images_older(const struct image *image);
/* A new newest image of pid. Others may be dropped to make room for it. */
struct image *images_add(struct images *images, uint32_t pid, uint32_t parent, uint64_t start);
void images_touch(struct images *images, struct image *image);
/* Drops until within the limit; never `keep`. */
void images_trim(struct images *images, const struct image *keep);
size_t images_memory(const struct images *images);

/*
 * Reads /proc/PID/maps and status into the image. 0, or -errno: -ENOENT and -ESRCH when the
 * process has ended.
 */
int image_snapshot(struct images *images, struct image *image);
/* Reads user, parent and pid in the own namespace from /proc/PID/status, if it is there. */
void image_identify(struct image *image);
/* Who runs pid, cheaply, for an image known from events only. */
void image_note_owner(struct image *image);

#endif
