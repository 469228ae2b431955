/*
 * prelude.c - the macros of prelude.h.
 *
 * A descriptor is looked up as the kernel does it (files_lookup_fd_raw, Linux 5.10 to 7.2). The
 * number is what a program handed to a system call: one behind the end of the table, or -1, is
 * no file.
 */
#include "lang/prelude.h"
#include "lang/parse.h"

#include <string.h>

static const char text[] =
	"macro file_of(fd)\n"
	"{\n"
	"	let $number = (uint64)fd;\n"
	"	$number < curtask->files->fdt->max_fds ? curtask->files->fdt->fd[$number] : (struct file *)0\n"
	"}\n"
	"\n"
	"macro sock_of(fd)\n"
	"{\n"
	"	((struct socket *)file_of(fd)->private_data)->sk\n"
	"}\n";

struct node *prelude_parse(struct arena *arena, struct diags *diags)
{
	struct source *source = source_add(diags->sources, "prelude", text, strlen(text));

	return source ? parse_library(arena, diags, source, NULL) : NULL;
}
