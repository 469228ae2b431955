/*
 * bpftrace.c - see bpftrace.h; the options are rows of bpftrace.def.
 *
 *   argv --getopt_long--> struct drop_in --take()--> struct options (dropin set) --> run_text
 *
 * getopt_long, as there: options may stand anywhere, long ones may be shortened, and what it
 * says of an unknown one is the C library's.
 */
#include "cmd/bpftrace.h"
#include "cmd/bpftrace_info.h"
#include "cmd/compile.h"
#include "cmd/help.h"
#include "run/list.h"

#include <errno.h>
#include <getopt.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BPFTRACE_VERSION "v0.27.1 (sonde " SONDE_VERSION ")"

enum effect { EFFECTIVE, WITHOUT_EFFECT };

enum row_id {
#define ROW(id, name, letter, argument, effect, help) ROW_##id,
#include "cmd/bpftrace.def"
#undef ROW
	ROW_COUNT
};

static const struct row {
	const char *name;
	char letter;
	const char *argument;
	enum effect effect;
	const char *help;
} rows[] = {
#define ROW(id, name, letter, argument, effect, help) {name, letter, argument, effect, help},
#include "cmd/bpftrace.def"
#undef ROW
};

struct drop_in {
	struct options o;
	struct arena *arena;
	bool list, version, help, info;
	const char *refused; /* what is asked for and cannot be had */
};

enum { SCRIPT_LIMIT = 64 << 20, LONG_BASE = 256, NOT_GIVEN = -1 };

static bool complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
static bool complain(const char *fmt, ...)
{
	va_list ap;

	fputs("ERROR: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return false;
}

void bpftrace_manual(struct manual *m, const char *name)
{
	manual_title(m, name, "the language of bpftrace, run by sonde");
	manual_usage(m, "bpftrace [options] filename");
	manual_usage(m, "bpftrace [options] - <stdin input>");
	manual_usage(m, "bpftrace [options] -e 'program'");
	manual_text(m, "use -- after filename/-e 'program' for named script parameters");
	manual_section(m, "Options");
	for (int i = 0; i < ROW_COUNT; i++) {
		const struct row *r = &rows[i];
		struct buf help = {0};

		buf_printf(&help, "%s%s", r->help, r->effect == WITHOUT_EFFECT ? " (no effect)" : "");
		manual_option(m, (struct manual_option){r->letter, r->name, r->argument, NULL, buf_str(&help)});
		buf_free(&help);
	}
	manual_text(m, "sonde's own options, tools and output: sonde --help");
	manual_section(m, "Examples");
	manual_example(m, "bpftrace -e 'kprobe:vfs_read { @[comm] = count(); }'", "who reads files how often");
	manual_example(m, "bpftrace -l 'tracepoint:sched:*'", "the scheduler's tracepoints");
}

static bool parse_pid(const char *text, int64_t *out)
{
	uint64_t v;

	if (!str_to_u64(text, &v) || v > INT32_MAX)
		return complain("Failed to parse pid: invalid integer: %s", text);
	*out = v;
	return true;
}

/* Of ours, those that bpftrace knows; by the same names. */
static bool set_features(struct options *o, const char *list)
{
	static const char *const theirs[] = {"kprobe_multi", "kprobe_session", "uprobe_multi"};

	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ","), i = 0;

		while (i < ARRAY_SIZE(theirs) && (strlen(theirs[i]) != n || strncmp(p, theirs[i], n)))
			i++;
		if (i == ARRAY_SIZE(theirs))
			return complain("USAGE: --no-feature can only have values "
					"'kprobe_multi,kprobe_session,uprobe_multi'.");
		p += n + (p[n] == ',');
	}
	o->no_feature = list;
	return true;
}

static bool set_mode(struct drop_in *d, const char *mode)
{
	if (str_eq(mode, "format"))
		d->o.fmt = true;
	else if (str_eq(mode, "codegen") || str_eq(mode, "compiler-bench"))
		d->o.dry_run = true;
	else if (str_eq(mode, "test") || str_eq(mode, "bench"))
		d->o.mode = str_eq(mode, "test") ? RUN_TEST : RUN_BENCH;
	else
		return complain("USAGE: --mode can only be 'codegen', 'compiler-bench', 'bench', 'test' or 'format'.");
	return true;
}

