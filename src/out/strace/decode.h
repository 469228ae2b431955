/*
 * decode.h - records of `sonde strace` to lines as strace writes them. Pure: no system call, nothing
 * believed of a record but what its length covers.
 *
 *   openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 */
#ifndef SONDE_OUT_STRACE_DECODE_H
#define SONDE_OUT_STRACE_DECODE_H

#include "base/buf.h"
#include "run/strace/calls.h"

struct decode_options {
	uint32_t string_limit; /* as the programs were told */
	bool verbose;          /* structures whole */
	/* -y: what a descriptor of a thread is, appended to `out` ("/etc/passwd"); false: not known. */
	bool (*fd_path)(void *ctx, uint32_t tid, int fd, struct buf *out);
	void *ctx;
};

struct decode_result {
	uint32_t unread;       /* arguments shown as addresses because their memory could not be read */
	uint32_t cut;          /* ... left out because the record had no room */
	bool bad;              /* the record makes no sense */
};

/*
 * The line of a call, without what stands before it (pid, time) and without a newline. The "=" is 40
 * columns from where the line of the call begins, as strace has it.
 */
void decode_call(const struct decode_options *o, const struct strace_record *record, uint32_t len, struct buf *out,
		 struct decode_result *result);
/* "--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---" */
void decode_signal_line(const struct strace_record *record, uint32_t len, struct buf *out);
/* "+++ exited with 0 +++" */
void decode_exit_line(const struct strace_record *record, struct buf *out);
/* The name of a call that is not in any table: "syscall_0x1ff". */
void decode_call_name(uint32_t number, struct buf *out);

#endif
