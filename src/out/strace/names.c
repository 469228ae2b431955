/* names.c - see names.h; the values are those of the C library's and the kernel's headers. */
#include "out/strace/names.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/fiemap.h>
#include <linux/futex.h>

#include "out/strace/decode_int.h"

/* The C library says 0: its open() always sets it. */
#if defined(__aarch64__)
#define STRACE_O_LARGEFILE 0400000
#else
#define STRACE_O_LARGEFILE 0100000
#endif

struct row {
	uint64_t value;
	const char *name; /* NULL: here begins a table */
};

static const struct row rows[] = {
#define TABLE(id) {0, NULL},
#define NAME(constant) {(uint64_t)(constant), #constant},
#define NAME_AS(text, number) {(uint64_t)(number), text},
#include "run/strace/names.def"
#undef TABLE
#undef NAME
#undef NAME_AS
	{0, NULL},
};

/* The first row; the last one is before the next without a name. */
static const struct row *table_rows(enum strace_names table)
{
	static uint16_t starts[STRACE_TABLES];
	static bool made;

	if (!made) {
		unsigned n = 0;

		for (unsigned i = 0; i + 1 < ARRAY_SIZE(rows); i++)
			if (!rows[i].name)
				starts[n++] = i + 1;
		made = true;
	}
	return rows + starts[table];
}

const char *name_of(enum strace_names table, uint64_t value)
{
	for (const struct row *r = table_rows(table); r->name; r++)
		if (r->value == value)
			return r->name;
	return NULL;
}

void put_unknown(struct buf *out, enum strace_names table)
{
	const char *name = table_rows(table)->name, *bar = name ? strchr(name, '_') : NULL;

	if (bar)
		buf_add(out, name, bar - name + 1);
	buf_puts(out, "???");
}

void put_name(struct buf *out, enum strace_names table, uint64_t value)
{
	const char *name = name_of(table, value);

	if (name) {
		buf_puts(out, name);
		return;
	}
	put_hex(out, value);
	buf_puts(out, " /* ");
	put_unknown(out, table);
	buf_puts(out, " */");
}

bool put_flags_from(struct buf *out, enum strace_names table, uint64_t flags, bool first)
{
	bool any = false;

	for (const struct row *r = table_rows(table); r->name; r++) {
		if (!r->value || (flags & r->value) != r->value)
			continue;
		if (!first || any)
			buf_putc(out, '|');
		buf_puts(out, r->name);
		flags &= ~r->value;
		any = true;
	}
	if (!flags)
		return any;
	if (!first || any)
		buf_putc(out, '|');
	put_hex(out, flags);
	if (first && !any) {
		buf_puts(out, " /* ");
		put_unknown(out, table);
		buf_puts(out, " */");
	}
	return true;
}

void put_flags(struct buf *out, enum strace_names table, uint64_t flags)
{
	const char *zero;

	if (put_flags_from(out, table, flags, true))
		return;
	zero = name_of(table, 0);
	buf_puts(out, zero ? zero : "0");
}
