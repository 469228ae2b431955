/*
 * strace.c - `sonde strace [OPTIONS] CMD...`, `sonde strace -p PID`: strace's lines without strace's
 * price. See strace.h, docs/strace.md.
 *
 *   options --> trace (run/strace) --records--> lines (strace_lines) --> file
 */
#include "cmd/strace.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/thread.h"
#include "cmd/help.h"
#include "cmd/strace_lines.h"
#include "cmd/stream.h"
#include "kern/child.h"
#include "kern/sys.h"
#include "out/strace/summary.h"
#include "run/reader.h"
#include "run/strace/trace.h"

enum { IDLE_MS = 200, BUSY_MS = 2, PIDS = 256 };

struct command {
	struct trace_setup setup;
	struct strace_set set;
	struct strace_lines lines;
	VEC(uint32_t) pids;
	const char *output;
	char **argv;                   /* the command; NULL: none */
	enum summary_order order;
	unsigned histograms, quiet;
	bool help, summary_only;
	int signal_fd;
	struct watched child;
	struct trace *trace;
	bool interrupted;
};

enum option_id {
	OPT_NONE = 255,
#define OPTION(id, long_name, letter, argument, help) OPT_##id,
#include "cmd/strace.def"
#undef OPTION
};

static bool fail(const char *what, const char *why)
{
	fprintf(stderr, "sonde: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	return false;
}

/* ---- options ---- */

static bool take_pids(struct command *c, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ", \n");
		char *word = xstrndup(text, len);
		uint64_t pid = 0;
		bool good = !len || (str_to_u64(word, &pid) && pid && pid <= INT32_MAX && c->pids.n < PIDS);

		free(word);
		if (!good)
			return fail("-p wants process numbers, not", text);
		if (len)
			vec_push(&c->pids, pid);
		text += len + (text[len] != '\0');
	}
	return true;
}

static bool take_trace(struct command *c, const char *text)
{
	struct buf why = {0};
	bool good = strace_set_parse(&c->set, text, &why);

	if (!good)
		fail(buf_str(&why), NULL);
	buf_free(&why);
	return good;
}

static bool take_status(struct command *c, const char *text)
{
	if (str_eq(text, "successful"))
		return c->setup.options.only_good = true;
	if (str_eq(text, "failed"))
		return c->setup.options.only_failed = true;
	return str_eq(text, "all") || fail("-e status= wants successful, failed or all, not", text);
}

/* "trace=SET", "t=SET", "status=SET", "signal=SET"; without a "=" it is a set of calls. */
static bool take_expression(struct command *c, const char *text)
{
	const char *value = strchr(text, '=');
	size_t len = value ? (size_t)(value - text) : 0;

	if (!value)
		return take_trace(c, text);
	value++;
	if ((len == 5 && !strncmp(text, "trace", 5)) || (len == 1 && *text == 't'))
		return take_trace(c, value);
	if (len == 6 && !strncmp(text, "status", 6))
		return take_status(c, value);
	if ((len == 6 && !strncmp(text, "signal", 6)) || (len == 7 && !strncmp(text, "signals", 7))) {
		c->lines.no_signals = str_eq(value, "none") || str_eq(value, "!all");
		return c->lines.no_signals || str_eq(value, "all") || fail("-e signal= wants all or none, not", value);
	}
	if (len == 6 && (!strncmp(text, "inject", 6) || !strncmp(text, "faults", 6)))
		return fail("nothing is injected: sonde only looks", NULL);
	return fail("-e wants trace=SET, status=SET or signal=SET, not", text);
}

static bool take_order(struct command *c, const char *text)
{
	static const struct {
		const char *name;
		enum summary_order order;
	} words[] = {
		{"time", ORDER_TIME}, {"time-total", ORDER_TIME}, {"total-time", ORDER_TIME}, {"calls", ORDER_CALLS},
		{"count", ORDER_CALLS}, {"errors", ORDER_ERRORS}, {"error", ORDER_ERRORS}, {"name", ORDER_NAME},
		{"syscall", ORDER_NAME},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_eq(words[i].name, text)) {
			c->order = words[i].order;
			return true;
		}
	}
	return fail("-S wants time, calls, errors or name, not", text);
}

static bool take_number(const char *option, const char *text, uint64_t max, uint32_t *out)
{
	uint64_t v;

	if (!str_to_u64(text, &v) || v > max) {
		fprintf(stderr, "sonde: %s wants a number up to %" PRIu64 ", not %s\n", option, max, text);
		return false;
	}
	*out = v;
	return true;
}

