/* pinned.c - see pinned.h. */
#include "kern/pinned.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kern/map.h"
#include "kern/obj.h"
#include "kern/sys.h"

/* Programs, maps and links are pinned alike; the descriptor's own name tells. */
static bool is_map(int fd)
{
	static const char name[] = "anon_inode:bpf-map";
	char path[32], target[sizeof(name)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target)) == (ssize_t)strlen(name) &&
	       !memcmp(target, name, strlen(name));
}

static void how_to_make(struct buf *why, uint32_t key_size)
{
	buf_printf(why, "; `bpftool map create /sys/fs/bpf/NAME type hash key %" PRIu32
		   " value 8 entries 128 name NAME` makes one", key_size);
}

/* What is wrong with it, or NULL. */
static const char *objection(int fd, uint32_t key_size)
{
	struct bpf_map_info info = {0};

	if (!is_map(fd))
		return "is no map";
	if (map_info(fd, &info))
		return "tells nothing of itself";
	if (info.type != BPF_MAP_TYPE_HASH && info.type != BPF_MAP_TYPE_LRU_HASH)
		return "is no hash";
	return info.key_size == key_size ? NULL : "has keys of another size";
}

int pinned_map_open(const char *path, uint32_t key_size, struct buf *why)
{
	int fd = obj_open_pinned(path);
	const char *wrong;

	if (fd < 0) {
		buf_printf(why, "there is no map to filter by at %s: %s", path,
			   fd == -EINVAL || fd == -EACCES ? "it is no file of a mounted bpf file system, or not allowed"
							  : strerror(-fd));
		how_to_make(why, key_size);
		return fd;
	}
	wrong = objection(fd, key_size);
	if (!wrong)
		return fd;
	buf_printf(why, "what is pinned at %s %s: wanted is a hash with keys of %" PRIu32 " bytes", path, wrong,
		   key_size);
	how_to_make(why, key_size);
	sys_close(&fd);
	return -EINVAL;
}
