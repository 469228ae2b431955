/*
 * fds.h - what the descriptors of traced processes are, for -y.
 *
 * A line is written after its call, when a descriptor may be closed, or another file, again. So
 * descriptors are followed through the calls themselves: those that open tell the path, close and
 * dup2 end one; /proc is asked only about those that were there before. What is kept of them is bounded
 * (64 MB, whoever opens how much under what names): beyond that all is forgotten and asked for anew.
 */
#ifndef SONDE_RUN_STRACE_FDS_H
#define SONDE_RUN_STRACE_FDS_H

#include "base/buf.h"
#include "run/strace/calls.h"

struct strace_fds;

struct strace_fds *fds_new(void);
void fds_free(struct strace_fds *fds); /* NULL is fine */
/* What the calls of a record change: `fds_before` before it is written, `fds_after` afterwards. */
void fds_before(struct strace_fds *fds, const struct strace_record *record, uint32_t len);
void fds_after(struct strace_fds *fds, const struct strace_record *record);
/* The process has ended. */
void fds_forget(struct strace_fds *fds, uint32_t pid);
/* Calls were lost: whatever is known may be no longer so. */
void fds_forget_all(struct strace_fds *fds);
/* Appends "/etc/passwd", "socket:[123]"; false: not known. Asks for the record of the last fds_before. */
bool fds_path(void *fds, uint32_t tid, int fd, struct buf *out);

#endif
