/* value.c - see value.h. Multi-byte values are little-endian, as on every machine supported. */
#include "out/value.h"

#include "kern/arch/syscalls.h"
#include "lang/names.h"

#include <arpa/inet.h>
#include <stdlib.h>

static uint64_t read_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t read_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static int64_t extend(uint64_t v, unsigned bits, bool is_signed)
{
	unsigned shift = 64 - bits;

	return is_signed ? (int64_t)(v << shift) >> shift : (int64_t)(v << shift >> shift);
}

int64_t value_number(const struct value *value)
{
	const struct type *t = value->type;
	/* The low bytes are the value whether it is stored in 8 bytes or in its own size. */
	unsigned size = type_is_int(t) && t->size && t->size < 8 ? t->size : 8;
	uint64_t v = 0;

	BUG_ON(value->size < size);
	memcpy(&v, value->data, size);
	return extend(v, size * 8, t->is_signed);
}

int64_t value_bits(const struct value *value, const struct field *field)
{
	unsigned __int128 v = 0;
	uint32_t bytes = (field->bit_offset + field->bit_size + 7) / 8;

	BUG_ON(field->bit_size > 64 || bytes > sizeof(v) || value->size < field->offset + bytes);
	memcpy(&v, value->data + field->offset, bytes);
	return extend((uint64_t)(v >> field->bit_offset), field->bit_size, field->type->is_signed);
}

const char *value_bytes(const struct value *value, uint32_t *len, bool *cut)
{
	const char *s = (const char *)value->data;

	*cut = false;
	if (value->bare && value->type->kind == TYPE_BUFFER) {
		*len = value->size;
		return s;
	}
	if (value->type->kind == TYPE_BUFFER) {
		BUG_ON(value->size < 4);
		*len = MIN_OF(read_u32(value->data), value->size - 4);
		return s + 4;
	}
	*len = strnlen(s, value->size);
	*cut = value->type->kind == TYPE_STRING && *len + 1 >= value->type->size;
	return s;
}

struct value value_element(const struct value *value, uint32_t i)
{
	const struct type *t = value->type;
	struct value e;
	uint32_t offset;

	if (t->kind == TYPE_ARRAY) {
		BUG_ON(i >= t->count);
		e.type = t->elem;
		offset = i * t->elem->size;
		e.size = t->elem->size;
	} else {
		BUG_ON(i >= t->nfields);
		e.type = t->fields[i].type;
		offset = t->fields[i].offset;
		e.size = t->kind == TYPE_STRUCT ? e.type->size : type_stored_size(e.type);
	}
	BUG_ON(offset > value->size || e.size > value->size - offset);
	e.data = value->data + offset;
	return e;
}

bool value_is_text(const struct type *type)
{
	return type->kind == TYPE_ARRAY && type->elem->kind == TYPE_INT && type->elem->size == 1 &&
	       type->elem->name && str_eq(type->elem->name, "char");
}

bool type_is_stack(const struct type *type)
{
	return type->kind == TYPE_KSTACK || type->kind == TYPE_USTACK;
}

void value_inet(const struct value *value, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	uint32_t family = read_u32(value->data);

	if ((family == AF_INET || family == AF_INET6) &&
	    inet_ntop(family, value->data + 4, text, sizeof(text)))
		buf_puts(out, text);
	else
		buf_printf(out, "(address family %u)", family);
}

void value_mac(const struct value *value, struct buf *out)
{
	for (unsigned i = 0; i < 6; i++)
		buf_printf(out, "%s%02X", i ? ":" : "", value->data[i]);
}

void value_timestamp(struct names *names, const struct value *value, struct buf *out)
{
	uint32_t clock = read_u32(value->data + 8), format = read_u32(value->data + 12);

	if (format >= names->nstrings)
		buf_puts(out, "(unknown time format)");
	else
		time_print(names->strings[format],
			   names->wall_time(names->ctx, read_u64(value->data), clock), out);
}

/* "docker-ID.scope", "cri-containerd-ID.scope", "ID": the first digits of the id; false: there is none. */
static bool container_id(const char *name, size_t len, struct buf *out)
{
	enum { ID = 64, SHORT = 12 };

	for (size_t at = 0; at + ID <= len; at++)
		if (strspn(name + at, "0123456789abcdef") == ID) {
			buf_add(out, name + at, SHORT);
			return true;
		}
	return false;
}

void value_container(const char *path, struct buf *out)
{
	static const char *const before[] = {"machine-", "lxc.payload.", "lxc.monitor."};
	static const char scope[] = ".scope";

	for (const char *name = path; *name; name += *name == '/') {
		size_t len = strcspn(name, "/");

		if (container_id(name, len, out))
			return;
		for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
			size_t skip = strlen(before[i]), end = len;

			if (strncmp(name, before[i], skip) || len == skip)
				continue;
			if (len > skip + strlen(scope) && !strncmp(name + len - strlen(scope), scope, strlen(scope)))
				end -= strlen(scope);
			buf_add(out, name + skip, end - skip);
			return;
		}
		name += len;
	}
}

