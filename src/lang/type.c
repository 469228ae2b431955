/* type.c - see type.h. Interning is by everything that makes a type, as bytes. */
#include "lang/type.h"

#include "lang/hist.h"

#include <stdio.h>

static const char *const kind_names[] = {
#define TYPE(id, name, doc) name,
#include "lang/type.def"
#undef TYPE
};

void types_init(struct types *types, struct arena *arena)
{
	*types = (struct types){.arena = arena};
}

void types_free(struct types *types)
{
	hmap_free(&types->interned);
}

/* What tells types apart, besides a tuple's fields: compared as bytes, of which each is a member's. */
struct type_key {
	uint32_t kind, space, bits, size, count;
	uint32_t flags;
	const void *elem, *name, *fields; /* fields: of a struct, which is told by them */
	int64_t min, max, step;
};

_Static_assert(sizeof(struct type_key) == 6 * 4 + 3 * sizeof(void *) + 3 * 8, "nothing between the members");

/* The interned type equal to `t`, made from it when new. */
static const struct type *intern(struct types *types, const struct type *t)
{
	const struct type_key key = {
		.kind = t->kind, .space = t->space, .bits = t->bits, .size = t->size, .count = t->count,
		.flags = t->is_signed | t->is_union << 1 | t->is_args << 2 | t->trusted << 3 | t->percentiles << 4,
		.elem = t->elem, .name = t->name, .fields = t->kind == TYPE_STRUCT ? t->fields : NULL,
		.min = t->min, .max = t->max, .step = t->step,
	};
	struct buf bytes = {0};
	void **at;

	if (t->kind == TYPE_STRUCT || !t->nfields) {
		at = hmap_at(&types->interned, &key, sizeof(key));
	} else {
		buf_add(&bytes, &key, sizeof(key));
		for (uint32_t i = 0; i < t->nfields; i++) {
			const char *name = t->fields[i].name ? t->fields[i].name : "";

			buf_add(&bytes, name, strlen(name) + 1);
			buf_add(&bytes, &t->fields[i].type, sizeof(t->fields[i].type));
		}
		at = hmap_at(&types->interned, bytes.data, bytes.len);
		buf_free(&bytes);
	}
	if (!*at)
		*at = arena_copy(types->arena, t, sizeof(*t));
	return *at;
}

static uint32_t simple_size(enum type_kind kind)
{
	switch (kind) {
	case TYPE_BOOL: return 1;
	case TYPE_KSTACK: case TYPE_USTACK: case TYPE_USYM: case TYPE_TIMESTAMP:
	case TYPE_CGROUP_PATH: return 16;
	case TYPE_KSYM: case TYPE_MAC: case TYPE_USERNAME: case TYPE_SYSCALL:
	case TYPE_ERRNO: case TYPE_SIGNAL: return 8;
	case TYPE_INET: return 24;
	default: return 0;
	}
}

const struct type *type_simple(struct types *types, enum type_kind kind)
{
	return intern(types, &(struct type){.kind = kind, .size = simple_size(kind)});
}

const struct type *type_int(struct types *types, unsigned size, bool is_signed)
{
	return intern(types, &(struct type){.kind = TYPE_INT, .size = size, .is_signed = is_signed});
}

const struct type *type_string(struct types *types, uint32_t size)
{
	return intern(types, &(struct type){.kind = TYPE_STRING, .size = size});
}

const struct type *type_buffer(struct types *types, uint32_t bytes)
{
	return intern(types, &(struct type){.kind = TYPE_BUFFER, .size = 4 + bytes});
}

const struct type *type_pointer(struct types *types, const struct type *target,
				enum type_space space, bool trusted)
{
	return intern(types, &(struct type){.kind = TYPE_POINTER, .size = 8, .elem = target,
					    .space = space, .trusted = trusted});
}

const struct type *type_array(struct types *types, const struct type *elem, uint32_t count)
{
	uint64_t size = (uint64_t)elem->size * count;

	return intern(types, &(struct type){.kind = TYPE_ARRAY, .elem = elem, .count = count,
					    .size = MIN_OF(size, (uint64_t)UINT32_MAX)});
}

const struct type *type_tuple(struct types *types, const struct type *const *elems,
			      const char *const *names, uint32_t count)
{
	struct type t = {.kind = names ? TYPE_RECORD : TYPE_TUPLE, .nfields = count, .complete = true};
	struct field *fields = arena_array(types->arena, struct field, count);
	uint32_t at = 0, align = 1;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t a = type_stored_align(elems[i]);

		at = ROUND_UP(at, a);
		align = MAX_OF(align, a);
		fields[i] = (struct field){.name = names ? names[i] : NULL, .type = elems[i],
					   .offset = at};
		at += type_stored_size(elems[i]);
	}
	t.fields = fields;
	t.size = ROUND_UP(at, align);
	return intern(types, &t);
}

const struct type *type_hist(struct types *types, unsigned bits, bool percentiles)
{
	return intern(types, &(struct type){.kind = TYPE_HIST, .bits = bits, .percentiles = percentiles,
					    .size = hist_buckets(bits) * 8 + (percentiles ? 24 : 0)});
}

const struct type *type_lhist(struct types *types, int64_t min, int64_t max, int64_t step)
{
	return intern(types, &(struct type){.kind = TYPE_LHIST, .min = min, .max = max, .step = step,
					    .size = lhist_buckets(min, max, step) * 8});
}

const struct type *type_tseries(struct types *types, int64_t interval, int64_t count, unsigned how, bool is_signed)
{
	return intern(types, &(struct type){.kind = TYPE_TSERIES, .min = interval, .max = count, .step = how,
					    .is_signed = is_signed, .size = (uint32_t)count * 24});
}

