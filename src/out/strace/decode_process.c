/* decode_process.c - processes: exec, clone, wait, limits, scheduling, futex, prctl, the system. */
#include <inttypes.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "out/strace/decode_int.h"

/* ---- execve ---- */

static void put_strings(struct decode *d, uint8_t arg)
{
	const uint8_t *at = NULL;
	struct part part;
	uint32_t index;

	buf_putc(d->out, '[');
	for (unsigned i = 0; next_item(d, &at, arg, &part, &index); i++) {
		uint32_t len = strnlen((const char *)part.data, part.len);

		if (i)
			buf_puts(d->out, ", ");
		if (i == STRACE_STRINGS) {
			buf_puts(d->out, "...");
			break;
		}
		if (part.failed) {
			d->result->unread++;
			buf_puts(d->out, "?");
		} else {
			put_quoted(d->out, part.data, MIN_OF(len, d->o->string_limit), len > d->o->string_limit);
		}
	}
	buf_putc(d->out, ']');
}

void decode_argv(struct decode *d, unsigned n)
{
	if (argument(d, n) && !(d->r->flags & (STRACE_NO_ENTRY | STRACE_REFUSED | STRACE_WAITING)))
		put_strings(d, STRACE_ARG_STRING);
	else
		put_address(d->out, argument(d, n));
}

void decode_envp(struct decode *d, unsigned n)
{
	const uint8_t *at = NULL;
	struct part part;
	uint32_t count;

	if (!argument(d, n) || !next_item(d, &at, STRACE_ARG_ENVIRONMENT_COUNT, &part, &count)) {
		put_address(d->out, argument(d, n));
	} else if (d->o->verbose) {
		put_strings(d, STRACE_ARG_ENVIRONMENT);
	} else {
		put_address(d->out, argument(d, n));
		buf_printf(d->out, " /* %" PRIu32 "%s var%s */", count, count >= STRACE_ENVIRONMENT ? "+" : "",
			   count == 1 ? "" : "s");
	}
}

/* ---- clone ---- */

static void put_clone_flags(struct buf *out, uint64_t flags)
{
	int signal = flags & CSIGNAL;
	bool any = put_flags_from(out, STRACE_NAMES_clone, flags & ~(uint64_t)CSIGNAL, true);

	if (signal) {
		if (any)
			buf_putc(out, '|');
		put_signal(out, signal);
	} else if (!any) {
		buf_putc(out, '0');
	}
}

/* clone(flags, stack, parent_tid, child_tid, tls); arm64 has the last two the other way round. */
void decode_clone(struct decode *d, unsigned n)
{
#if defined(__aarch64__)
	enum { TLS = 3, CHILD = 4 };
#else
	enum { TLS = 4, CHILD = 3 };
#endif
	uint64_t flags = argument(d, n);

	buf_puts(d->out, "child_stack=");
	put_address(d->out, argument(d, 1));
	buf_puts(d->out, ", flags=");
	put_clone_flags(d->out, flags);
	if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
		buf_puts(d->out, ", parent_tid=");
		put_address(d->out, argument(d, 2));
	}
	if (flags & CLONE_SETTLS) {
		buf_puts(d->out, ", tls=");
		put_address(d->out, argument(d, TLS));
	}
	if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
		buf_puts(d->out, ", child_tidptr=");
		put_address(d->out, argument(d, CHILD));
	}
}

void decode_clone_args(struct decode *d, unsigned n)
{
	uint64_t a[8] = {0}; /* flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls */

	if (!take(d, n, &d->before[n], a, sizeof(a)))
		return;
	buf_puts(d->out, "{flags=");
	if (!put_flags_from(d->out, STRACE_NAMES_clone, a[0], true))
		buf_putc(d->out, '0');
	if (a[0] & CLONE_PIDFD) {
		buf_puts(d->out, ", pidfd=");
		put_address(d->out, a[1]);
	}
	if (a[0] & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
		buf_puts(d->out, ", child_tid=");
		put_address(d->out, a[2]);
	}
	if (a[0] & CLONE_PARENT_SETTID) {
		buf_puts(d->out, ", parent_tid=");
		put_address(d->out, a[3]);
	}
	buf_puts(d->out, ", exit_signal=");
	put_signal(d->out, a[4]);
	buf_puts(d->out, ", stack=");
	put_address(d->out, a[5]);
	buf_puts(d->out, ", stack_size=");
	a[6] ? put_hex(d->out, a[6]) : buf_putc(d->out, '0');
	if (a[0] & CLONE_SETTLS) {
		buf_puts(d->out, ", tls=");
		put_address(d->out, a[7]);
	}
	buf_putc(d->out, '}');
}

