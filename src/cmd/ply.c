/*
 * ply.c - see ply.h; the options are rows of ply.def.
 *
 *   argv --getopt_long--> struct options, the program --front_translate--> script --> run_text
 *
 * -c has had two meanings: of 2017 the program, today the command to run while it is traced. With
 * an argument besides it is the command.
 */
#include "cmd/help.h"
#include "cmd/ply.h"
#include "cmd/translation.h"
#include "kern/features.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PLY_VERSION "2.4.0 (sonde " SONDE_VERSION ")"

enum row_id {
#define ROW(id, name, letter, argument, help) ROW_##id,
#include "cmd/ply.def"
#undef ROW
	ROW_COUNT
};

static const struct manual_option rows[] = {
#define ROW(id, name, letter, argument, help) {letter, name, argument, NULL, help},
#include "cmd/ply.def"
#undef ROW
};

enum { PROGRAM_LIMIT = 1 << 20, LONG_BASE = 256 };

struct ply_line { /* the command line */
	struct options o;
	struct arena *arena;
	const char *command;  /* -c */
	const char *argument; /* the program, or a file that holds it */
	bool help, version, self_test, debug, json;
};

void ply_manual(struct manual *m, const char *name)
{
	manual_title(m, name, "the language of ply, of today and of 2017, run by sonde");
	manual_usage(m, "ply [OPTIONS] PROGRAM|FILE");
	manual_usage(m, "ply [OPTIONS] -c PROGRAM          as in 2017");
	manual_usage(m, "ply [OPTIONS] -c CMD PROGRAM|FILE");
	manual_section(m, "Options");
	manual_options(m, rows, ARRAY_SIZE(rows));
	manual_section(m, "Examples");
	manual_example(m, "ply 'kprobe:do_sys_open { @[comm] = count; }'", "who opens files how often");
	manual_example(m, "ply 'tracepoint:raw_syscalls/sys_exit { @[comm] = quantize(data->ret); }'",
		       "what system calls return");
	manual_example(m, "ply -A -c 'kprobe:SyS_read { @start[tid] = nsecs; } kretprobe:SyS_read /@start[tid]/ "
			  "{ @ns.quantize(nsecs - @start[tid]); @start[tid] = nil; }'",
		       "how long reads take, in the language of 2017");
}

static bool complain(const char *what, const char *value)
{
	fprintf(stderr, "ply: %s '%s'\n", what, value);
	return false;
}

/* One option. False: a line was printed. */
static bool take(struct ply_line *l, enum row_id id, const char *v)
{
	struct options *o = &l->o;
	uint64_t pid;
	char *end;

	switch (id) {
	case ROW_COMMAND: l->command = v; return true;
	case ROW_ASCII: o->ascii = o->tell_active = true; return true;
	case ROW_TIMEOUT:
		o->duration = strtod(v, &end);
		return (end != v && !*end && o->duration > 0) || complain("-t wants a number of seconds, not", v);
	case ROW_DEBUG: l->debug = true; return true;
	case ROW_DRY_RUN: o->dry_run = true; return true;
	case ROW_KEEP_GOING: return true;
	case ROW_DUMP: o->dump = v ? v : "script"; return true;
	case ROW_DUMP_2017: o->dump = "script"; return true;
	case ROW_SELF_TEST: l->self_test = true; return true;
	case ROW_UNBUFFER: o->buffering = 'n'; return true;
	case ROW_PID:
		if (!str_to_u64(v, &pid) || !pid || pid > INT32_MAX)
			return complain("-p wants a process ID, not", v);
		o->pid = (int64_t)pid;
		return true;
	case ROW_JSON: l->json = true; return true;
	case ROW_VERSION: l->version = true; return true;
	case ROW_HELP: l->help = true; return true;
	case ROW_COUNT: break;
	}
	return false;
}

static enum row_id row_of(int c)
{
	int i = 0;

	if (c >= LONG_BASE)
		return (enum row_id)(c - LONG_BASE);
	while (rows[i].letter != c)
		i++;
	return (enum row_id)i;
}