/* "64M": rounded up to a power of two, as rings are. */
static bool take_buffer(struct command *c, const char *text)
{
	char *end;
	uint64_t size = strtoull(text, &end, 10), ring = 64 << 10;
	const char *units = "KMG", *unit = *end ? strchr(units, *end) : NULL;

	if (unit && !end[1] && size < 1 << 20)
		size <<= 10 * (unit - units + 1);
	if (end == text || (*end && !unit) || size > 1u << 30 || !size)
		return fail("--buffer wants a size up to 1G, not", text);
	while (ring < size)
		ring *= 2;
	c->setup.ring_bytes = ring;
	return true;
}

static bool take_text(struct command *c, int id, const char *text)
{
	uint32_t number = 0;

	switch (id) {
	case OPT_ATTACH: return take_pids(c, text);
	case OPT_EXPRESSION: return take_expression(c, text);
	case OPT_TRACE: return take_trace(c, text);
	case OPT_OUTPUT: c->output = text; return true;
	case OPT_SORT: return take_order(c, text);
	case OPT_STRING_LIMIT: return take_number("-s", text, STRACE_STRING_MAX, &c->setup.options.string_limit);
	case OPT_BUFFER: return take_buffer(c, text);
	case OPT_THREADS:
		return take_number("--threads", text, 1 << 16, &number) && (c->setup.threads = number) > 0;
	case OPT_HISTOGRAMS: return take_number("--histograms", text, STRACE_CALLS, &c->histograms);
	}
	return false;
}

static bool take_option(struct command *c, int id)
{
	switch (id) {
	case OPT_FOLLOW: return c->setup.follow = true;
	case OPT_SUMMARY_ONLY: return c->setup.options.summary = c->summary_only = true;
	case OPT_SUMMARY: return c->setup.options.summary = true;
	case OPT_SYSCALL_TIMES: return c->setup.options.times = c->lines.durations = true;
	case OPT_TIMESTAMPS: return c->setup.options.times = ++c->lines.stamps;
	case OPT_RELATIVE: return c->setup.options.times = c->lines.relative = true;
	case OPT_DECODE_FDS: c->lines.fds = c->lines.fds ? c->lines.fds : fds_new(); return true;
	case OPT_GOOD: return c->setup.options.only_good = true;
	case OPT_FAILED: return c->setup.options.only_failed = true;
	case OPT_NO_ABBREV: return c->setup.options.environment = c->lines.decode.verbose = true;
	case OPT_QUIET: return ++c->quiet;
	case OPT_WALL: return true;
	case OPT_HELP: return c->help = true;
	}
	return false;
}

static const struct manual_option rows[] = {
#define OPTION(id, long_name, letter, argument, help) {letter, long_name, argument, NULL, help},
#include "cmd/strace.def"
#undef OPTION
};

static bool parse(struct command *c, int argc, char **argv)
{
	struct option options[ARRAY_SIZE(rows) + 1] = {0};
	char letters[2 * ARRAY_SIZE(rows) + 3] = "+:";
	size_t n = 2;
	int id;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		options[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument, NULL,
					     OPT_NONE + 1 + i};
		if (rows[i].letter)
			letters[n++] = rows[i].letter;
		if (rows[i].letter && rows[i].argument)
			letters[n++] = ':';
	}
	optind = 1;
	while ((id = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (id == ':')
			return fail("a value is missing after", argv[optind - 1]);
		if (id == '?')
			return fail("strace does not know the option", argv[optind - 1]);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (id == rows[i].letter)
				id = OPT_NONE + 1 + i;
		if (optarg ? !take_text(c, id, optarg) : !take_option(c, id))
			return false;
	}
	if (optind < argc)
		c->argv = argv + optind;
	if (c->help)
		return true;
	if (!c->argv && !c->pids.n)
		return fail("a command or -p PID is wanted: sonde strace --help", NULL);
	if (c->setup.options.only_good && c->setup.options.only_failed)
		return fail("-z and -Z leave nothing", NULL);
	return true;
}

void strace_manual(struct manual *m, const char *name)
{
	manual_title(m, name, "system calls, one a line, as strace writes them");
	manual_usage(m, "sonde strace [OPTIONS] CMD...");
	manual_usage(m, "sonde strace [OPTIONS] -p PID");
	manual_text(m, "Nobody is stopped: what there is no room for is counted and told.");
	manual_section(m, "Options");
	manual_options(m, rows, ARRAY_SIZE(rows));
	manual_text(m, "SET: names, /regular expressions, %file %desc %process %network %signal %memory %ipc "
		       "%creds %clock %pure %stat, separated by commas; ! before it all: the others.");
	manual_section(m, "Examples");
	manual_example(m, "sonde strace ls -l", "what ls asks the kernel for");
	manual_example(m, "sonde strace -f -e trace=%network -s 200 curl -s http://localhost/", "the network alone");
	manual_example(m, "sonde strace -T -e trace=openat,read -p 1234", "opens and reads with their times");
	manual_example(m, "sonde strace -c -f make", "a table of all calls, instead of lines");
}

