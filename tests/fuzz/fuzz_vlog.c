/* fuzz_vlog.c - the verifier's log, of any kernel. */
#include "fuzz/fuzz.h"
#include "kern/vlog.h"

static void fuzz_vlog(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size, true);
	struct vlog v;

	vlog_parse(copy, &v);
	if (!v.plain || !memchr(v.message, 0, sizeof(v.message)) || !memchr(v.helper, 0, sizeof(v.helper)) ||
	    v.insn < -1)
		BUG("a log without a meaning");
	free(copy);
}

FUZZ(vlog, fuzz_vlog)