/* ---- wait ---- */

void decode_wait_status(struct decode *d, unsigned n)
{
	int status;

	/* WNOHANG and nobody: nothing was written. */
	if (d->failed || !d->r->result) {
		put_address(d->out, argument(d, n));
		return;
	}
	if (!take(d, n, &d->after[n], &status, sizeof(status)))
		return;
	buf_puts(d->out, "[{");
	if (WIFEXITED(status)) {
		buf_printf(d->out, "WIFEXITED(s) && WEXITSTATUS(s) == %d", WEXITSTATUS(status));
	} else if (WIFSTOPPED(status)) {
		buf_puts(d->out, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
		put_signal(d->out, WSTOPSIG(status));
	} else if (WIFCONTINUED(status)) {
		buf_puts(d->out, "WIFCONTINUED(s)");
	} else {
		buf_puts(d->out, "WIFSIGNALED(s) && WTERMSIG(s) == ");
		put_signal(d->out, WTERMSIG(status));
		if (WCOREDUMP(status))
			buf_puts(d->out, " && WCOREDUMP(s)");
	}
	buf_puts(d->out, "}]");
}

void decode_rusage(struct decode *d, unsigned n)
{
	struct rusage r;

	if (!take(d, n, &d->after[n], &r, sizeof(r)))
		return;
	buf_printf(d->out, "{ru_utime={tv_sec=%ld, tv_usec=%ld}, ru_stime={tv_sec=%ld, tv_usec=%ld}, ",
		   r.ru_utime.tv_sec, r.ru_utime.tv_usec, r.ru_stime.tv_sec, r.ru_stime.tv_usec);
	if (d->o->verbose)
		buf_printf(d->out, "ru_maxrss=%ld, ru_ixrss=%ld, ru_idrss=%ld, ru_isrss=%ld, ru_minflt=%ld, "
			   "ru_majflt=%ld, ru_nswap=%ld, ru_inblock=%ld, ru_oublock=%ld, ru_msgsnd=%ld, "
			   "ru_msgrcv=%ld, ru_nsignals=%ld, ru_nvcsw=%ld, ru_nivcsw=%ld}", r.ru_maxrss, r.ru_ixrss,
			   r.ru_idrss, r.ru_isrss, r.ru_minflt, r.ru_majflt, r.ru_nswap, r.ru_inblock, r.ru_oublock,
			   r.ru_msgsnd, r.ru_msgrcv, r.ru_nsignals, r.ru_nvcsw, r.ru_nivcsw);
	else
		buf_puts(d->out, "...}");
}

/* ---- limits, scheduling ---- */

static void put_limit(struct buf *out, uint64_t limit)
{
	if (limit == UINT64_MAX) {
		buf_puts(out, "RLIM64_INFINITY");
	} else if (limit > 1024 && limit % 1024 == 0) {
		put_unsigned(out, limit / 1024);
		buf_puts(out, "*1024");
	} else {
		put_unsigned(out, limit);
	}
}

void decode_rlimit(struct decode *d, unsigned n)
{
	uint64_t limits[2];

	if (!take(d, n, &d->after[n], limits, sizeof(limits)))
		return;
	buf_puts(d->out, "{rlim_cur=");
	put_limit(d->out, limits[0]);
	buf_puts(d->out, ", rlim_max=");
	put_limit(d->out, limits[1]);
	buf_putc(d->out, '}');
}

void decode_sched_param(struct decode *d, unsigned n)
{
	int priority;

	if (!take(d, n, &d->after[n], &priority, sizeof(priority)))
		return;
	buf_putc(d->out, '[');
	put_signed(d->out, priority);
	buf_putc(d->out, ']');
}

static void put_cpus(struct decode *d, unsigned n)
{
	const struct part *part = &d->after[n];
	bool any = false;

	if (!have(d, n, part, 0))
		return;
	buf_putc(d->out, '[');
	for (uint32_t i = 0; i < part->len * 8; i++) {
		if (!(part->data[i / 8] >> (i % 8) & 1))
			continue;
		if (any)
			buf_putc(d->out, ' ');
		put_unsigned(d->out, i);
		any = true;
	}
	buf_putc(d->out, ']');
}

void decode_cpu_set(struct decode *d, unsigned n) { put_cpus(d, n); }

void decode_cpu_set_out(struct decode *d, unsigned n)
{
	if (d->failed)
		put_address(d->out, argument(d, n));
	else
		put_cpus(d, n);
}

/* ---- identities ---- */

static void put_ids(struct decode *d, unsigned n, uint64_t count)
{
	const struct part *part = &d->after[n];

	if (d->failed || !have(d, n, part, 0)) {
		if (d->failed)
			put_address(d->out, argument(d, n));
		return;
	}
	buf_putc(d->out, '[');
	for (uint64_t i = 0; i < count; i++) {
		if (i)
			buf_puts(d->out, ", ");
		if ((i + 1) * 4 > part->len) {
			buf_puts(d->out, "...");
			break;
		}
		put_unsigned(d->out, get32(part->data + i * 4));
	}
	buf_putc(d->out, ']');
}

void decode_id_list(struct decode *d, unsigned n) { put_ids(d, n, (uint32_t)other_argument(d, n)); }
void decode_id_list_out(struct decode *d, unsigned n) { put_ids(d, n, d->r->result); }

void decode_int_out(struct decode *d, unsigned n)
{
	int value;

	if (!take(d, n, &d->after[n], &value, sizeof(value)))
		return;
	buf_putc(d->out, '[');
	put_signed(d->out, value);
	buf_putc(d->out, ']');
}

void decode_cap_header(struct decode *d, unsigned n)
{
	uint32_t h[2];
	uint32_t versions[] = {0x19980330, 0x20071026, 0x20080522};

	if (!take(d, n, &d->after[n], h, sizeof(h)))
		return;
	buf_puts(d->out, "{version=");
	for (unsigned i = 0; i < 3; i++)
		if (h[0] == versions[i])
			buf_printf(d->out, "_LINUX_CAPABILITY_VERSION_%u", i + 1);
	if (h[0] != versions[0] && h[0] != versions[1] && h[0] != versions[2])
		put_hex(d->out, h[0]);
	buf_printf(d->out, ", pid=%d}", (int)h[1]);
}

void decode_cap_data(struct decode *d, unsigned n)
{
	uint32_t c[6];

	if (d->failed || !take(d, n, &d->after[n], c, sizeof(c))) {
		if (d->failed)
			put_address(d->out, argument(d, n));
		return;
	}
	buf_printf(d->out, "{effective=%#" PRIx64 ", permitted=%#" PRIx64 ", inheritable=%#" PRIx64 "}",
		   c[0] | (uint64_t)c[3] << 32, c[1] | (uint64_t)c[4] << 32, c[2] | (uint64_t)c[5] << 32);
}

/* ---- futex ---- */

void decode_futex_op(struct decode *d, unsigned n)
{
	uint32_t op = argument(d, n), command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	const char *name = name_of(STRACE_NAMES_futex, command);

	if (!name) {
		put_name(d->out, STRACE_NAMES_futex, op);
		return;
	}
	buf_puts(d->out, name);
	if (op & FUTEX_PRIVATE_FLAG)
		buf_puts(d->out, "_PRIVATE");
	if (op & FUTEX_CLOCK_REALTIME)
		buf_puts(d->out, "|FUTEX_CLOCK_REALTIME");
}

/* Which of the arguments behind it a command has: bits of their numbers. */
static unsigned futex_arguments(uint64_t op)
{
	switch (op & ~(uint64_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) {
	case FUTEX_WAIT: return 1 << 2 | 1 << 3;
	case FUTEX_WAKE: case FUTEX_FD: return 1 << 2;
	case FUTEX_REQUEUE: return 1 << 2 | 1 << 3 | 1 << 4;
	case FUTEX_LOCK_PI: case 13: return 1 << 3; /* 13: FUTEX_LOCK_PI2 */
	case FUTEX_UNLOCK_PI: case FUTEX_TRYLOCK_PI: return 0;
	case FUTEX_WAKE_BITSET: return 1 << 2 | 1 << 5;
	case FUTEX_WAIT_BITSET: return 1 << 2 | 1 << 3 | 1 << 5;
	case FUTEX_WAIT_REQUEUE_PI: return 1 << 2 | 1 << 3 | 1 << 4;
	default: return 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5;
	}
}

static bool futex_counts(uint64_t op)
{
	op &= ~(uint64_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	return op == FUTEX_REQUEUE || op == FUTEX_CMP_REQUEUE || op == FUTEX_WAKE_OP || op == FUTEX_CMP_REQUEUE_PI;
}

void decode_futex_value(struct decode *d, unsigned n)
{
	uint32_t value = argument(d, n);

	if (!(futex_arguments(argument(d, 1)) >> n & 1)) {
		d->skip = true;
	} else if (n == 4) {
		put_address(d->out, argument(d, n));
	} else if (n == 5 && !futex_counts(argument(d, 1))) {
		value == UINT32_MAX ? buf_puts(d->out, "FUTEX_BITSET_MATCH_ANY") : put_hex(d->out, value);
	} else {
		put_unsigned(d->out, value);
	}
}

void decode_futex_timeout(struct decode *d, unsigned n)
{
	if (!(futex_arguments(argument(d, 1)) >> n & 1))
		d->skip = true;
	else if (futex_counts(argument(d, 1)))
		put_unsigned(d->out, (uint32_t)argument(d, n));
	else
		decode_timespec(d, n);
}

/* ---- prctl ---- */

void decode_prctl(struct decode *d, unsigned n)
{
	switch (argument(d, 0)) {
	case PR_GET_DUMPABLE: case PR_GET_KEEPCAPS: case PR_GET_SECCOMP: case PR_GET_TIMERSLACK: case PR_GET_TIMING:
	case PR_GET_SECUREBITS: d->skip = true; return;
	case PR_SET_PDEATHSIG:
		if (n == 1)
			put_signal(d->out, argument(d, n));
		else
			d->skip = true;
		return;
	case PR_SET_NAME: case PR_GET_NAME: case PR_SET_DUMPABLE: case PR_SET_KEEPCAPS: case PR_SET_CHILD_SUBREAPER:
	case PR_GET_CHILD_SUBREAPER: case PR_SET_TIMERSLACK: case PR_CAPBSET_READ: case PR_CAPBSET_DROP:
	case PR_SET_SECUREBITS: case PR_GET_TID_ADDRESS: case PR_GET_PDEATHSIG:
		d->skip = n > 1;
		break;
	default: break;
	}
	if (d->skip)
		return;
	const struct part *part = &d->after[n];

	if (argument(d, 0) == PR_SET_NAME && part->there && !part->failed)
		put_quoted(d->out, part->data, strnlen((const char *)part->data, MIN_OF(part->len, 15u)), false);
	else if (n == 1 && (argument(d, 0) == PR_SET_KEEPCAPS || argument(d, 0) == PR_SET_CHILD_SUBREAPER ||
			    argument(d, 0) == PR_SET_NO_NEW_PRIVS))
		put_unsigned(d->out, argument(d, n));
	else
		decode_hex(d, n);
}

/* ---- the system ---- */

void decode_sysinfo(struct decode *d, unsigned n)
{
	struct sysinfo s;

	if (!take(d, n, &d->after[n], &s, sizeof(s)))
		return;
	buf_printf(d->out, "{uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu, sharedram=%lu, "
		   "bufferram=%lu, totalswap=%lu, freeswap=%lu, procs=%u, totalhigh=%lu, freehigh=%lu, mem_unit=%u}",
		   s.uptime, s.loads[0], s.loads[1], s.loads[2], s.totalram, s.freeram, s.sharedram, s.bufferram,
		   s.totalswap, s.freeswap, s.procs, s.totalhigh, s.freehigh, s.mem_unit);
}

static void put_field(struct buf *out, const char *name, const char *value, size_t size)
{
	buf_puts(out, name);
	put_quoted(out, (const uint8_t *)value, strnlen(value, size), false);
}

void decode_utsname(struct decode *d, unsigned n)
{
	struct utsname u;

	if (!take(d, n, &d->after[n], &u, sizeof(u)))
		return;
	put_field(d->out, "{sysname=", u.sysname, sizeof(u.sysname));
	put_field(d->out, ", nodename=", u.nodename, sizeof(u.nodename));
	if (d->o->verbose) {
		put_field(d->out, ", release=", u.release, sizeof(u.release));
		put_field(d->out, ", version=", u.version, sizeof(u.version));
		put_field(d->out, ", machine=", u.machine, sizeof(u.machine));
		put_field(d->out, ", domainname=", u.domainname, sizeof(u.domainname));
		buf_putc(d->out, '}');
	} else {
		buf_puts(d->out, ", ...}");
	}
}