/* ---- the command, the threads ---- */

/* words_split() takes it apart again. */
static char *quoted_command(char **argv)
{
	struct buf text = {0};

	for (; *argv; argv++) {
		buf_puts(&text, text.len ? " '" : "'");
		for (const char *p = *argv; *p; p++) {
			if (*p == '\'')
				buf_puts(&text, "'\\''");
			else
				buf_putc(&text, *p);
		}
		buf_putc(&text, '\'');
	}
	return text.data;
}

static bool start_command(struct command *c)
{
	char *text = quoted_command(c->argv);
	struct buf why = {0};
	bool good = child_start(&c->child, text, &why) == 0;

	if (!good)
		fail(buf_str(&why), NULL);
	free(text);
	buf_free(&why);
	return good;
}

static bool follow_process(struct command *c, uint32_t pid)
{
	char what[64];
	int n;

	n = c->setup.follow ? trace_follow_process(c->trace, pid) : trace_follow(c->trace, pid, false);
	if (n == -ESRCH) {
		snprintf(what, sizeof(what), "there is no process %" PRIu32 ", or it has ended", pid);
		return fail(what, NULL);
	}
	snprintf(what, sizeof(what), "process %" PRIu32 " cannot be traced", pid);
	if (n < 0)
		return fail(what, n == -E2BIG ? "too many threads; --threads makes room" : strerror(-n));
	if (!c->quiet && n <= 1) /* 0: no -f, one thread */
		fprintf(stderr, "sonde: Process %" PRIu32 " attached\n", pid);
	else if (!c->quiet)
		fprintf(stderr, "sonde: Process %" PRIu32 " attached with %d threads\n", pid, n);
	return true;
}

static bool follow_all(struct command *c)
{
	uint32_t tids[PIDS];
	size_t n;

	if (c->child.pid && trace_follow(c->trace, c->child.pid, true))
		return fail("the command cannot be traced", "no room");
	vec_each(pid, &c->pids)
		if (!follow_process(c, *pid))
			return false;
	n = trace_threads(c->trace, tids, PIDS);
	for (size_t i = 0; i < n; i++)
		strace_lines_thread(&c->lines, tids[i]);
	return true;
}

/* ---- running ---- */

