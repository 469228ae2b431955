/* terminal.c - see terminal.h. */
#include "out/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/base.h"

struct terminal terminal_of(int fd)
{
	const char *columns = getenv("COLUMNS"), *no_colour = getenv("NO_COLOR"), *name = getenv("TERM");
	struct terminal t = {.columns = 80};
	struct winsize size;
	uint64_t n;

	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		t.columns = size.ws_col;
	else if (columns && str_to_u64(columns, &n) && n > 0 && n < 10000)
		t.columns = n;
	t.moves = isatty(fd) && !(name && str_eq(name, "dumb"));
	t.colour = t.moves && !(no_colour && *no_colour);
	return t;
}