static bool set_debug(struct options *o, const char *stage)
{
	static const char *const silent[] = {"codegen", "codegen-opt", "libbpf", "verifier", "parse", "dis"};

	if (str_eq(stage, "ast") || str_eq(stage, "types") || str_eq(stage, "all")) {
		o->dump = str_eq(stage, "all") ? "ast,types" : stage;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		if (str_eq(stage, silent[i]))
			return true;
	return complain("USAGE: invalid option for -d: %s", stage);
}

static bool check_regex(const char *text)
{
	regex_t re;
	char why[128];
	int err = regcomp(&re, text, REG_EXTENDED | REG_NOSUB);

	if (!err) {
		regfree(&re);
		return true;
	}
	regerror(err, &re, why, sizeof(why));
	return complain("Invalid --probe-filter regex '%s': %s", text, why);
}

static bool set_format(struct options *o, const char *v)
{
	if (!str_eq(v, "text") && !str_eq(v, "json"))
		return complain("Invalid output format \"%s\"\nValid formats: 'text', 'json'", v);
	o->format = str_eq(v, "json") ? FORMAT_OUT_JSON : FORMAT_OUT_TEXT;
	return true;
}

static bool set_buffering(struct options *o, const char *v)
{
	if (!str_eq(v, "line") && !str_eq(v, "full") && !str_eq(v, "none"))
		return complain("USAGE: -B must be either 'line', 'full', or 'none'.");
	o->buffering = *v;
	return true;
}

/* One option. False: a line was printed. */
static bool take(struct drop_in *d, enum row_id id, const char *v)
{
	struct options *o = &d->o;
	int64_t ignored;

	switch (id) {
	case ROW_PROGRAM: o->program = v; return true;
	case ROW_LIST: d->list = true; return true;
	case ROW_VERBOSE: o->verbose++; return true;
	case ROW_HELP: d->help = true; return true;
	case ROW_VERSION: d->version = true; return true;
	case ROW_INFO: d->info = true; return true;
	case ROW_PID: return parse_pid(v, &o->pid);
	case ROW_DWARF_PID: return parse_pid(v, &ignored);
	case ROW_CMD: o->command = v; return true;
	case ROW_OUTPUT: o->output = v; return true;
	case ROW_FORMAT: return set_format(o, v);
	case ROW_BUFFERING: return set_buffering(o, v);
	case ROW_QUIET: o->quiet = true; return true;
	case ROW_WARNINGS: o->tell_reads = true; return true;
	case ROW_NO_WARNINGS: o->no_warnings = true; return true;
	case ROW_UNSAFE: o->unsafe = true; return true;
	case ROW_NO_FEATURE: return set_features(o, v);
	case ROW_DRY_RUN: o->dry_run = true; return true;
	case ROW_DEBUG: return set_debug(o, v);
	case ROW_MODE: return set_mode(d, v);
	case ROW_FMT: return set_mode(d, "format");
	case ROW_TEST: return set_mode(d, "test");
	case ROW_BENCH: return set_mode(d, "bench");
	case ROW_PROBE_FILTER: o->probe_filter = v; return check_regex(v);
	case ROW_INCLUDE_DIR: avec_push(d->arena, &o->include_dirs, v); return true;
	case ROW_INCLUDE: avec_push(d->arena, &o->includes, v); return true;
	case ROW_EMIT_ELF: d->refused = "--emit-elf: programs are made for the running kernel only"; return true;
	case ROW_AOT: d->refused = "--aot: programs are made for the running kernel only"; return true;
	default: return true; /* without effect */
	}
}

/* The rows as getopt_long wants them. */
static void make_getopt(struct arena *arena, char **shorts, struct option **longs)
{
	char *s = arena_alloc(arena, 2 * ROW_COUNT + 1);
	struct option *l = arena_array(arena, struct option, ROW_COUNT + 1);

	*shorts = s;
	*longs = l;
	for (int i = 0; i < ROW_COUNT; i++) {
		if (rows[i].letter)
			*s++ = rows[i].letter;
		if (rows[i].letter && rows[i].argument)
			*s++ = ':';
		if (rows[i].name)
			*l++ = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument,
					       NULL, LONG_BASE + i};
	}
	*s = '\0';
	*l = (struct option){0};
}

static enum row_id row_of(int c)
{
	int i = 0;

	if (c >= LONG_BASE)
		return c - LONG_BASE;
	while (rows[i].letter != c)
		i++;
	return i;
}

static bool parse(struct drop_in *d, int argc, char **argv)
{
	char *shorts;
	struct option *longs;
	const char **params = arena_array(d->arena, const char *, argc + 1);
	int c;

	make_getopt(d->arena, &shorts, &longs);
	d->o = (struct options){.uid = -1, .dropin = true, .pid = NOT_GIVEN};
	optind = 0; /* the GNU way to begin anew */
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?') {
			help_print("bpftrace", stderr);
			return false;
		}
		if (!take(d, row_of(c), optarg))
			return false;
	}
	for (; optind < argc; optind++) {
		if (!d->o.program && !d->o.file && !d->list)
			d->o.file = argv[optind];
		else
			params[d->o.nparams++] = argv[optind];
	}
	d->o.params = params;
	return true;
}

/* The process of -p. */
static bool check_pid(struct options *o)
{
	if (o->pid == NOT_GIVEN) {
		o->pid = 0;
		return true;
	}
	if (o->command) {
		complain("USAGE: Cannot use both -c and -p.");
		help_print("bpftrace", stderr);
		return false;
	}
	if (o->pid == 0)
		return complain("Failed to attach to pid: Unable to open pidfd (Invalid argument)");
	return true;
}