static void look_at_signals(struct command *c)
{
	struct signalfd_siginfo info;

	while (read(c->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			c->interrupted = true;
}

/* Everybody that was traced has ended. */
static bool all_ended(struct command *c)
{
	uint32_t tid;

	if (c->child.pid && !watched_ended(&c->child))
		return false;
	return trace_threads(c->trace, &tid, 1) == 0;
}

/*
 * Who ran already and has not been heard of waits in a call that began before: it would be silent until
 * that ends, and what it waits in is what one wants to know.
 */
static void tell_waiting(struct command *c)
{
	uint32_t tids[PIDS];
	size_t n = c->pids.n ? trace_threads(c->trace, tids, PIDS) : 0;
	struct strace_record record;

	for (size_t i = 0; i < n; i++)
		if (!strace_lines_heard(&c->lines, tids[i]) && trace_waiting(c->trace, tids[i], &record))
			strace_lines_put(&c->lines, &record, sizeof(record));
	strace_lines_flush(&c->lines);
}

/*
 * While records come they are taken in handfuls: who reads each as it comes keeps the programs
 * waiting for the same memory.
 */
static void read_until_end(struct command *c)
{
	size_t half = c->setup.ring_bytes / 2;
	uint64_t tell_at = now_ns() + IDLE_MS * 1000000ull, lost = 0;

	while (!c->interrupted && !c->lines.error) {
		size_t waiting = trace_read(c->trace, strace_lines_put, &c->lines);

		if (trace_lost(c->trace) != lost) {
			lost = trace_lost(c->trace);
			strace_lines_lost(&c->lines);
		}
		look_at_signals(c);
		if (tell_at && now_ns() > tell_at) {
			if (c->setup.options.lines)
				tell_waiting(c);
			tell_at = 0;
		}
		if (waiting > half)
			continue;
		strace_lines_flush(&c->lines);
		if (waiting) {
			struct pollfd p = {.fd = c->signal_fd, .events = POLLIN};

			poll(&p, 1, BUSY_MS);
		} else if (all_ended(c)) {
			break;
		} else {
			trace_wait(c->trace, c->signal_fd, IDLE_MS);
		}
	}
}

static void print_summary(struct command *c)
{
	struct summary_row *rows_ = xcalloc(STRACE_CALLS, sizeof(*rows_));
	struct buf out = {0};
	size_t n = 0;

	for (uint32_t number = 0; number < STRACE_CALLS; number++)
		if (strace_set_has(&c->set, number) && trace_summary(c->trace, number, &rows_[n].s))
			rows_[n++].number = number;
	summary_print(rows_, n, c->order, c->histograms, &out);
	fwrite(buf_str(&out), 1, out.len, c->lines.file);
	buf_free(&out);
	free(rows_);
}

static void tell(uint64_t count, const char *what)
{
	if (count)
		fprintf(stderr, "sonde: %" PRIu64 " %s\n", count, what);
}

static void print_losses(struct command *c)
{
	struct trace_losses lost;

	trace_losses(c->trace, &lost);
	tell(lost.ring_full, "calls lost: the ring was full (--buffer makes it larger)");
	tell(lost.not_followed, "threads not followed: too many at a time (--threads makes room)");
	tell(lost.skipped, "events of this machine's processes skipped by the kernel");
	tell(c->lines.unread, "arguments shown as addresses: their memory could not be read");
	tell(c->lines.cut, "calls without all of their arguments: they were too long");
	tell(lost.bad + c->lines.bad, "records that could not be decoded");
}

static void block_signals(struct command *c, sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, before);
	signal(SIGPIPE, SIG_IGN);
	c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* As the command ended, so do we. */
static int child_status(struct command *c)
{
	int status = c->child.status;

	if (!c->child.ended)
		return c->interrupted ? 130 : 0;
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	signal(WTERMSIG(status), SIG_DFL);
	fflush(NULL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

static bool trace_command(struct command *c)
{
	struct buf why = {0};
	bool good = trace_open(&c->trace, &c->setup, &why) == 0 && trace_attach(c->trace, &why) == 0;

	if (!good)
		fail(buf_str(&why), NULL);
	good = good && follow_all(c);
	if (good && c->child.pid && child_release(&c->child, &why)) {
		fail(buf_str(&why), NULL);
		good = false;
	}
	buf_free(&why);
	if (!good)
		return false;
	thread_hurry();
	read_until_end(c);
	trace_detach(c->trace);
	trace_read(c->trace, strace_lines_put, &c->lines);
	strace_lines_flush(&c->lines);
	if (c->interrupted && !c->quiet)
		vec_each(pid, &c->pids)
			fprintf(stderr, "sonde: Process %" PRIu32 " detached\n", *pid);
	if (c->setup.options.summary)
		print_summary(c);
	print_losses(c);
	return true;
}

static int run(struct command *c)
{
	sigset_t before;
	int status = 1;

	c->lines.file = stderr;
	if (c->output && !(c->lines.file = fopen(c->output, "we")))
		return !fail(c->output, strerror(errno));
	c->lines.pid_always = c->output && c->setup.follow;
	c->lines.no_exits = c->quiet > 1;
	c->lines.decode.string_limit = c->setup.options.string_limit;
	if (c->lines.fds) {
		c->setup.options.descriptors = true;
		c->lines.wanted = &c->set;
		c->lines.only_good = c->setup.options.only_good;
		c->lines.only_failed = c->setup.options.only_failed;
		c->lines.decode.fd_path = fds_path;
		c->lines.decode.ctx = c->lines.fds;
	}
	c->setup.options.lines = !c->summary_only;
	c->setup.set = &c->set;
	if (c->summary_only)
		c->setup.ring_bytes = 64 << 10; /* nothing goes through it */
	if (!c->setup.follow)
		c->setup.threads = MAX_OF(c->pids.n * 4, 1u);
	c->child = (struct watched){.pidfd = -1, .go_fd = -1, .error_fd = -1};
	strace_lines_begin(&c->lines);
	block_signals(c, &before);
	if (!c->argv || start_command(c))
		status = trace_command(c) ? 0 : 1;
	trace_close(c->trace);
	watched_free(&c->child);
	if (!stream_finish(c->lines.file, c->output ? c->output : "standard error", "sonde", c->lines.error))
		status = 1;
	if (c->lines.file != stderr)
		fclose(c->lines.file);
	sys_close(&c->signal_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status || !c->argv ? status : child_status(c);
}

bool strace_requested(int argc, char **argv, int *status)
{
	struct command c = {
		.setup = {.options = {.string_limit = 32}, .threads = 1024, .ring_bytes = 16 << 20},
		.histograms = 3, .signal_fd = -1,
	};

	if (argc < 2 || !str_eq(argv[1], "strace"))
		return false;
	memset(c.set.bits, 0xff, sizeof(c.set.bits));
	*status = 1;
	argv[1] = argv[0];
	if (parse(&c, argc - 1, argv + 1))
		*status = c.help ? help_print("strace", stdout) : run(&c);
	strace_lines_end(&c.lines);
	fds_free(c.lines.fds);
	vec_free(&c.pids);
	return true;
}
