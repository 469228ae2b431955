/* decode.c - see decode.h: numbers, strings, the line as a whole. */
#include "out/strace/decode_int.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "kern/arch/syscalls.h"

enum { RESULT_COLUMN = 40 };

/* ---- words ---- */

void put_unsigned(struct buf *out, uint64_t v)
{
	char digits[20];
	unsigned at = sizeof(digits);

	do
		digits[--at] = '0' + v % 10;
	while (v /= 10);
	buf_add(out, digits + at, sizeof(digits) - at);
}

void put_signed(struct buf *out, int64_t v)
{
	if (v < 0)
		buf_putc(out, '-');
	put_unsigned(out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void put_hex(struct buf *out, uint64_t v)
{
	char digits[18];
	unsigned at = sizeof(digits);

	do
		digits[--at] = "0123456789abcdef"[v % 16];
	while (v /= 16);
	digits[--at] = 'x';
	digits[--at] = '0';
	buf_add(out, digits + at, sizeof(digits) - at);
}

void put_address(struct buf *out, uint64_t v)
{
	if (v)
		put_hex(out, v);
	else
		buf_puts(out, "NULL");
}

void put_mode_octal(struct buf *out, unsigned mode)
{
	buf_printf(out, "%#03o", mode);
}

static void put_octal_escape(struct buf *out, uint8_t c, bool digit_follows)
{
	buf_putc(out, '\\');
	if (c > 077 || digit_follows)
		buf_putc(out, '0' + (c >> 6));
	if (c > 7 || digit_follows)
		buf_putc(out, '0' + (c >> 3 & 7));
	buf_putc(out, '0' + (c & 7));
}

/* What ends it (a quote, a bracket) and what is not printed, escaped. */
static void put_escaped(struct buf *out, const uint8_t *s, size_t len, uint8_t end)
{
	static const char letters[] = "tnvfr"; /* \t is 9 */

	buf_reserve(out, 4 * len + 8);
	for (size_t i = 0; i < len; i++) {
		uint8_t c = s[i];

		if (c == end || c == '\\') {
			buf_putc(out, '\\');
			buf_putc(out, c);
		} else if (c >= ' ' && c < 127) {
			buf_putc(out, c);
		} else if (c >= '\t' && c <= '\r') {
			buf_putc(out, '\\');
			buf_putc(out, letters[c - '\t']);
		} else {
			put_octal_escape(out, c, i + 1 < len && s[i + 1] >= '0' && s[i + 1] <= '7');
		}
	}
}

void put_quoted(struct buf *out, const uint8_t *s, size_t len, bool more)
{
	buf_putc(out, '"');
	put_escaped(out, s, len, '"');
	buf_puts(out, more ? "\"..." : "\"");
}

void put_quoted_hex(struct buf *out, const uint8_t *s, size_t len, bool more)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "\\x%02x", s[i]);
	buf_puts(out, more ? "\"..." : "\"");
}

void put_fd(struct decode *d, int fd)
{
	struct buf path = {0};

	put_signed(d->out, fd);
	if (fd < 0 || !d->o->fd_path)
		return;
	if (d->o->fd_path(d->o->ctx, d->r->tid, fd, &path)) {
		buf_putc(d->out, '<');
		put_escaped(d->out, (const uint8_t *)buf_str(&path), path.len, '>');
		buf_putc(d->out, '>');
	}
	buf_free(&path);
}

/* ---- what the record holds ---- */

static bool item_at(const struct decode *d, const uint8_t **at, struct strace_item *item, const uint8_t **data)
{
	size_t left = d->end - *at;

	if (left < sizeof(*item))
		return false;
	memcpy(item, *at, sizeof(*item));
	*data = *at + sizeof(*item);
	if (item->len > left - sizeof(*item))
		return false;
	/* The last one need not be filled up. */
	*at += MIN_OF(left, sizeof(*item) + ROUND_UP((size_t)item->len, 8));
	return true;
}

bool next_item(const struct decode *d, const uint8_t **at, uint8_t arg, struct part *part, uint32_t *index)
{
	struct strace_item item;
	const uint8_t *data;

	if (!*at)
		*at = d->items;
	while (item_at(d, at, &item, &data)) {
		if (item.arg != arg)
			continue;
		*part = (struct part){data, item.len, true, item.flags & STRACE_ITEM_FAILED};
		*index = item.index;
		return true;
	}
	return false;
}

