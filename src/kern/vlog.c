/* vlog.c - see vlog.h. */
#include "kern/vlog.h"
#include "base/base.h"
#include <stdlib.h>
#include <ctype.h>
void vlog_explain(const char *log, struct vlog_verdict *out)
{
	*out = (struct vlog_verdict){.insn = -1};
	for (const char *p = log; *p; ) {
		size_t n = strcspn(p, "\n"); char *end; 
		long insn = strtol(p, &end, 10);
		if (isdigit((unsigned char)*p) && end[0] == ':' && end[1] == ' ' && end[2] == '(') out->insn = insn;
		else if (n && !isdigit((unsigned char)*p) && strncmp(p, "processed", 9) && strncmp(p,"verification time",17) && strncmp(p,"stack depth",11) && *p != ';') { free(out->raw); out->raw = xstrndup(p, n); }
		p += n + (p[n] == '\n');
	}
	out->plain = out->raw ? xstrdup(out->raw) : NULL;
}
void vlog_verdict_free(struct vlog_verdict *v) { free(v->plain); free(v->raw); }
