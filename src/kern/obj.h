/*
 * obj.h - what BPF programs, maps, links and BTF have in common: a name, an info block.
 */
#ifndef SONDE_KERN_OBJ_H
#define SONDE_KERN_OBJ_H

#include "base/base.h"
#include "kern/uapi.h"

/*
 * BPF_OBJ_GET_INFO_BY_FD into a zeroed `info` of `size` bytes; a kernel whose block is
 * shorter leaves the rest zero. 0 or -errno.
 */
int obj_info(int fd, void *info, size_t size);
/* BPF_OBJ_PIN at a path on a file system of BPF objects. 0 or -errno. */
int obj_pin(int fd, const char *path);
/* BPF_OBJ_GET: what is pinned at a path, to be read (4.15). A descriptor, which the caller closes, or -errno. */
int obj_open_pinned(const char *path);
/* A name the kernel takes (letters, digits, '_', '.'), cut at 15; NULL leaves it empty. */
void obj_name_set(char out[BPF_OBJ_NAME_LEN], const char *name);
/* BPF_BTF_LOAD of a blob (4.18). A descriptor or -errno; `log` (may be NULL) gets the reason. */
int btf_load(const void *blob, size_t size, char *log, size_t log_size);

#endif
