/*
 * manual.h - what a command or tool says of itself, written once and shown in several forms.
 *
 *   strace_manual(), tool_manual(), ... --manual_title, _usage, _text, _section, _option-->
 *       MANUAL_HELP      text for a terminal: `--help`, `sonde help NAME`
 *       MANUAL_ROFF      a man page (man(7)): `sonde help --man NAME`
 *       MANUAL_MARKDOWN  a part of docs/tools.md: `sonde help --markdown NAME`
 *
 * Every option that is described is kept, too: shells' completion is made of them.
 */
#ifndef SONDE_CMD_MANUAL_H
#define SONDE_CMD_MANUAL_H

#include "base/arena.h"
#include "base/buf.h"

enum manual_form { MANUAL_HELP, MANUAL_ROFF, MANUAL_MARKDOWN };

struct manual_option {
	char letter;          /* 0: none */
	const char *name;     /* long, without dashes; NULL: none */
	const char *argument; /* what its value is called; NULL: a switch */
	const char *choices;  /* words its value is made of, separated by blanks; NULL: not known */
	const char *help;
};

struct manual {
	enum manual_form form;
	const char *samples; /* folder of example output, NAME.txt each; NULL: none is shown */
	struct arena *arena; /* of the options */
	struct buf out;
	VEC(struct manual_option) options;
	bool in_section, in_table, first_usage; /* where the writing is */
};

struct manual manual_new(enum manual_form form);
void manual_free(struct manual *m);

/* In this order; `name` without the "sonde-" that man pages have. */
void manual_title(struct manual *m, const char *name, const char *summary);
void manual_usage(struct manual *m, const char *usage);
void manual_text(struct manual *m, const char *text);
void manual_section(struct manual *m, const char *title);
/* Something and what it is; an option is a row, too. */
void manual_row(struct manual *m, const char *what, const char *help);
void manual_option(struct manual *m, struct manual_option option);
void manual_options(struct manual *m, const struct manual_option *options, size_t count);
/* An option without a row. */
void manual_keep(struct manual *m, struct manual_option option);
/* Whether an option of this long name was described or kept. */
bool manual_option_named(const struct manual *m, const char *name);
void manual_example(struct manual *m, const char *command, const char *what);
/* What it printed once, from the folder of samples, under a title. */
void manual_sample(struct manual *m, const char *name);

#endif