void value_cgroup(struct names *names, const struct value *value, struct buf *out)
{
	uint64_t filter = read_u64(value->data + 8);
	struct buf path = {0};

	if (filter == CGROUP_CONTAINER) {
		names->cgroup(names->ctx, read_u64(value->data), NULL, &path);
		value_container(buf_str(&path), out);
		buf_free(&path);
		return;
	}

	names->cgroup(names->ctx, read_u64(value->data),
		      filter && filter <= names->nstrings ? names->strings[filter - 1] : NULL, out);
}

void value_symbol(struct names *names, const struct value *value, struct buf *out)
{
	struct frame frame = {.address = read_u64(value->data)};

	if (value->type->kind == TYPE_KSYM)
		names->kernel_symbol(names->ctx, &frame);
	else
		names->user_symbol(names->ctx, read_u32(value->data + 8), &frame);
	if (frame.name)
		buf_puts(out, frame.name);
	else
		buf_printf(out, "%#llx", (unsigned long long)frame.address);
}

void value_frames(struct names *names, const struct value *value, struct frames *out)
{
	uint64_t id = read_u64(value->data);
	uint32_t word = read_u32(value->data + 8), pid = 0;

	*out = (struct frames){.user = value->type->kind == TYPE_USTACK};
	if (out->user) {
		out->limit = word & 0xffff;
		out->mode = word >> 16;
		pid = read_u32(value->data + 12);
	} else {
		out->limit = word;
		out->mode = read_u32(value->data + 12) & 0xff;
		out->machinery = value->data[13] & 1;
	}
	if (!id)
		return;
	names->stack(names->ctx, id, pid, out);
	if (out->limit && out->list.n > out->limit)
		out->list.n = out->limit;
}

void frame_print_name(const struct frame *frame, struct buf *out)
{
	buf_puts(out, frame->name);
	if (frame->file && frame->line)
		buf_printf(out, " (%s:%u)", frame->file, frame->line);
	else if (frame->file)
		buf_printf(out, " (%s)", frame->file);
}

void frame_print_short(const struct frame *frame, struct buf *out)
{
	if (frame->interpreted)
		frame_print_name(frame, out);
	else if (frame->name)
		buf_printf(out, "%s+%llu", frame->name, (unsigned long long)frame->offset);
	else
		buf_printf(out, "0x%llx", (unsigned long long)frame->address);
}

void frame_print(const struct frame *frame, uint32_t mode, struct buf *out)
{
	if (mode == STACK_RAW || (mode == STACK_BUILD_ID && !frame->name)) {
		buf_printf(out, "%llx", (unsigned long long)frame->address);
		return;
	}
	if (mode == STACK_BUILD_ID) {
		buf_printf(out, "%s 0x%llx", frame->name, (unsigned long long)frame->offset);
		return;
	}
	if (mode == STACK_PERF) {
		buf_printf(out, "%llx ", (unsigned long long)frame->address);
		frame_print_short(frame, out);
		if (frame->module)
			buf_printf(out, " (%s)", frame->module);
		else if (!frame->name)
			buf_puts(out, " ([unknown])");
		return;
	}
	frame_print_short(frame, out);
}

static const char *indent(uint32_t mode)
{
	return mode == STACK_PERF ? "\t" : mode == STACK_BPFTRACE ? "        " : "";
}

/* A line break, then a frame a line: as keys and values of maps have always shown it. */
static void print_stack(const struct value_style *style, const struct value *value, struct buf *out)
{
	struct frames frames;

	value_frames(style->names, value, &frames);
	buf_putc(out, '\n');
	vec_each(frame, &frames.list) {
		struct buf line = {0};

		frame_print(frame, frames.mode, &line);
		buf_puts(out, indent(frames.mode));
		text_put(style, buf_str(&line), line.len, out); /* names come from somebody else's files */
		buf_putc(out, '\n');
		buf_free(&line);
	}
	if (frames.ended)
		buf_printf(out, "%s[cut short: %s]\n", frames.mode == STACK_PERF ? "\t" : "        ", frames.ended);
	free(frames.list.v);
}

static void print_string(const struct value_style *style, const struct value *value, struct buf *out)
{
	uint32_t len;
	bool cut;
	const char *s = value_bytes(value, &len, &cut);

	text_put(style, s, len, out);
	if (cut && style->names->trailer && value->type->size >= style->names->cut_size)
		buf_puts(out, style->names->trailer);
}

