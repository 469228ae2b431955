/* main.c - the program: options, then one of: help, version, list, info, a tool, a script. */
#include "cmd/list.h"
#include "cmd/bpftrace.h"
#include "cmd/compile.h"
#include "cmd/complete.h"
#include "cmd/convert.h"
#include "cmd/help.h"
#include "cmd/ply.h"
#include "cmd/stream.h"
#include "cmd/strace.h"
#include "cmd/tool.h"
#include "kern/child.h"
#include "kern/features.h"
#include "kern/privilege.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCRIPT_LIMIT = 64 << 20 }; /* read; the parser refuses what is above 1 MB */

static int fail(const char *why)
{
	fprintf(stderr, "sonde: %s\n", why);
	return 1;
}

static int read_script(const struct options *o, struct buf *text, const char **name)
{
	int err;

	if (o->program) {
		*name = "stdin";
		buf_puts(text, o->program);
		return 0;
	}
	*name = str_eq(o->file, "-") ? "stdin" : o->file;
	err = str_eq(o->file, "-") ? buf_read_fd(text, STDIN_FILENO, SCRIPT_LIMIT)
				   : buf_read_file(text, o->file, SCRIPT_LIMIT);
	if (err) {
		struct buf hint = {0};

		if (err == -ENOENT)
			tool_hint(o->file, &hint);
		fprintf(stderr, "sonde: cannot read %s: %s%s\n", o->file, strerror(-err), buf_str(&hint));
		buf_free(&hint);
	}
	return err;
}

static int run_script(const struct options *o)
{
	struct buf text = {0};
	const char *name;
	int status = 1;

	if (!read_script(o, &text, &name))
		status = tool_has_header(buf_str(&text), text.len)
			 ? tool_run(name, buf_str(&text), text.len, o, o->nparams, (char **)o->params)
			 : run_text(o, name, buf_str(&text), text.len, NULL);
	buf_free(&text);
	return status;
}

static int print_info(const struct options *o)
{
	struct features *f = features_new();
	struct buf out = {0};

	if (o->format == FORMAT_OUT_JSON) {
		features_print_json(f, &out);
	} else {
		buf_printf(&out, "sonde %s on kernel %s\n", SONDE_VERSION, features_release(f));
		features_print(f, &out);
		privilege_print(&out);
	}
	fputs(buf_str(&out), stdout);
	buf_free(&out);
	features_free(f);
	return 0;
}

/*
 * A compilation frees what its passes needed and needs it again: what goes back to the kernel in between
 * costs a page fault for every 4 KB.
 */
static void keep_memory(void)
{
#ifdef M_TRIM_THRESHOLD
	mallopt(M_TRIM_THRESHOLD, 16 << 20);
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TOP_PAD, 256 << 10);
#endif
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct options o;
	const char *why;
	int status;

	keep_memory();
	stream_hold_standard();
	if (help_requested(argc, argv, &status)) {
		/* `sonde help` */
	} else if (complete_requested(argc, argv, &status)) {
		/* what may stand there, for a shell */
	} else if (bpftrace_requested(argc, argv, &status)) {
		/* started by a link of that name, or `sonde bpftrace` */
	} else if (ply_requested(argc, argv, &status)) {
		/* the same of ply */
	} else if (convert_requested(argc, argv, &status)) {
		/* `sonde convert`, `sonde merge`, `sonde diff` */
	} else if (strace_requested(argc, argv, &status)) {
		/* `sonde strace` */
	} else if (tool_requested(argc, argv, &status)) {
		/* `sonde NAME`, `sonde tools`, or started by a link of a tool's name */
	} else if (!options_parse(&o, argc, argv, arena, &why)) {
		status = fail(why);
	} else if (o.help) {
		status = help_print(NULL, stdout);
	} else if (o.version) {
		puts("sonde " SONDE_VERSION);
		status = 0;
	} else if (o.list) {
		status = list_run(&o);
	} else if (o.info) {
		status = print_info(&o);
	} else if (o.dump && !dump_known(o.dump, &why)) {
		fprintf(stderr, "sonde: --dump takes some of %s\n", why);
		status = 1;
	} else if (!o.program && !o.file) {
		help_print(NULL, stderr);
		status = 1;
	} else {
		status = run_script(&o);
	}
	arena_free(arena);
	if (!stream_finish(stdout, "standard output", "sonde", 0) && !status)
		status = 1;
	return status;
}
