/* vlog.h - what the verifier's log says, in plain words. */
#ifndef SONDE_VLOG_H
#define SONDE_VLOG_H
struct vlog_verdict { long insn; char *plain, *raw; };
void vlog_explain(const char *log, struct vlog_verdict *out);
void vlog_verdict_free(struct vlog_verdict *v);
#endif