static int run_script(const struct options *o)
{
	struct buf text = {0};
	const char *name = o->program || str_eq(o->file, "-") ? "stdin" : o->file;
	int err = 0, status = 1;

	if (o->program)
		buf_puts(&text, o->program);
	else if (str_eq(o->file, "-"))
		err = buf_read_fd(&text, STDIN_FILENO, SCRIPT_LIMIT);
	else
		err = buf_read_file(&text, o->file, SCRIPT_LIMIT);
	if (err)
		complain("failed to open file '%s': %s", name, strerror(-err));
	else
		status = run_text(o, name, buf_str(&text), text.len, NULL);
	buf_free(&text);
	return status;
}

static void print_listed(const char *text);

/* The targets of a program, one a line, in order; the form of names that -l prints. */
static int list_program(const struct options *o, const char *name, const char *text, size_t len)
{
	struct compilation c;
	struct buf ignored = {0};
	bool good;

	compilation_init(&c, o, 0);
	good = compile(&c, o, name, text, len, &ignored);
	compilation_report(&c);
	vec_each(probe, &c.script.probes)
		vec_each(target, &(*probe)->targets)
			if ((*probe)->provider > PROVIDER_SELF)
				print_listed((*target)->name);
	buf_free(&ignored);
	compilation_free(&c);
	return good ? 0 : 1;
}

/* Where a type or a raw tracepoint is from is said there: all of them are the kernel's proper. */
static void print_origin(const char *line, size_t n)
{
	static const char raw[] = "rawtracepoint:";
	bool type = !strncmp(line, "struct ", 7) || !strncmp(line, "union ", 6) || !strncmp(line, "enum ", 5);

	if (type && n && line[n - 1] == '{')
		fputs("vmlinux: ", stdout);
	if (!strncmp(line, raw, sizeof(raw) - 1) && !memchr(line + sizeof(raw) - 1, ':', n - sizeof(raw) + 1))
		printf("%svmlinux:%.*s\n", raw, (int)(n - sizeof(raw) + 1), line + sizeof(raw) - 1);
	else
		printf("%.*s\n", (int)n, line);
}

/*
 * What is listed without a target ends with a colon there, without a count: interval:ms:,
 * software:faults:
 */
static void print_listed(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n"), colon = n;
		bool open = !strncmp(text, "interval:", 9) || !strncmp(text, "profile:", 8) ||
			    !strncmp(text, "software:", 9) || !strncmp(text, "hardware:", 9);

		while (open && colon > 0 && text[colon - 1] != ':')
			colon--;
		print_origin(text, open ? colon : n);
		text += n + (text[n] == '\n');
	}
}

static int list_matching(const struct options *o)
{
	struct compilation c;
	struct buf out = {0}, why = {0}, hint = {0};

	compilation_init(&c, o, 0);
	list_print(c.machine, o->nparams ? o->params[0] : NULL, o->verbose, &out, &why, &hint);
	print_listed(buf_str(&out));
	buf_free(&out);
	buf_free(&why);
	buf_free(&hint);
	compilation_free(&c);
	return 0; /* there, nothing that matches is no error */
}

static int list(const struct options *o)
{
	struct buf text = {0};
	int status;

	if (o->program)
		return list_program(o, "stdin", o->program, strlen(o->program));
	if (o->nparams && access(o->params[0], R_OK) == 0 && !buf_read_file(&text, o->params[0], SCRIPT_LIMIT))
		status = list_program(o, o->params[0], buf_str(&text), text.len);
	else
		status = list_matching(o);
	buf_free(&text);
	return status;
}

static int act(struct drop_in *d)
{
	struct options *o = &d->o;

	if (d->help) {
		return help_print("bpftrace", stdout);
	}
	if (d->version) {
		puts("bpftrace " BPFTRACE_VERSION);
		return 0;
	}
	if (d->info) {
		bpftrace_print_info(BPFTRACE_VERSION);
		return 0;
	}
	if (!check_pid(o))
		return 1;
	if (d->list)
		return list(o);
	if (d->refused) {
		complain("%s", d->refused);
		return 1;
	}
	if (!o->program && !o->file) {
		complain("USAGE: filename or -e 'program' required.");
		return 1;
	}
	return run_script(o);
}

bool bpftrace_requested(int argc, char **argv, int *status)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *base = slash ? slash + 1 : argc > 0 ? argv[0] : "";
	bool by_word = !str_eq(base, "bpftrace") && argc > 1 && str_eq(argv[1], "bpftrace");
	struct drop_in d = {0};

	if (!by_word && !str_eq(base, "bpftrace"))
		return false;
	if (by_word) {
		argc--;
		argv++;
	}
	d.arena = arena_new();
	if (argc == 1)
		help_print("bpftrace", stderr);
	*status = argc > 1 && parse(&d, argc, argv) ? act(&d) : 1;
	arena_free(d.arena);
	return true;
}
