/* map.c - see map.h. */
#include "kern/map.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "kern/obj.h"
#include "kern/sys.h"

#define CPU_LIMIT 65536u

int map_create(const struct map_spec *spec)
{
	union bpf_attr attr = {
		.map_type = spec->type,
		.key_size = spec->key_size,
		.value_size = spec->value_size,
		.max_entries = spec->max_entries,
		.map_flags = spec->flags,
		.map_extra = spec->extra,
	};

	if (spec->inner_fd > 0)
		attr.inner_map_fd = spec->inner_fd;
	if (spec->btf_fd > 0) {
		attr.btf_fd = spec->btf_fd;
		attr.btf_key_type_id = spec->btf_key_id;
		attr.btf_value_type_id = spec->btf_value_id;
	}
	obj_name_set(attr.map_name, spec->name);
	return sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int map_elem(int cmd, int fd, const void *key, const void *value, uint64_t flags)
{
	union bpf_attr attr = {
		.map_fd = fd,
		.key = sys_addr(key),
		.value = sys_addr(value),
		.flags = flags,
	};

	return sys_bpf(cmd, &attr, sizeof(attr));
}

int map_lookup(int fd, const void *key, void *value)
{
	return map_elem(BPF_MAP_LOOKUP_ELEM, fd, key, value, 0);
}

int map_update(int fd, const void *key, const void *value, uint64_t flags)
{
	return map_elem(BPF_MAP_UPDATE_ELEM, fd, key, value, flags);
}

int map_delete(int fd, const void *key)
{
	return map_elem(BPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

int map_next_key(int fd, const void *key, void *next)
{
	return map_elem(BPF_MAP_GET_NEXT_KEY, fd, key, next, 0);
}

static int map_batch(int cmd, int fd, const void *in, void *out, void *keys, void *values,
		     uint32_t *count)
{
	union bpf_attr attr = {
		.batch = {
			.in_batch = sys_addr(in),
			.out_batch = sys_addr(out),
			.keys = sys_addr(keys),
			.values = sys_addr(values),
			.count = *count,
			.map_fd = fd,
		},
	};
	int err = sys_bpf(cmd, &attr, sizeof(attr));

	/* With any other error the kernel leaves the count as it was given. */
	*count = !err || err == -ENOENT ? attr.batch.count : 0;
	return err;
}

int map_lookup_batch(int fd, const void *in, void *out, void *keys, void *values,
		     uint32_t *count)
{
	return map_batch(BPF_MAP_LOOKUP_BATCH, fd, in, out, keys, values, count);
}

int map_take_batch(int fd, const void *in, void *out, void *keys, void *values, uint32_t *count)
{
	return map_batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, in, out, keys, values, count);
}

int map_freeze(int fd)
{
	union bpf_attr attr = {.map_fd = fd};

	return sys_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

int map_mmap(int fd, size_t size, bool writable, void **out)
{
	return sys_mmap(out, size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
}

size_t map_percpu_span(uint32_t value_size, unsigned possible_cpus)
{
	return ROUND_UP((size_t)value_size, 8) * possible_cpus;
}

size_t map_mmap_size(uint32_t value_size, uint32_t max_entries)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return ROUND_UP(ROUND_UP((size_t)value_size, 8) * max_entries, page);
}

int map_info(int fd, struct bpf_map_info *out)
{
	return obj_info(fd, out, sizeof(*out));
}

static bool list_number(const char **s, unsigned long *n)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return false;
	errno = 0;
	*n = strtoul(*s, &end, 10);
	*s = end;
	return errno == 0 && *n < CPU_LIMIT;
}

int cpu_list_parse(const char *s, unsigned *cpus, unsigned max)
{
	unsigned count = 0;
	unsigned long first, last;

	if (*s == '\n' || !*s)
		return 0;
	for (;;) {
		if (!list_number(&s, &first))
			return -EINVAL;
		last = first;
		if (*s == '-') {
			s++;
			if (!list_number(&s, &last) || last < first)
				return -EINVAL;
		}
		for (unsigned long cpu = first; cpu <= last; cpu++, count++) {
			if (count >= CPU_LIMIT)
				return -EINVAL;
			if (count < max)
				cpus[count] = cpu;
		}
		if (*s == '\n' || !*s)
			return count;
		if (*s++ != ',')
			return -EINVAL;
	}
}

static int cpu_file(const char *path, unsigned *cpus, unsigned max)
{
	struct buf b = {0};
	int ret = buf_read_file(&b, path, 1 << 20);

	if (!ret)
		ret = cpu_list_parse(buf_str(&b), cpus, max);
	buf_free(&b);
	return ret;
}

int cpus_online(unsigned *cpus, unsigned max)
{
	return cpu_file("/sys/devices/system/cpu/online", cpus, max);
}

int cpus_possible(void)
{
	static const char path[] = "/sys/devices/system/cpu/possible";
	static int known;
	unsigned *cpus;
	int n;

	if (known)
		return known;
	n = cpu_file(path, NULL, 0);
	if (n <= 0)
		return n ? n : -EINVAL;
	cpus = xreallocarray(NULL, n, sizeof(*cpus));
	if (cpu_file(path, cpus, n) == n)
		known = cpus[n - 1] + 1;
	free(cpus);
	return known ? known : -EINVAL;
}