/* The items of arguments by their number; false: what is there is not a row of items. */
static bool find_parts(struct decode *d)
{
	const uint8_t *at = d->items, *data;
	struct strace_item item;

	while (item_at(d, &at, &item, &data)) {
		struct part part = {data, item.len, true, item.flags & STRACE_ITEM_FAILED};

		if (item.arg < 6)
			d->after[item.arg] = part;
		else if (item.arg >= STRACE_ARG_BEFORE && item.arg < STRACE_ARG_BEFORE + 6)
			d->before[item.arg - STRACE_ARG_BEFORE] = part;
	}
	return at == d->end;
}

bool have(struct decode *d, unsigned n, const struct part *part, uint32_t size)
{
	if (part->there && !part->failed && part->len >= size)
		return true;
	if (part->failed && d->r->result != -EFAULT)
		d->result->unread++;
	put_address(d->out, argument(d, n));
	return false;
}

bool take(struct decode *d, unsigned n, const struct part *part, void *to, uint32_t size)
{
	if (!have(d, n, part, size))
		return false;
	memcpy(to, part->data, size);
	return true;
}

/* ---- simple arguments ---- */

void decode_int(struct decode *d, unsigned n) { put_signed(d->out, (int32_t)argument(d, n)); }
void decode_unsigned(struct decode *d, unsigned n) { put_unsigned(d->out, (uint32_t)argument(d, n)); }
void decode_long(struct decode *d, unsigned n) { put_signed(d->out, argument(d, n)); }
void decode_unsigned_long(struct decode *d, unsigned n) { put_unsigned(d->out, argument(d, n)); }
void decode_fd(struct decode *d, unsigned n) { put_fd(d, argument(d, n)); }
void decode_signal(struct decode *d, unsigned n) { put_signal(d->out, argument(d, n)); }
void decode_flags(struct decode *d, unsigned n) { put_flags(d->out, other(d, n), (uint32_t)argument(d, n)); }
void decode_named(struct decode *d, unsigned n) { put_name(d->out, other(d, n), (uint32_t)argument(d, n)); }
void decode_octal(struct decode *d, unsigned n) { put_mode_octal(d->out, argument(d, n)); }

/* mremap tells the new address only where it decides: MREMAP_FIXED is 2, MREMAP_DONTUNMAP 4. */
void decode_pointer(struct decode *d, unsigned n)
{
	if (other(d, n) && !(other_argument(d, n) & 6))
		d->skip = true;
	else
		put_address(d->out, argument(d, n));
}

void decode_hex(struct decode *d, unsigned n)
{
	if (argument(d, n))
		put_hex(d->out, argument(d, n));
	else
		buf_putc(d->out, '0');
}

void decode_id(struct decode *d, unsigned n)
{
	uint32_t id = argument(d, n);

	if (id == UINT32_MAX)
		buf_puts(d->out, "-1");
	else
		put_unsigned(d->out, id);
}

void decode_dirfd(struct decode *d, unsigned n)
{
	if ((int32_t)argument(d, n) != -100)
		put_fd(d, argument(d, n));
	else
		buf_puts(d->out, "AT_FDCWD");
}

void decode_nothing(struct decode *d, unsigned n)
{
	(void)n;
	d->skip = true;
}

/* ---- strings ---- */

static void put_string(struct decode *d, unsigned n, const struct part *part, uint32_t limit)
{
	uint32_t len;

	if (!have(d, n, part, 1))
		return;
	len = strnlen((const char *)part->data, part->len);
	put_quoted(d->out, part->data, MIN_OF(len, limit), len > limit);
}

void decode_path(struct decode *d, unsigned n) { put_string(d, n, &d->after[n], STRACE_PATH - 1); }
void decode_exec_path(struct decode *d, unsigned n) { put_string(d, n, &d->before[n], STRACE_PATH - 1); }
void decode_string(struct decode *d, unsigned n) { put_string(d, n, &d->after[n], d->o->string_limit); }
void decode_cwd_out(struct decode *d, unsigned n) { put_string(d, n, &d->after[n], STRACE_PATH - 1); }

