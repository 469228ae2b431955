/*
 * list.c - what there is to attach to, printed: -l, and the tool tplist.
 */
#include "cmd/list.h"
#include "cmd/compile.h"
#include "run/list.h"

#include <stdio.h>
#include <string.h>

/* The exit status; what was found, in *out. */
static int list_make(const struct options *o, struct buf *out)
{
	struct compilation c;
	struct buf why = {0}, hint = {0};
	int status = 0;

	compilation_init(&c, o, 0);
	for (unsigned i = 0; i < MAX_OF(o->nparams, 1u); i++) {
		buf_reset(&why);
		buf_reset(&hint);
		if (list_print(c.machine, o->nparams ? o->params[i] : NULL, o->verbose, out, &why, &hint) >= 0)
			continue;
		fprintf(stderr, "sonde: %s\n", buf_str(&why));
		if (hint.len)
			fprintf(stderr, "HINT: %s\n", buf_str(&hint));
		status = 1;
	}
	buf_free(&why);
	buf_free(&hint);
	compilation_free(&c);
	return status;
}

int list_run(const struct options *o)
{
	struct buf out = {0};
	int status = list_make(o, &out);

	fwrite(buf_str(&out), 1, out.len, stdout);
	buf_free(&out);
	return status;
}

/* "tracepoint:block:x" as "block:x", "usdt:/bin/sh:shell:x" as "/bin/sh shell:x"; fields as they are. */
static void print_as_bcc(const char *line, int len)
{
	static const char tracepoint[] = "tracepoint:", usdt[] = "usdt:";
	const char *rest = line + strlen(usdt), *provider;

	if (str_starts(line, tracepoint)) {
		printf("%.*s\n", len - (int)strlen(tracepoint), line + strlen(tracepoint));
		return;
	}
	provider = str_starts(line, usdt) ? memrchr(line, ':', (size_t)len) : NULL;
	provider = provider ? memrchr(rest, ':', (size_t)(provider - rest)) : NULL;
	if (provider)
		printf("%.*s %.*s\n", (int)(provider - rest), rest, len - (int)(provider + 1 - line), provider + 1);
	else
		printf("%.*s\n", len, line);
}

/* FILTER is held against what follows the provider, as bcc does: "block*", "libc:*", "*alloc*". */
int tplist_run(const struct tool *tool, const struct options *given)
{
	const struct tool_value *library = tool_constant(tool, "LIBRARY"), *filter = tool_constant(tool, "FILTER");
	const char *pattern = *filter->text ? filter->text : "*";
	struct options o = *given;
	struct buf out = {0};
	int status;

	if (given->dump || given->fmt) {
		fprintf(stderr, "sonde: tplist lists what there is; it has no script\n");
		return 1;
	}
	if (given->dry_run)
		return 0;
	if (*library->text)
		pattern = arena_printf(tool->arena, "usdt:%s:%s", library->text, pattern);
	else
		pattern = arena_printf(tool->arena, "%s:%s", o.pid ? "usdt" : "tracepoint", pattern);
	o.params = &pattern;
	o.nparams = 1;
	status = list_make(&o, &out);
	for (const char *line = buf_str(&out), *end; (end = strchr(line, '\n')); line = end + 1)
		print_as_bcc(line, (int)(end - line));
	buf_free(&out);
	return status;
}
