/* obj.c - see obj.h. */
#include "kern/obj.h"

#include <ctype.h>
#include <errno.h>

#include "kern/sys.h"

int obj_info(int fd, void *info, size_t size)
{
	union bpf_attr attr = {
		.info = {.bpf_fd = fd, .info_len = size, .info = sys_addr(info)},
	};

	memset(info, 0, size);
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

void obj_name_set(char out[BPF_OBJ_NAME_LEN], const char *name)
{
	memset(out, 0, BPF_OBJ_NAME_LEN);
	for (size_t i = 0; name && name[i] && i < BPF_OBJ_NAME_LEN - 1; i++) {
		unsigned char c = name[i];

		out[i] = isascii(c) && (isalnum(c) || c == '.') ? c : '_';
	}
}

int btf_load(const void *blob, size_t size, char *log, size_t log_size)
{
	union bpf_attr attr = {
		.btf = sys_addr(blob),
		.btf_size = size,
	};

	if (size > UINT32_MAX || log_size > UINT32_MAX)
		return -E2BIG;
	if (log && log_size) {
		log[0] = '\0';
		attr.btf_log_buf = sys_addr(log);
		attr.btf_log_size = log_size;
		attr.btf_log_level = 1;
	}
	return sys_bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

int obj_pin(int fd, const char *path)
{
	union bpf_attr attr = {.pathname = sys_addr(path), .bpf_fd = fd};

	return sys_bpf(BPF_OBJ_PIN, &attr, sizeof(attr));
}

int obj_open_pinned(const char *path)
{
	union bpf_attr attr = {.pathname = sys_addr(path), .file_flags = BPF_F_RDONLY};

	return sys_bpf(BPF_OBJ_GET, &attr, sizeof(attr));
}