static void put_bytes(struct decode *d, unsigned n, uint64_t whole)
{
	const struct part *part = &d->after[n];

	if (!argument(d, n))
		buf_puts(d->out, "NULL");
	else if (have(d, n, part, 0))
		put_quoted(d->out, part->data, part->len, whole > part->len);
}

void decode_bytes_in(struct decode *d, unsigned n) { put_bytes(d, n, other_argument(d, n)); }

void decode_bytes_out(struct decode *d, unsigned n)
{
	if (d->failed)
		put_address(d->out, argument(d, n));
	else
		put_bytes(d, n, d->r->result);
}

void decode_path_out(struct decode *d, unsigned n)
{
	decode_bytes_out(d, n);
}

void decode_random(struct decode *d, unsigned n)
{
	const struct part *part = &d->after[n];

	if (d->failed)
		put_address(d->out, argument(d, n));
	else if (have(d, n, part, 0))
		put_quoted_hex(d->out, part->data, part->len, (uint64_t)d->r->result > part->len);
}

/* Values of extended attributes. */
void decode_value_in(struct decode *d, unsigned n) { put_bytes(d, n, other_argument(d, n)); }

void decode_value_out(struct decode *d, unsigned n)
{
	if (!d->failed && other_argument(d, n))
		put_bytes(d, n, d->r->result);
	else
		put_address(d->out, argument(d, n));
}

/* ---- the printers, by type ---- */

static void (*const printers[ARGUMENT_TYPES])(struct decode *d, unsigned n) = {
#define TYPE(id, printer, ...) [ARGUMENT_##id] = decode_##printer,
#include "run/strace/types.def"
#undef TYPE
};

static void put_arguments(struct decode *d)
{
	static const struct strace_call unknown = {
		.nargs = 6, .args = {ARGUMENT_HEX, ARGUMENT_HEX, ARGUMENT_HEX,
				     ARGUMENT_HEX, ARGUMENT_HEX, ARGUMENT_HEX},
	};

	if (!d->call)
		d->call = &unknown;
	for (unsigned n = 0; n < d->call->nargs; n++) {
		size_t mark = d->out->len;

		if (d->out->data[mark - 1] != '(')
			buf_puts(d->out, ", ");
		d->skip = false;
		printers[arg_type(d->call->args[n])](d, n);
		if (d->skip)
			d->out->len = mark;
	}
}

/* ---- results ---- */

static void put_error(struct buf *out, int error)
{
	static const struct {
		int error;
		const char *text;
	} inside[] = { /* what the kernel makes of a call that a signal interrupted: include/linux/errno.h */
		{512, "? ERESTARTSYS (To be restarted if SA_RESTART is set)"},
		{513, "? ERESTARTNOINTR (To be restarted)"},
		{514, "? ERESTARTNOHAND (To be restarted if no handler)"},
		{516, "? ERESTART_RESTARTBLOCK (Interrupted by signal)"},
	};
	const char *name = strerrorname_np(error);

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		if (inside[i].error == error) {
			buf_puts(out, inside[i].text);
			return;
		}
	}
	buf_puts(out, "-1 ");
	if (name) {
		buf_puts(out, name);
		buf_puts(out, " (");
		buf_puts(out, strerrordesc_np(error));
		buf_putc(out, ')');
	} else {
		buf_printf(out, "(errno %d)", error);
	}
}

static void put_fcntl_result(struct decode *d)
{
	int64_t v = d->r->result;
	bool flags = argument(d, 1) == 1 || argument(d, 1) == 3; /* F_GETFD, F_GETFL */

	if (!flags || !v) {
		put_signed(d->out, v);
		if (flags && argument(d, 1) == 3)
			buf_puts(d->out, " (flags O_RDONLY)");
		return;
	}
	put_hex(d->out, v);
	buf_puts(d->out, " (flags ");
	if (argument(d, 1) == 3)
		put_open_flags(d->out, v);
	else
		put_flags(d->out, STRACE_NAMES_fd_flags, v);
	buf_putc(d->out, ')');
}

