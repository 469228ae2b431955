/* help.c - see help.h. Commands are rows of command.def, tools say it in their headers. */
#include "cmd/help.h"

#include "cmd/bpftrace.h"
#include "cmd/convert.h"
#include "cmd/options.h"
#include "cmd/ply.h"
#include "cmd/strace.h"
#include "cmd/tool.h"

#include <ctype.h>

static const struct command {
	const char *name, *arguments, *what;
	void (*manual)(struct manual *m, const char *name);
} commands[] = {
#define COMMAND(name, arguments, what, manual) {name, arguments, what, manual},
#include "cmd/command.def"
#undef COMMAND
};

static const char title[] = "why this machine is slow, and what it is doing";

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

void help_each(void (*get)(void *ctx, const char *name, const char *what), void *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].manual)
			get(ctx, commands[i].name, commands[i].what);
	tool_each(get, ctx);
}

static void describe_commands(struct manual *m)
{
	struct buf left = {0};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		buf_reset(&left);
		buf_printf(&left, "sonde %s %s", commands[i].name, commands[i].arguments);
		manual_row(m, buf_str(&left), commands[i].what);
	}
	manual_row(m, "sonde TOOL [FLAGS]", "run a tool; `sonde tools` lists them");
	buf_free(&left);
}

static void describe_tool(void *ctx, const char *name, const char *what)
{
	manual_row(ctx, name, what);
}

/* sonde itself; the tools are listed where there is room, in its man page. */
static void describe_sonde(struct manual *m)
{
	manual_title(m, "sonde", title);
	manual_usage(m, "sonde COMMAND|TOOL [...]");
	manual_usage(m, "sonde [OPTIONS] -e PROGRAM|FILE [ARG...]");
	manual_section(m, "Commands");
	describe_commands(m);
	manual_section(m, "Options");
	options_manual(m);
	manual_section(m, "Examples");
	manual_example(m, "sonde -e 'tracepoint:syscalls:sys_enter_write { @[comm] = count() }'",
		       "which process writes how often, until ^C");
	if (m->form != MANUAL_ROFF)
		return;
	manual_section(m, "Tools");
	tool_each(describe_tool, m);
}

bool help_write(struct manual *m, const char *name)
{
	const struct command *c = name ? command_named(name) : NULL;

	if (c && c->manual)
		c->manual(m, name);
	else if (!name || c || str_eq(name, "sonde"))
		describe_sonde(m);
	else
		return tool_manual(m, name);
	return true;
}

int help_print(const char *name, FILE *file)
{
	struct manual m = manual_new(MANUAL_HELP);

	help_write(&m, name);
	fputs(buf_str(&m.out), file);
	manual_free(&m);
	return 0;
}

/* `sonde help`: what there is. */
static int print_commands(void)
{
	printf("sonde - %s\n\n", title);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  sonde %-8s %-20s %s\n", commands[i].name, commands[i].arguments, commands[i].what);
	puts("  sonde TOOL     [FLAGS]              run a tool:\n");
	return tool_list();
}

static int no_help(const char *name)
{
	struct buf hint = {0};

	tool_hint(name, &hint);
	fprintf(stderr, "sonde: there is no command %s%s\n", name, buf_str(&hint));
	buf_free(&hint);
	return 1;
}

bool help_requested(int argc, char **argv, int *status)
{
	struct manual m;
	bool list = true;

	if (argc < 2 || !str_eq(argv[1], "help"))
		return false;
	m = manual_new(MANUAL_HELP);
	for (argc -= 2, argv += 2; argc && argv[0][0] == '-'; argc--, argv++) {
		list = false;
		if (str_eq(*argv, "--man"))
			m.form = MANUAL_ROFF;
		else if (str_eq(*argv, "--markdown"))
			m.form = MANUAL_MARKDOWN;
		else if (str_eq(*argv, "--samples") && argc > 1)
			m.samples = (argc--, *++argv);
		else
			break;
	}
	if (argc > 1 || (argc && argv[0][0] == '-')) {
		fputs("sonde: help [--man|--markdown] [--samples DIR] [NAME]\n", stderr);
		*status = 1;
	} else if (list && !argc) {
		*status = print_commands();
	} else if (!help_write(&m, argc ? *argv : NULL)) {
		*status = no_help(*argv);
	} else {
		fputs(buf_str(&m.out), stdout);
		*status = 0;
	}
	manual_free(&m);
	return true;
}