static void print_list(const struct value_style *style, const struct value *value, uint32_t n,
		       const char *open, const char *separator, const char *close, struct buf *out)
{
	buf_puts(out, open);
	for (uint32_t i = 0; i < n; i++) {
		struct value e = value_element(value, i);

		if (i)
			buf_puts(out, separator);
		value_print(style, &e, out);
	}
	buf_puts(out, close);
}

/* { .name = value, ... }; members of anonymous structs are shown nested, as they are written. */
static void print_fields(const struct value_style *style, const struct value *value, struct buf *out)
{
	const struct type *t = value->type;

	buf_puts(out, "{ ");
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (i)
			buf_puts(out, ", ");
		if (f->name)
			buf_printf(out, ".%s = ", f->name);
		if (f->bit_size) {
			buf_printf(out, "%lld", (long long)value_bits(value, f));
		} else {
			struct value e = value_element(value, i);

			value_print(style, &e, out);
		}
	}
	buf_puts(out, t->nfields ? " }" : "}");
}

static void print_number(const struct value_style *style, const struct value *value, struct buf *out)
{
	const struct type *t = value->type;
	int64_t n = value_number(value);
	const char *name = NULL;

	if (t->kind == TYPE_ENUM && style->names->enumerator)
		name = style->names->enumerator(style->names->ctx, t, n);
	if (name)
		buf_puts(out, name);
	else if (t->is_signed)
		buf_printf(out, "%lld", (long long)n);
	else
		buf_printf(out, "%llu", (unsigned long long)n);
}

/* A number that stands for a name of the machine. */
static void print_named(const struct value *value, struct buf *out)
{
	uint64_t number = read_u64(value->data);
	const char *name = value->type->kind == TYPE_ERRNO ? literal_error((int64_t)number)
			   : value->type->kind == TYPE_SIGNAL ? literal_signal((int64_t)number)
			   : number <= INT32_MAX ? syscall_name((int)number) : NULL;

	if (name)
		buf_puts(out, name);
	else
		buf_printf(out, "[unknown: %lld]", (long long)number);
}

/* Symbols are in somebody else's files, and who may make a control group may call it anything. */
static void print_name(const struct value_style *style, const struct value *value, struct buf *out)
{
	struct buf text = {0};

	if (value->type->kind == TYPE_CGROUP_PATH)
		value_cgroup(style->names, value, &text);
	else
		value_symbol(style->names, value, &text);
	text_put(style, buf_str(&text), text.len, out);
	buf_free(&text);
}

static void print_buffer(const struct value *value, struct buf *out)
{
	uint32_t len;
	bool cut;
	const char *s = value_bytes(value, &len, &cut);

	bytes_print((const uint8_t *)s, len, out);
}

void value_print(const struct value_style *style, const struct value *value, struct buf *out)
{
	const struct type *t = value->type;

	switch ((enum type_kind)t->kind) {
	case TYPE_BOOL:
		buf_puts(out, value_number(value) ? "true" : "false");
		break;
	case TYPE_INT:
	case TYPE_ENUM:
		print_number(style, value, out);
		break;
	case TYPE_POINTER:
		buf_printf(out, "0x%llx", (unsigned long long)value_number(value));
		break;
	case TYPE_STRING:
		print_string(style, value, out);
		break;
	case TYPE_BUFFER:
		print_buffer(value, out);
		break;
	case TYPE_ARRAY:
		if (value_is_text(t))
			print_string(style, value, out);
		else
			print_list(style, value, t->count, "[", ",", "]", out);
		break;
	case TYPE_TUPLE:
		print_list(style, value, t->nfields, "(", style->tight ? "," : ", ", ")", out);
		break;
	case TYPE_STRUCT:
	case TYPE_RECORD:
		print_fields(style, value, out);
		break;
	case TYPE_KSTACK:
	case TYPE_USTACK:
		print_stack(style, value, out);
		break;
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_CGROUP_PATH:
		print_name(style, value, out);
		break;
	case TYPE_INET:
		value_inet(value, out);
		break;
	case TYPE_MAC:
		value_mac(value, out);
		break;
	case TYPE_TIMESTAMP:
		value_timestamp(style->names, value, out);
		break;
	case TYPE_USERNAME:
		style->names->user(style->names->ctx, read_u64(value->data), out);
		break;
	case TYPE_SYSCALL: case TYPE_ERRNO: case TYPE_SIGNAL:
		print_named(value, out);
		break;
	case TYPE_NONE:
	case TYPE_VOID:
		break;
	default:
		BUG("an aggregation (kind %u) printed as a plain value", t->kind);
	}
}

void value_print_key(const struct value_style *style, const struct value *key, struct buf *out)
{
	if (key->type->kind == TYPE_TUPLE)
		print_list(style, key, key->type->nfields, "", ", ", "", out);
	else
		value_print(style, key, out);
}
