/*
 * btf_build.h - small BTF blobs of our own, for what the kernel wants types for: the value of
 * a task storage map, and the functions of a program with callbacks.
 *
 * Gives bytes in the BTF format of the kernel's Documentation/bpf/btf.rst: header, types in
 * the order added (ids from 1), strings. Type ids are returned by the functions that add.
 */
#ifndef SONDE_KERN_BTF_BUILD_H
#define SONDE_KERN_BTF_BUILD_H

#include "base/buf.h"

struct btf_builder {
	struct buf types, strings;
	uint32_t count; /* types so far: the id of the last */
};

/* `size` 1, 2, 4, 8 or 16 bytes. */
uint32_t btf_add_int(struct btf_builder *b, const char *name, unsigned size, bool is_signed);
uint32_t btf_add_pointer(struct btf_builder *b, uint32_t to); /* to 0: void */
uint32_t btf_add_array(struct btf_builder *b, uint32_t elem, uint32_t index, uint32_t count);

struct btf_field {
	const char *name;
	uint32_t type, offset; /* offset in bytes */
};
uint32_t btf_add_struct(struct btf_builder *b, const char *name, uint32_t size,
			const struct btf_field *fields, unsigned count);
/* `ret` 0: void. */
uint32_t btf_add_proto(struct btf_builder *b, uint32_t ret, const struct btf_field *params,
		       unsigned count);
/* A function of the program; callbacks must be static. */
uint32_t btf_add_func(struct btf_builder *b, const char *name, uint32_t proto, bool is_static);

/* The blob, appended to `out`; the builder can go on. */
void btf_builder_finish(struct btf_builder *b, struct buf *out);
void btf_builder_free(struct btf_builder *b);

/*
 * Loads the BTF that a map with an int key and a value of `value_size` bytes wants (task
 * storage refuses maps without). A descriptor, or -errno; the ids go into map_spec.
 */
int btf_load_storage(uint32_t value_size, uint32_t *key_id, uint32_t *value_id);

#endif