static bool parse(struct ply_line *l, int argc, char **argv)
{
	struct option longs[ROW_COUNT + 1] = {0};
	struct buf shorts = {0};
	const char *why;
	bool good = true;
	int c;

	for (int i = 0; i < ROW_COUNT; i++) {
		bool may = rows[i].argument && rows[i].argument[0] == '[';

		longs[i] = (struct option){rows[i].name, may ? optional_argument
					   : rows[i].argument ? required_argument : no_argument, NULL, LONG_BASE + i};
		if (rows[i].letter)
			buf_printf(&shorts, "%c%s", rows[i].letter, rows[i].argument && !may ? ":" : "");
	}
	l->o = (struct options){.uid = -1, .format = FORMAT_OUT_PLY, .fallback = true, .no_self = true};
	optind = 0; /* the GNU way to begin anew */
	while (good && (c = getopt_long(argc, argv, buf_str(&shorts), longs, NULL)) != -1)
		good = c != '?' && take(l, row_of(c), optarg);
	buf_free(&shorts);
	if (good && optind < argc)
		l->argument = argv[optind++];
	if (good && optind < argc)
		good = complain("one program is enough; what is", argv[optind]);
	if (good && l->o.dump && !dump_known(l->o.dump, &why))
		good = complain("--dump takes some of", why);
	return good;
}

/* Which of -c and the argument is the program. */
static const char *sort_out(struct ply_line *l)
{
	const char *program = l->argument ? l->argument : l->command;

	if (l->argument)
		l->o.command = l->command;
	else
		l->o.tell_active = true; /* as it was then */
	l->o.quiet = !l->o.tell_active && !l->debug;
	l->o.verbose = l->debug;
	if (l->json)
		l->o.format = FORMAT_OUT_JSON;
	return program;
}

/* The text of a program, or of a file that holds one. */
static bool read_program(const char *argument, struct buf *text, const char **called)
{
	*called = "program";
	if (strpbrk(argument, " \t\n{") || access(argument, R_OK) || buf_read_file(text, argument, PROGRAM_LIMIT)) {
		buf_reset(text);
		buf_puts(text, argument);
	} else {
		*called = argument;
	}
	return !memchr(buf_str(text), '\0', text->len) || complain("this is no program:", argument);
}

static int run_program(struct ply_line *l, const char *argument)
{
	struct front_setting settings[2];
	struct translation t;
	struct buf text = {0};
	const char *called;
	int status = 1;

	if (!read_program(argument, &text, &called))
		return 1;
	translation_init(&t, &l->o, l->arena, "ply");
	settings[0] = (struct front_setting){.name = "PROGRAM", .text = buf_str(&text)};
	settings[1] = (struct front_setting){.name = "CALLED", .text = called};
	t.front.settings = settings;
	t.front.nsettings = ARRAY_SIZE(settings);
	if (translation_make(&t)) {
		l->o.translation = &t;
		status = run_text(&l->o, "ply", buf_str(&t.front.text), t.front.text.len, NULL);
	}
	translation_free(&t);
	buf_free(&text);
	return status;
}

static int print_features(void)
{
	struct features *f = features_new();
	struct buf out = {0};

	features_print(f, &out);
	fputs(buf_str(&out), stdout);
	buf_free(&out);
	features_free(f);
	return 0;
}

static int act(struct ply_line *l)
{
	const char *program;

	if (l->help) {
		return help_print("ply", stdout);
	}
	if (l->version) {
		puts("ply " PLY_VERSION);
		return 0;
	}
	if (l->self_test)
		return print_features();
	program = sort_out(l);
	if (program)
		return run_program(l, program);
	help_print("ply", stderr);
	return 1;
}

bool ply_requested(int argc, char **argv, int *status)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *base = slash ? slash + 1 : argc > 0 ? argv[0] : "";
	bool by_word = !str_eq(base, "ply") && argc > 1 && str_eq(argv[1], "ply");
	struct ply_line l = {.arena = arena_new()};
	bool requested = by_word || str_eq(base, "ply");

	if (requested)
		*status = parse(&l, argc - by_word, argv + by_word) ? act(&l) : 1;
	arena_free(l.arena);
	return requested;
}
