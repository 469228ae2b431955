/* decode_signal.c - signals, sets of them, actions, stacks, struct siginfo. */
#include <inttypes.h>
#include <signal.h>

#include "out/strace/decode_int.h"

enum { SIGNALS = 64, FIRST_REAL_TIME = 32 }; /* as the kernel counts, not the C library */

static void put_signal_short(struct buf *out, int signal)
{
	const char *name = signal > 0 && signal < FIRST_REAL_TIME ? sigabbrev_np(signal) : NULL;

	if (signal == SIGIO)
		buf_puts(out, "IO"); /* for the C library SIGPOLL, for the kernel this */
	else if (name)
		buf_puts(out, name);
	else if (signal == FIRST_REAL_TIME)
		buf_puts(out, "RTMIN");
	else if (signal > FIRST_REAL_TIME && signal <= SIGNALS)
		buf_printf(out, "RT_%d", signal - FIRST_REAL_TIME);
	else
		buf_printf(out, "%d", signal);
}

void put_signal(struct buf *out, int signal)
{
	if (signal > 0 && signal <= SIGNALS)
		buf_puts(out, "SIG");
	put_signal_short(out, signal);
}

void put_signals(struct buf *out, uint64_t set)
{
	bool first = true;

	/* Most of them: those that are missing. */
	if (__builtin_popcountll(set) > SIGNALS * 2 / 3) {
		buf_putc(out, '~');
		set = ~set;
	}
	buf_putc(out, '[');
	for (int signal = 1; signal <= SIGNALS; signal++) {
		if (!(set >> (signal - 1) & 1))
			continue;
		if (!first)
			buf_putc(out, ' ');
		put_signal_short(out, signal);
		first = false;
	}
	buf_putc(out, ']');
}

static void put_sigset(struct decode *d, unsigned n, const struct part *part)
{
	if (have(d, n, part, 8))
		put_signals(d->out, get64(part->data));
}

void decode_sigset(struct decode *d, unsigned n) { put_sigset(d, n, &d->after[n]); }

void decode_sigset_before(struct decode *d, unsigned n)
{
	put_sigset(d, n, &d->before[n]);
}

void decode_sigframe(struct decode *d, unsigned n)
{
	buf_puts(d->out, "{mask=");
	put_sigset(d, n, &d->before[n]);
	buf_putc(d->out, '}');
}

/* The kernel's struct sigaction: handler, flags, restorer, mask; without the restorer on arm64. */
static void put_action(struct decode *d, unsigned n, const struct part *part)
{
#if defined(__aarch64__)
	enum { MASK = 2, SIZE = 24 };
#else
	enum { MASK = 3, SIZE = 32 };
#endif
	uint64_t a[4];

	if (!take(d, n, part, a, SIZE))
		return;
	buf_puts(d->out, "{sa_handler=");
	if (a[0] == (uintptr_t)SIG_DFL)
		buf_puts(d->out, "SIG_DFL");
	else if (a[0] == (uintptr_t)SIG_IGN)
		buf_puts(d->out, "SIG_IGN");
	else
		put_hex(d->out, a[0]);
	buf_puts(d->out, ", sa_mask=");
	put_signals(d->out, a[MASK]);
	buf_puts(d->out, ", sa_flags=");
	put_flags(d->out, STRACE_NAMES_sigaction, a[1]);
	if (SIZE == 32 && a[1] & 0x04000000) { /* SA_RESTORER */
		buf_puts(d->out, ", sa_restorer=");
		put_address(d->out, a[2]);
	}
	buf_putc(d->out, '}');
}

void decode_sigaction(struct decode *d, unsigned n) { put_action(d, n, &d->after[n]); }
void decode_sigaction_before(struct decode *d, unsigned n) { put_action(d, n, &d->before[n]); }

static void put_stack(struct decode *d, unsigned n, const struct part *part)
{
	stack_t s;

	if (!take(d, n, part, &s, sizeof(s)))
		return;
	buf_puts(d->out, "{ss_sp=");
	put_address(d->out, (uintptr_t)s.ss_sp);
	buf_puts(d->out, ", ss_flags=");
	put_flags(d->out, STRACE_NAMES_sigstack, (uint32_t)s.ss_flags);
	buf_printf(d->out, ", ss_size=%zu}", s.ss_size);
}

void decode_sigstack(struct decode *d, unsigned n) { put_stack(d, n, &d->after[n]); }
void decode_sigstack_before(struct decode *d, unsigned n) { put_stack(d, n, &d->before[n]); }

/* ---- struct siginfo ---- */

static enum strace_names code_table(int signal)
{
	switch (signal) {
	case SIGCHLD: return STRACE_NAMES_si_code_chld;
	case SIGSEGV: return STRACE_NAMES_si_code_segv;
	case SIGBUS: return STRACE_NAMES_si_code_bus;
	case SIGFPE: return STRACE_NAMES_si_code_fpe;
	case SIGILL: return STRACE_NAMES_si_code_ill;
	case SIGTRAP: return STRACE_NAMES_si_code_trap;
	default: return STRACE_NAMES_none;
	}
}

static void put_child(struct buf *out, const siginfo_t *info)
{
	buf_printf(out, ", si_pid=%d, si_uid=%u, si_status=", info->si_pid, info->si_uid);
	if (info->si_code == CLD_EXITED)
		put_signed(out, info->si_status);
	else
		put_signal(out, info->si_status);
	buf_printf(out, ", si_utime=%ld, si_stime=%ld", (long)info->si_utime, (long)info->si_stime);
}

void put_siginfo(struct buf *out, const uint8_t *data, uint32_t len)
{
	siginfo_t info = {0};
	const char *code;

	memcpy(&info, data, MIN_OF((size_t)len, sizeof(info)));
	code = name_of(code_table(info.si_signo), info.si_code);
	if (!code)
		code = name_of(STRACE_NAMES_si_code, (int64_t)info.si_code);
	if (!info.si_signo) {
		buf_puts(out, "{}");
		return;
	}
	buf_puts(out, "{si_signo=");
	put_signal(out, info.si_signo);
	buf_puts(out, ", si_code=");
	code ? buf_puts(out, code) : put_hex(out, (uint32_t)info.si_code);
	if (info.si_errno)
		buf_printf(out, ", si_errno=%d", info.si_errno);
	if (info.si_code == SI_USER || info.si_code == SI_TKILL || info.si_code == SI_QUEUE) {
		buf_printf(out, ", si_pid=%d, si_uid=%u", info.si_pid, info.si_uid);
		if (info.si_code == SI_QUEUE)
			buf_printf(out, ", si_int=%d, si_ptr=%p", info.si_int, info.si_ptr);
	} else if (info.si_code == SI_TIMER) {
		buf_printf(out, ", si_timerid=%#x, si_overrun=%d, si_int=%d, si_ptr=%p", (unsigned)info.si_timerid,
			   info.si_overrun, info.si_int, info.si_ptr);
	} else if (info.si_signo == SIGCHLD && info.si_code > 0 && info.si_code < SI_KERNEL) {
		put_child(out, &info);
	} else if (code_table(info.si_signo) != STRACE_NAMES_none && info.si_code > 0) {
		buf_puts(out, ", si_addr=");
		put_address(out, (uintptr_t)info.si_addr);
	}
	buf_putc(out, '}');
}

void decode_siginfo(struct decode *d, unsigned n)
{
	const struct part *part = &d->after[n];

	if (have(d, n, part, 16))
		put_siginfo(d->out, part->data, part->len);
}
