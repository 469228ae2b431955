/* profile_file.c - see profile_file.h. */
#include "cmd/profile_file.h"

#include "out/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 18 };

struct feed {
	const struct profile_input *in;
	struct profile *p;
	struct prof_reader *r;
	int fd;
	uint64_t size, done, began, shown; /* bytes of the file; ns */
	bool terminal, gzip, packed_ended;
	z_stream z;
	char *raw, *text;
};

static bool complain(const struct feed *f, const char *why)
{
	const char *name = str_eq(f->in->path, "-") ? "stdin" : f->in->path;

	if (f->shown)
		fputs("\r\033[K", stderr);
	if (f->r && prof_reader_line(f->r))
		fprintf(stderr, "sonde: %s:%llu: %s\n", name, (unsigned long long)prof_reader_line(f->r), why);
	else
		fprintf(stderr, "sonde: %s: %s\n", name, why);
	return false;
}

static void show_progress(struct feed *f)
{
	enum { NS = 1000000000 };
	uint64_t now, ns;

	if (!f->terminal)
		return;
	now = now_ns();
	ns = now - f->began;
	if ((f->in->progress == PROGRESS_AUTO && ns < 2ull * NS) || (f->shown && now - f->shown < NS / 5))
		return;
	f->shown = now;
	fprintf(stderr, "\r\033[K%s: ", f->in->path);
	if (f->size)
		fprintf(stderr, "%.0f %%, ", 100.0 * MIN_OF(f->done, f->size) / f->size);
	fprintf(stderr, "%.0f MB, %.0f MB/s", f->done / 1e6, f->done / 1e6 / (ns / 1e9 + 1e-9));
}

static bool start_reader(struct feed *f, const char *text, size_t len)
{
	enum prof_format format = f->in->format;

	if (format == PROF_FORMATS)
		format = prof_format_of_path(f->in->path);
	/* A .txt, or a name without an ending, may be any of those that are text. */
	if (format == PROF_FORMATS || (f->in->format == PROF_FORMATS && format == PROF_PERF)) {
		enum prof_format seen = prof_format_of_text(text, len);

		format = seen == PROF_FORMATS ? format : seen;
	}
	if (format == PROF_FORMATS)
		return complain(f, len ? "no format that is known; --from names one" : "empty");
	if (!prof_formats[format].reads)
		return complain(f, "a format that is only written");
	f->r = prof_reader_new(f->p, format, &f->in->read);
	return true;
}

static bool take_text(struct feed *f, const char *text, size_t len)
{
	if (!f->r && !start_reader(f, text, len))
		return false;
	return prof_reader_feed(f->r, text, len) ? complain(f, prof_reader_why(f->r)) : true;
}

/* gzip's members may follow one another. */
static bool take_packed(struct feed *f, char *raw, size_t len)
{
	f->z.next_in = (unsigned char *)raw;
	f->z.avail_in = len;
	while (f->z.avail_in) {
		int err;

		if (f->packed_ended && inflateReset(&f->z) != Z_OK)
			return complain(f, "cannot unpack");
		f->packed_ended = false;
		f->z.next_out = (unsigned char *)f->text;
		f->z.avail_out = CHUNK;
		err = inflate(&f->z, Z_NO_FLUSH);
		if (err != Z_OK && err != Z_STREAM_END && err != Z_BUF_ERROR)
			return complain(f, "broken gzip data");
		f->packed_ended = err == Z_STREAM_END;
		if (f->z.avail_out < CHUNK && !take_text(f, f->text, CHUNK - f->z.avail_out))
			return false;
		if (err == Z_BUF_ERROR && f->z.avail_out == CHUNK)
			break;
	}
	return true;
}

static bool begin(struct feed *f, const char *raw, size_t n)
{
	f->gzip = n >= 2 && (unsigned char)raw[0] == 0x1f && (unsigned char)raw[1] == 0x8b;
	if (!f->gzip)
		return true;
	f->text = xmalloc(CHUNK);
	if (inflateInit2(&f->z, 15 + 32) == Z_OK)
		return true;
	f->gzip = false;
	return complain(f, "cannot unpack");
}

