/*
 * map.h - BPF maps as the kernel knows them: made, read, written, mapped into memory.
 * Knows nothing of what sonde keeps in them. All return 0 (or a descriptor) or -errno.
 */
#ifndef SONDE_KERN_MAP_H
#define SONDE_KERN_MAP_H

#include "base/base.h"
#include "kern/uapi.h"

struct map_spec {
	uint32_t type; /* enum bpf_map_type */
	uint32_t key_size, value_size, max_entries;
	uint32_t flags;      /* BPF_F_* of map creation */
	int inner_fd;        /* template for maps in maps; 0 or below: none */
	const char *name;    /* characters the kernel refuses become '_', cut at 15 */
	int btf_fd;          /* 0 or below: none */
	uint32_t btf_key_id, btf_value_id;
	uint64_t extra;
};

/* A descriptor, or -errno. The caller closes it. */
int map_create(const struct map_spec *spec);
/* -ENOENT when the key is absent. Per-CPU values: map_percpu_span() bytes. */
int map_lookup(int fd, const void *key, void *value);
/* `flags`: BPF_ANY, BPF_NOEXIST, BPF_EXIST. */
int map_update(int fd, const void *key, const void *value, uint64_t flags);
int map_delete(int fd, const void *key);
/* `key` NULL: the first. -ENOENT after the last. */
int map_next_key(int fd, const void *key, void *next);
/*
 * Up to *count entries after the position `in` (NULL: from the start) into keys and values;
 * *count becomes how many came, `out` the next position (4 bytes for the hash types, key_size
 * for others: give a buffer of max(4, key_size)). -ENOENT: these were the last. -ENOSPC:
 * a bucket holds more than *count. Since 5.6; per-CPU arrays since 5.13; before: -524
 * (ENOTSUPP, which has no name in user space).
 */
int map_lookup_batch(int fd, const void *in, void *out, void *keys, void *values,
		     uint32_t *count);
/*
 * The same, each entry deleted as it is read: for hash types. Nothing is lost only when nobody
 * writes meanwhile.
 */
int map_take_batch(int fd, const void *in, void *out, void *keys, void *values, uint32_t *count);
/* User space can no longer write (5.2); what makes a read-only array's loads constants. */
int map_freeze(int fd);
/* The values of an array made with BPF_F_MMAPABLE (5.5), shared. Give back with sys_munmap. */
int map_mmap(int fd, size_t size, bool writable, void **out);
/* Bytes that user space reads or writes for one entry of a per-CPU map. */
size_t map_percpu_span(uint32_t value_size, unsigned possible_cpus);
/* Bytes of memory of an mmap-able array: what to give map_mmap. Values are 8-aligned. */
size_t map_mmap_size(uint32_t value_size, uint32_t max_entries);
/* What the kernel says of a map. */
int map_info(int fd, struct bpf_map_info *out);

/* How wide a per-CPU value is: the highest possible (not online) CPU number + 1. -errno. */
int cpus_possible(void);
/* Online CPU numbers in ascending order, the first `max` stored; how many, or -errno. */
int cpus_online(unsigned *cpus, unsigned max);
/* "0-3,7" into numbers (the first `max` stored); how many there are, or -EINVAL. */
int cpu_list_parse(const char *text, unsigned *cpus, unsigned max);

#endif
