/* bpf_programs.c - see bpf_programs.h. */
#include "kern/bpf_programs.h"

#include <errno.h>
#include <stdlib.h>

#include "kern/obj.h"
#include "kern/sys.h"

enum { BTF_LIMIT = 64 << 20 };

int bpf_program_fd(uint32_t id)
{
	union bpf_attr attr = {.prog_id = id};

	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
}

/* obj_info without clearing: `info` says where the kernel shall write. */
static int info_into(int fd, void *info, uint32_t size)
{
	union bpf_attr attr = {.info = {.bpf_fd = fd, .info_len = size, .info = sys_addr(info)}};

	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

/* The BTF id of the program's first function, and of its BTF; -ENODATA: BTF does not describe it. */
static int describe(int fd, uint32_t *func, uint32_t *btf)
{
	struct bpf_func_info first = {0};
	struct bpf_prog_info info;
	int err = obj_info(fd, &info, sizeof(info));

	if (err)
		return err;
	*btf = info.btf_id;
	if (!info.btf_id || !info.nr_func_info)
		return -ENODATA;
	info = (struct bpf_prog_info){
		.func_info = sys_addr(&first), .nr_func_info = 1, .func_info_rec_size = sizeof(first)};
	err = info_into(fd, &info, sizeof(info));
	*func = first.type_id;
	return err ? err : first.type_id ? 0 : -ENODATA;
}

static int read_btf(uint32_t btf_id, struct btf **out, void **bytes)
{
	union bpf_attr attr = {.btf_id = btf_id};
	struct bpf_btf_info info;
	int fd = sys_bpf(BPF_BTF_GET_FD_BY_ID, &attr, sizeof(attr)), err;
	uint32_t size;

	*out = NULL;
	*bytes = NULL;
	if (fd < 0)
		return fd;
	err = obj_info(fd, &info, sizeof(info));
	size = info.btf_size;
	if (!err && (!size || size > BTF_LIMIT))
		err = -EFBIG;
	if (!err) {
		*bytes = xmalloc(size);
		info = (struct bpf_btf_info){.btf = sys_addr(*bytes), .btf_size = size};
		err = info_into(fd, &info, sizeof(info));
	}
	sys_close(&fd);
	if (!err)
		err = btf_open_memory(out, NULL, *bytes, size);
	if (err) {
		free(*bytes);
		*bytes = NULL;
	}
	return err;
}

int bpf_program_btf(uint32_t id, struct btf **out, void **bytes)
{
	int fd = bpf_program_fd(id), err;
	uint32_t func, btf;

	*out = NULL;
	*bytes = NULL;
	if (fd < 0)
		return fd;
	err = describe(fd, &func, &btf);
	sys_close(&fd);
	return err ? err : read_btf(btf, out, bytes);
}

static bool give(uint32_t id, bool (*each)(void *arg, const struct bpf_program_place *place), void *arg)
{
	struct bpf_program_place place = {.id = id};
	struct btf *btf = NULL;
	struct btf_info info;
	void *bytes = NULL;
	uint32_t btf_id;
	bool more = true;
	int fd = bpf_program_fd(id);

	if (fd < 0)
		return true; /* gone meanwhile */
	if (!describe(fd, &place.btf_id, &btf_id) && !read_btf(btf_id, &btf, &bytes) &&
	    btf_get(btf, place.btf_id, &info) && info.kind == BTF_KIND_FUNC) {
		place.name = info.name;
		more = each(arg, &place);
	}
	btf_close(btf);
	free(bytes);
	sys_close(&fd);
	return more;
}

int bpf_programs_each(bool (*each)(void *arg, const struct bpf_program_place *place), void *arg)
{
	for (uint32_t id = 0;;) {
		union bpf_attr attr = {.start_id = id};
		int err = sys_bpf(BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr));

		if (err)
			return err == -ENOENT ? 0 : err;
		id = attr.next_id;
		if (!give(id, each, arg))
			return 0;
	}
}