/* As full as it gets, so that what the file begins with is seen in one piece. */
static ssize_t read_chunk(struct feed *f)
{
	size_t have = 0;

	while (have < CHUNK) {
		ssize_t n = read(f->fd, f->raw + have, CHUNK - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		have += n;
	}
	return have;
}

static bool read_all(struct feed *f)
{
	ssize_t n;

	for (bool first = true; (n = read_chunk(f)) > 0; first = false) {
		if (first && !begin(f, f->raw, n))
			return false;
		f->done += n;
		if (!(f->gzip ? take_packed(f, f->raw, n) : take_text(f, f->raw, n)))
			return false;
		show_progress(f);
	}
	if (n < 0)
		return complain(f, strerror(-n));
	if (f->gzip && !f->packed_ended)
		return complain(f, "ends within gzip data");
	if (!f->r && !start_reader(f, "", 0))
		return false;
	if (prof_reader_end(f->r))
		return complain(f, prof_reader_why(f->r));
	return true;
}

bool profile_file_read(struct profile *p, const struct profile_input *in)
{
	struct feed f = {.in = in, .p = p, .began = now_ns()};
	struct stat st;
	bool ok;

	f.terminal = in->progress == PROGRESS_ALWAYS ||
		     (in->progress == PROGRESS_AUTO && terminal_of(STDERR_FILENO).moves);
	f.fd = str_eq(in->path, "-") ? STDIN_FILENO : open(in->path, O_RDONLY | O_CLOEXEC);
	if (f.fd < 0)
		return complain(&f, strerror(errno));
	if (!fstat(f.fd, &st) && S_ISREG(st.st_mode))
		f.size = st.st_size;
	f.raw = xmalloc(CHUNK);
	ok = read_all(&f);
	if (f.shown)
		fputs("\r\033[K", stderr);
	if (f.gzip)
		inflateEnd(&f.z);
	if (f.fd != STDIN_FILENO)
		close(f.fd);
	prof_reader_free(f.r);
	free(f.raw);
	free(f.text);
	return ok;
}

/* ---- output ---- */

static char *volatile unfinished; /* removed by a signal */

static void remove_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
	unfinished = NULL;
}

static void on_signal(int signal)
{
	remove_unfinished();
	raise(signal); /* the handler is reset: this ends the program as the signal does */
}

static void watch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGXFSZ, SIGABRT};
	static bool once;
	struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND | SA_NODEFER}, old;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	if (!once)
		once = !atexit(remove_unfinished); /* there is no memory */
}

/* No signal comes between the file and its name being known. */
static int open_unfinished(char *template)
{
	sigset_t all, before;
	int fd;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	fd = mkostemp(template, O_CLOEXEC);
	if (fd >= 0)
		unfinished = template;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return fd;
}

/* By another name: /dev/stdout, which is a link that must stay. */
static bool is_standard_output(const struct stat *st)
{
	struct stat out;

	return !fstat(STDOUT_FILENO, &out) && out.st_dev == st->st_dev && out.st_ino == st->st_ino;
}

/* A file beside the one that is meant, and as readable as that is; `st`: of that, NULL: there is none. */
static void open_beside(struct profile_result *o, const struct stat *st)
{
	mode_t mask = umask(0);
	int err;

	umask(mask);
	o->target = realpath(o->path, NULL); /* the end of a link takes the result, not the link */
	o->target = o->target ? o->target : xstrdup(o->path);
	o->temporary = xasprintf("%s.XXXXXX", o->target);
	watch_signals();
	o->fd = open_unfinished(o->temporary);
	if (o->fd < 0)
		return;
	err = st ? fchown(o->fd, st->st_uid, st->st_gid) : 0;
	(void)err; /* not allowed: then it is ours from now on */
	fchmod(o->fd, st ? st->st_mode & 0777 : 0666 & ~mask);
}

static void forget(struct profile_result *o)
{
	free(o->temporary);
	free(o->target);
	o->temporary = o->target = NULL;
}

bool result_open(struct profile_result *o, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0;

	*o = (struct profile_result){.path = path, .fd = STDOUT_FILENO};
	if (str_eq(path, "-") || (there && is_standard_output(&st)))
		return true;
	if (there && !S_ISREG(st.st_mode)) /* /dev/null, a pipe: nothing to put in its place */
		o->fd = open(path, O_WRONLY | O_CLOEXEC);
	else
		open_beside(o, there ? &st : NULL);
	if (o->fd >= 0)
		return true;
	fprintf(stderr, "sonde: cannot write %s: %s\n", path, strerror(errno));
	forget(o);
	return false;
}

void result_write(struct profile_result *o, const void *data, size_t len)
{
	const char *p = data;

	while (len && !o->err) {
		ssize_t n = write(o->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			o->err = errno;
			break;
		}
		p += n;
		len -= n;
	}
}

bool result_commit(struct profile_result *o)
{
	int err = o->err;

	if (o->fd > STDERR_FILENO && close(o->fd) && !err) /* some tell of a full disk not before this */
		err = errno;
	if (!err && o->temporary && rename(o->temporary, o->target))
		err = errno;
	if (err)
		remove_unfinished();
	unfinished = NULL;
	forget(o);
	/* A reader that has seen enough is no failure worth a line. */
	if (err && err != EPIPE)
		fprintf(stderr, "sonde: cannot write %s: %s\n", str_eq(o->path, "-") ? "standard output" : o->path,
			strerror(err));
	return !err;
}