static void put_result(struct decode *d)
{
	int64_t v = d->r->result;

	if (d->r->flags & STRACE_NO_RETURN) {
		buf_putc(d->out, '?');
		return;
	}
	if (d->failed) {
		put_error(d->out, -v);
		return;
	}
	switch (d->call->result) {
	case RESULT_ADDRESS: v ? put_hex(d->out, v) : buf_puts(d->out, "0"); break;
	case RESULT_FD_RESULT: put_fd(d, v); break;
	case RESULT_MASK: put_mode_octal(d->out, v); break;
	case RESULT_POLLED: put_polled(d); break;
	case RESULT_SELECTED: put_selected(d); break;
	case RESULT_FCNTL_RESULT: put_fcntl_result(d); break;
	case RESULT_SIGNAL_RESULT:
		put_signed(d->out, v);
		buf_puts(d->out, " (");
		put_signal(d->out, v);
		buf_putc(d->out, ')');
		break;
	case RESULT_SCHED_RESULT:
		put_signed(d->out, v);
		buf_puts(d->out, " (");
		put_name(d->out, STRACE_NAMES_sched, v);
		buf_putc(d->out, ')');
		break;
	default: put_signed(d->out, v); break;
	}
}

/* ---- lines ---- */

void decode_call_name(uint32_t number, struct buf *out)
{
	const char *name = number < STRACE_CALLS ? syscall_name(number) : NULL;

	if (name)
		buf_puts(out, name);
	else
		buf_printf(out, "syscall_%#x", number);
}

static void put_compat(struct decode *d)
{
	buf_printf(d->out, "[32-bit call %" PRIu32 "](", d->r->number);
	for (unsigned n = 0; n < 6; n++) {
		if (n)
			buf_puts(d->out, ", ");
		put_hex(d->out, (uint32_t)argument(d, n));
	}
}

void decode_call(const struct decode_options *o, const struct strace_record *record, uint32_t len, struct buf *out,
		 struct decode_result *result)
{
	static const struct strace_call plain = {.name = ""};
	struct decode d = {
		.o = o, .r = record, .out = out, .result = result, .items = (const uint8_t *)(record + 1),
		.end = (const uint8_t *)record + len, .call = strace_call(record->number),
		.failed = record->result < 0 && record->result >= -4095,
	};
	size_t start = out->len;

	if (record->flags & STRACE_FULL)
		result->cut++;
	result->bad |= !find_parts(&d);
	if (record->flags & STRACE_COMPAT) {
		d.call = &plain;
		put_compat(&d);
	} else {
		if (d.call)
			buf_puts(out, d.call->name);
		else
			decode_call_name(record->number, out);
		buf_putc(out, '(');
		put_arguments(&d);
	}
	if (record->flags & STRACE_WAITING) {
		buf_puts(out, " <unfinished ...>");
		return;
	}
	buf_puts(out, record->flags & STRACE_ENDED_INSIDE ? " <unfinished ...>) " : ") ");
	if (out->len - start < RESULT_COLUMN)
		buf_pad(out, ' ', RESULT_COLUMN - (out->len - start));
	buf_puts(out, "= ");
	put_result(&d);
}

void decode_signal_line(const struct strace_record *record, uint32_t len, struct buf *out)
{
	struct decode d = {.items = (const uint8_t *)(record + 1), .end = (const uint8_t *)record + len};
	const uint8_t *at = NULL;
	struct part part;
	uint32_t index;

	buf_puts(out, "--- ");
	put_signal(out, record->result);
	if (next_item(&d, &at, STRACE_ARG_SIGINFO, &part, &index) && !part.failed) {
		buf_putc(out, ' ');
		put_siginfo(out, part.data, part.len);
	}
	buf_puts(out, " ---");
}

void decode_exit_line(const struct strace_record *record, struct buf *out)
{
	int status = record->result;

	buf_puts(out, "+++ ");
	if (WIFEXITED(status)) {
		buf_printf(out, "exited with %d", WEXITSTATUS(status));
	} else {
		buf_puts(out, "killed by ");
		put_signal(out, WTERMSIG(status));
		if (WCOREDUMP(status))
			buf_puts(out, " (core dumped)");
	}
	buf_puts(out, " +++");
}
