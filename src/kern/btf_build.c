/* btf_build.c - see btf_build.h. */
#include "kern/btf_build.h"

#include <errno.h>

#include "kern/obj.h"

static uint32_t add_string(struct btf_builder *b, const char *s)
{
	uint32_t off;

	if (!b->strings.len)
		buf_add(&b->strings, "", 1); /* offset 0 is the empty name */
	if (!s || !*s)
		return 0;
	off = b->strings.len;
	buf_add(&b->strings, s, strlen(s) + 1);
	return off;
}

static uint32_t add_type(struct btf_builder *b, const char *name, unsigned kind, unsigned vlen,
			 uint32_t size_or_type)
{
	struct btf_type t = {
		.name_off = add_string(b, name),
		.info = kind << 24 | vlen,
		.size = size_or_type,
	};

	BUG_ON(vlen > BTF_MAX_VLEN);
	buf_add(&b->types, &t, sizeof(t));
	return ++b->count;
}

uint32_t btf_add_int(struct btf_builder *b, const char *name, unsigned size, bool is_signed)
{
	uint32_t id = add_type(b, name, BTF_KIND_INT, 0, size);
	uint32_t encoding = (is_signed ? BTF_INT_SIGNED : 0) << 24 | size * 8;

	buf_add(&b->types, &encoding, sizeof(encoding));
	return id;
}

uint32_t btf_add_pointer(struct btf_builder *b, uint32_t to)
{
	return add_type(b, NULL, BTF_KIND_PTR, 0, to);
}

uint32_t btf_add_array(struct btf_builder *b, uint32_t elem, uint32_t index, uint32_t count)
{
	uint32_t id = add_type(b, NULL, BTF_KIND_ARRAY, 0, 0);
	struct btf_array a = {.type = elem, .index_type = index, .nelems = count};

	buf_add(&b->types, &a, sizeof(a));
	return id;
}

uint32_t btf_add_struct(struct btf_builder *b, const char *name, uint32_t size,
			const struct btf_field *fields, unsigned count)
{
	uint32_t id = add_type(b, name, BTF_KIND_STRUCT, count, size);

	for (unsigned i = 0; i < count; i++) {
		struct btf_member m = {
			.name_off = add_string(b, fields[i].name),
			.type = fields[i].type,
			.offset = fields[i].offset * 8,
		};

		buf_add(&b->types, &m, sizeof(m));
	}
	return id;
}

uint32_t btf_add_proto(struct btf_builder *b, uint32_t ret, const struct btf_field *params,
		       unsigned count)
{
	uint32_t id = add_type(b, NULL, BTF_KIND_FUNC_PROTO, count, ret);

	for (unsigned i = 0; i < count; i++) {
		struct btf_param p = {
			.name_off = add_string(b, params[i].name),
			.type = params[i].type,
		};

		buf_add(&b->types, &p, sizeof(p));
	}
	return id;
}

uint32_t btf_add_func(struct btf_builder *b, const char *name, uint32_t proto, bool is_static)
{
	return add_type(b, name, BTF_KIND_FUNC, is_static ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL,
			proto);
}

void btf_builder_finish(struct btf_builder *b, struct buf *out)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = b->types.len,
		.str_off = b->types.len,
	};

	add_string(b, NULL);
	h.str_len = b->strings.len;
	buf_add(out, &h, sizeof(h));
	buf_add(out, b->types.data, b->types.len);
	buf_add(out, b->strings.data, b->strings.len);
}

void btf_builder_free(struct btf_builder *b)
{
	buf_free(&b->types);
	buf_free(&b->strings);
	*b = (struct btf_builder){0};
}

int btf_load_storage(uint32_t value_size, uint32_t *key_id, uint32_t *value_id)
{
	struct btf_builder b = {0};
	struct buf blob = {0};
	bool words = value_size % 8 == 0;
	struct btf_field field = {.name = "data"};
	uint32_t elem;
	int fd;

	if (!value_size || value_size > UINT32_MAX / 8)
		return -EINVAL;
	*key_id = btf_add_int(&b, "int", 4, true);
	elem = words ? btf_add_int(&b, "u64", 8, false) : btf_add_int(&b, "u8", 1, false);
	field.type = btf_add_array(&b, elem, *key_id, words ? value_size / 8 : value_size);
	*value_id = btf_add_struct(&b, "value", value_size, &field, 1);
	btf_builder_finish(&b, &blob);
	fd = btf_load(blob.data, blob.len, NULL, 0);
	buf_free(&blob);
	btf_builder_free(&b);
	return fd;
}
