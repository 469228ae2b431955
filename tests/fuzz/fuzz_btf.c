/* fuzz_btf.c - a kernel's (or a file's) BTF: every question about every type. */
#include "fuzz/fuzz.h"
#include "kern/btf.h"

static void ask_type(struct btf *b, const struct btf_info *t, struct buf *text)
{
	struct btf_member_info m;
	struct btf_int_info i;
	const char *name;
	uint32_t type, count;
	int64_t value;
	uint64_t size;

	btf_size(b, t->id, &size);
	btf_is_enum(b, t->id);
	btf_int(b, t->id, &i);
	btf_array(b, t->id, &type, &count);
	btf_resolve(b, t->id);
	btf_strip(b, t->id);
	for (uint32_t at = 0; at < 100 && btf_member_at(b, t->id, at, &m); at++)
		buf_puts(text, m.name);
	for (uint32_t at = 0; at < 100 && btf_param_at(b, t->id, at, &name, &type); at++)
		buf_puts(text, name);
	for (uint32_t at = 0; at < 100 && btf_enumerator_at(b, t->id, at, &name, &value); at++)
		buf_puts(text, name);
	btf_member_find(b, t->id, "d", &m);
	btf_print_type(b, t->id, text);
	buf_reset(text);
}

static void fuzz_btf(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size, false);
	struct btf_cursor c = {0};
	struct buf text = {0};
	struct btf_info t;
	struct btf *b;
	const char *name;
	uint32_t args, type;
	int64_t value;

	if (!btf_open_memory(&b, NULL, copy, size)) {
		for (unsigned n = 0; n < 2000 && btf_each(b, 0, &c, &t); n++)
			ask_type(b, &t, &text);
		for (unsigned i = 0; i < 8; i++)
			btf_find_next(b, BTF_KIND_STRUCT, "outer", btf_find(b, BTF_KIND_STRUCT, "outer"));
		btf_enumerator_find(b, "NONE", &value, &type);
		if (btf_raw_tracepoint(b, "sched_switch", &args))
			for (uint32_t i = 0; i < args && i < 20; i++)
				btf_raw_tracepoint_arg(b, "sched_switch", i, &name, &type);
		if (btf_damage(b))
			buf_puts(&text, btf_damage(b));
		btf_close(b);
	}
	buf_free(&text);
	free(copy);
}

FUZZ(btf, fuzz_btf)