const struct type *type_aggregation(struct types *types, enum type_kind kind, bool is_signed)
{
	uint32_t size = kind == TYPE_COUNT || kind == TYPE_SUM ? 8 : 16;

	return intern(types, &(struct type){.kind = kind, .is_signed = is_signed, .size = size});
}

struct type *type_struct_new(struct types *types, const char *name, bool is_union)
{
	struct type *t = arena_new_of(types->arena, struct type);

	*t = (struct type){.kind = TYPE_STRUCT, .name = arena_strdup(types->arena, name),
			   .is_union = is_union};
	return t;
}

struct type *type_enum_new(struct types *types, const char *name, unsigned size, bool is_signed)
{
	struct type *t = arena_new_of(types->arena, struct type);

	*t = (struct type){.kind = TYPE_ENUM, .name = name ? arena_strdup(types->arena, name) : NULL,
			   .size = size, .is_signed = is_signed};
	return t;
}

const struct type *type_in_space(struct types *types, const struct type *t, enum type_space space)
{
	struct type copy = *t;

	if (t->space == space || (t->kind != TYPE_POINTER && t->kind != TYPE_ARRAY))
		return t;
	copy.space = space;
	copy.trusted = copy.trusted && space == TYPE_SPACE_KERNEL;
	return intern(types, &copy);
}

static bool find_field(const struct type *t, const char *name, struct field *out, unsigned depth)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (f->name && str_eq(f->name, name)) {
			*out = *f;
			return true;
		}
		if (!f->name && f->type->kind == TYPE_STRUCT && depth < 16 &&
		    find_field(f->type, name, out, depth + 1)) {
			out->offset += f->offset;
			return true;
		}
	}
	return false;
}

bool type_field(const struct type *t, const char *name, struct field *out)
{
	return find_field(t, name, out, 0);
}

bool type_is_int(const struct type *t)
{
	return t->kind == TYPE_INT || t->kind == TYPE_BOOL || t->kind == TYPE_ENUM;
}

bool type_is_scalar(const struct type *t)
{
	return type_is_int(t) || t->kind == TYPE_POINTER || t->kind == TYPE_KSYM ||
	       t->kind == TYPE_USERNAME || t->kind == TYPE_SYSCALL || t->kind == TYPE_ERRNO ||
	       t->kind == TYPE_SIGNAL;
}

bool type_is_aggregation(const struct type *t)
{
	return t->kind >= TYPE_COUNT;
}

bool type_is_series(const struct type *t)
{
	return t->kind == TYPE_HIST || t->kind == TYPE_LHIST || t->kind == TYPE_TSERIES || t->kind == TYPE_STATS;
}

const struct field *type_counterpart(const struct type *t, const struct type *like, uint32_t i)
{
	if (like->kind != TYPE_RECORD)
		return i < t->nfields ? &t->fields[i] : NULL;
	for (uint32_t k = 0; k < t->nfields; k++)
		if (str_eq(t->fields[k].name, like->fields[i].name))
			return &t->fields[k];
	return NULL;
}

bool type_is_multiword(const struct type *t)
{
	return !type_is_scalar(t) && t->kind != TYPE_NONE && t->kind != TYPE_VOID;
}

uint32_t type_stored_size(const struct type *t)
{
	if (t->kind == TYPE_ENUM || t->kind == TYPE_INT || t->kind == TYPE_BOOL)
		return 8;
	return t->size;
}

uint32_t type_stored_align(const struct type *t)
{
	(void)t;
	return 8; /* keys and records are made and compared in words */
}

void type_print(const struct type *t, struct buf *out)
{
	switch ((enum type_kind)t->kind) {
	case TYPE_INT:
		buf_printf(out, "%sint%u", t->is_signed ? "" : "u", t->size * 8);
		break;
	case TYPE_STRING:
		buf_printf(out, "string[%u]", t->size);
		break;
	case TYPE_BUFFER:
		buf_printf(out, "buffer[%u]", t->size - 4);
		break;
	case TYPE_POINTER:
		type_print(t->elem, out);
		buf_puts(out, " *");
		break;
	case TYPE_ARRAY:
		type_print(t->elem, out);
		buf_printf(out, "[%u]", t->count);
		break;
	case TYPE_STRUCT:
		buf_printf(out, "%s %s", t->is_union ? "union" : "struct", t->name ? t->name : "(anonymous)");
		break;
	case TYPE_ENUM:
		buf_printf(out, "enum %s", t->name ? t->name : "(anonymous)");
		break;
	case TYPE_TUPLE:
	case TYPE_RECORD:
		buf_putc(out, '(');
		for (uint32_t i = 0; i < t->nfields; i++) {
			if (i)
				buf_puts(out, ", ");
			if (t->fields[i].name)
				buf_printf(out, "%s=", t->fields[i].name);
			type_print(t->fields[i].type, out);
		}
		buf_putc(out, ')');
		break;
	case TYPE_HIST:
		buf_printf(out, "hist(%u)%s", t->bits, t->percentiles ? " with percentiles" : "");
		break;
	case TYPE_TSERIES:
		buf_printf(out, "tseries(%lld ns, %lld%s)", (long long)t->min, (long long)t->max,
			   (const char *const[]){"", ", avg", ", max", ", min", ", sum"}[t->step]);
		break;
	case TYPE_LHIST:
		buf_printf(out, "lhist(%lld, %lld, %lld)", (long long)t->min, (long long)t->max,
			   (long long)t->step);
		break;
	default:
		buf_puts(out, kind_names[t->kind]);
	}
}

const char *type_name(struct types *types, const struct type *t)
{
	struct buf b = {0};
	const char *s;

	if (!t)
		return "nothing";
	type_print(t, &b);
	s = arena_strdup(types->arena, buf_str(&b));
	buf_free(&b);
	return s;
}
