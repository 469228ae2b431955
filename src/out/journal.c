/*
 * journal.c - see layer.h: rows to the journal of systemd, by its own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL).
 *
 *   row(pid, comm, ...)  ->  a datagram: MESSAGE=the row, PRIORITY=6, SYSLOG_IDENTIFIER=sonde, SONDE_PID=..., ...
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "out/common.h"
#include "out/conversion.h"
#include "out/layer.h"

static const char journal_path[] = "/run/systemd/journal/socket";

struct journal {
	struct output_ops ops; /* of the form, with row and free replaced */
	const struct output_ops *form;
	int fd;
	unsigned long long refused; /* rows */
	int error;                  /* why the last of them */
};

static struct journal *self(const struct output *out)
{
	return (struct journal *)out->ops;
}

/* NAME=text; a text of several lines with its length before it. */
static void put_field(const char *name, const char *text, size_t len, struct buf *out)
{
	uint64_t size = len;

	buf_puts(out, name);
	if (!memchr(text, '\n', len)) {
		buf_putc(out, '=');
	} else {
		buf_putc(out, '\n');
		for (unsigned i = 0; i < sizeof(size); i++, size >>= 8)
			buf_putc(out, (char)(size & 0xff));
	}
	buf_add(out, text, len);
	buf_putc(out, '\n');
}

/* "c-pid", as JSON calls the column, is SONDE_C_PID. */
static void put_value(const struct output *out, const struct format_segment *segment, const char *column,
		      const struct value *value, struct buf *datagram)
{
	struct value_style style = {.names = out->names};
	struct buf name = {0}, text = {0};

	buf_puts(&name, "SONDE_");
	for (const char *p = column; *p; p++)
		if (isalnum((unsigned char)*p))
			buf_putc(&name, (char)toupper((unsigned char)*p));
		else if (p[1])
			buf_putc(&name, '_');
	conversion_print(&style, segment, value, &text);
	while (text.len && text.data[text.len - 1] == ' ')
		text.len--;
	put_field(buf_str(&name), buf_str(&text), text.len, datagram);
	buf_free(&name);
	buf_free(&text);
}

static void row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		const char *text, size_t len)
{
	struct journal *j = self(out);
	struct buf datagram = {0};
	size_t message = len, i = 0;

	while (message && (text[message - 1] == '\n' || text[message - 1] == ' '))
		message--;
	put_field("MESSAGE", text, message, &datagram);
	buf_puts(&datagram, "PRIORITY=6\nSYSLOG_IDENTIFIER=sonde\n");
	vec_each(segment, &action->format->segments) {
		if (segment->literal)
			continue;
		if (i >= nargs || action->columns[i].message)
			break;
		put_value(out, segment, action->columns[i].name, &args[i], &datagram);
		i++;
	}
	if (send(j->fd, buf_str(&datagram), datagram.len, MSG_NOSIGNAL) < 0) {
		j->refused++;
		j->error = errno;
	}
	buf_free(&datagram);
	j->form->row(out, action, args, nargs, text, len);
}

static int journal_free(struct output *out)
{
	struct journal *j = self(out);

	if (j->refused)
		fprintf(out->messages, "LOST: %llu rows that the journal did not take: %s\n", j->refused,
			strerror(j->error));
	out->ops = j->form;
	close(j->fd);
	free(j);
	return out->ops->free(out);
}

int output_journal(struct output *out, struct buf *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct journal *j;

	memcpy(address.sun_path, journal_path, sizeof(journal_path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		buf_printf(why, "the journal of systemd cannot be written to (%s): %s", journal_path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	j = xcalloc(1, sizeof(*j));
	j->ops = *out->ops;
	j->form = out->ops;
	j->fd = fd;
	j->ops.row = row;
	j->ops.free = journal_free;
	out->ops = &j->ops;
	return 0;
}
