/*
 * out_strace.c - records of system calls to lines: each as strace writes it; records that are cut,
 * lie about lengths or are noise give some line, and touch nothing beyond their end; sets of calls;
 * buckets and quantiles of durations.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "kern/arch/syscalls.h"
#include "out/strace/decode.h"
#include "out/strace/summary.h"

#define EXPECT(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		exit(1); \
	} \
} while (0)

static struct {
	struct strace_record record;
	uint8_t items[4096];
} made;
static uint32_t made_len;
static const struct decode_options options = {.string_limit = 32};

static void call(const char *name, int64_t result, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	int number = syscall_number(name);

	if (number < 0) /* arm64 has no open, stat, poll ... */
		number = STRACE_CALLS - 1;
	memset(&made, 0, sizeof(made));
	made.record = (struct strace_record){
		.kind = STRACE_CALL, .tid = 5, .number = number, .result = result, .args = {a, b, c, d},
	};
	made_len = sizeof(made.record);
}

static void item(uint8_t arg, const void *data, uint16_t len, uint32_t index)
{
	struct strace_item head = {.arg = arg, .len = len, .index = index};
	uint8_t *at = (uint8_t *)&made + made_len;

	memcpy(at, &head, sizeof(head));
	if (len)
		memcpy(at + sizeof(head), data, len);
	made_len += ROUND_UP(sizeof(head) + len, 8);
}

static void expect(const char *line)
{
	struct buf out = {0};
	struct decode_result result = {0};

	if (made.record.number == STRACE_CALLS - 1)
		return;
	decode_call(&options, &made.record, made_len, &out, &result);
	if (!str_eq(buf_str(&out), line) || result.bad) {
		fprintf(stderr, "got:      %s\nexpected: %s\n", buf_str(&out), line);
		exit(1);
	}
	buf_free(&out);
}

static void check_lines(void)
{
	struct iovec_ {
		uint64_t base, len;
	} iov[] = {{0x1000, 5}, {0x2000, 40}};

	call("close", 0, 3, 0, 0, 0);
	expect("close(3)                                = 0");
	call("openat", 3, AT_FDCWD, 0x5000, O_RDONLY | O_CLOEXEC, 0777);
	item(1, "/etc/passwd", 12, 0);
	expect("openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY|O_CLOEXEC) = 3");
	call("openat", -EACCES, AT_FDCWD, 0x5000, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	item(1, "a\"b\\", 5, 0);
	expect("openat(AT_FDCWD, \"a\\\"b\\\\\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1 EACCES (Permission denied)");
	call("read", 4, 3, 0x5000, 100, 0);
	item(1, "\0001\n\377", 4, 0);
	expect("read(3, \"\\0001\\n\\377\", 100)             = 4");
	call("read", -512, 3, 0x5000, 100, 0);
	expect("read(3, 0x5000, 100)                    = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
	call("write", 40, 1, 0x5000, 40, 0);
	item(1, "12345678901234567890123456789012", 32, 0);
	expect("write(1, \"12345678901234567890123456789012\"..., 40) = 40");
	call("writev", 45, 1, 0x9000, 2, 0);
	item(STRACE_ARG_IOVEC, iov, sizeof(iov), 0);
	item(STRACE_ARG_ELEMENT, "first", 5, 0);
	item(STRACE_ARG_ELEMENT, "12345678901234567890123456789012", 32, 1);
	expect("writev(1, [{iov_base=\"first\", iov_len=5}, "
	       "{iov_base=\"12345678901234567890123456789012\"..., iov_len=40}], 2) = 45");
	call("mmap", 0x7f0000001000, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	made.record.args[4] = -1;
	expect("mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000");
	call("exit_group", 0, 3, 0, 0, 0);
	made.record.flags = STRACE_NO_RETURN;
	expect("exit_group(3)                           = ?");
	call("kill", 0, 12, SIGRTMIN + 3 - 2, 0, 0);
	expect("kill(12, SIGRT_3)                       = 0");
	call("getpid", 12, 0, 0, 0, 0);
	expect("getpid()                                = 12");
	made.record.number = STRACE_CALLS + 5;
	made.record.flags = STRACE_COMPAT;
	expect("[32-bit call 517](0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = 12");
}

static void check_more_lines(void)
{
	uint8_t in[16] = {AF_INET, 0, 0x1f, 0x40, 127, 0, 0, 1};
	uint64_t mask = 1ull << (SIGINT - 1) | 1ull << (SIGCHLD - 1), all = ~(1ull << (SIGHUP - 1));
	uint64_t limits[] = {8192 * 1024, UINT64_MAX};
	struct stat st = {.st_mode = S_IFREG | S_ISUID | 0755, .st_size = 5};
	uint16_t polled[] = {3, 0, 1, 1, 5, 0, 4, 0};

	call("connect", -EINPROGRESS, 5, 0x5000, 16, 0);
	item(1, in, sizeof(in), 0);
	expect("connect(5, {sa_family=AF_INET, sin_port=htons(8000), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = -1 "
	       "EINPROGRESS (Operation now in progress)");
	call("rt_sigprocmask", 0, SIG_BLOCK, 0x5000, 0x6000, 8);
	item(STRACE_ARG_BEFORE + 1, &mask, 8, 0);
	item(2, &all, 8, 0);
	expect("rt_sigprocmask(SIG_BLOCK, [INT CHLD], ~[HUP], 8) = 0");
	call("prlimit64", 0, 0, 3, 0, 0x5000);
	item(3, limits, sizeof(limits), 0);
	expect("prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0");
	call("fstat", 0, 3, 0x5000, 0, 0);
	item(1, &st, sizeof(st), 0);
	expect("fstat(3, {st_mode=S_IFREG|S_ISUID|0755, st_size=5, ...}) = 0");
	call("poll", 1, 0x5000, 2, -1, 0);
	item(0, polled, sizeof(polled), 0);
	expect("poll([{fd=3, events=POLLIN}, {fd=5, events=POLLOUT}], 2, -1) = 1 ([{fd=3, revents=POLLIN}])");
	call("fcntl", 0x8002, 3, F_GETFL, 0, 0);
	expect("fcntl(3, F_GETFL)                       = 0x8002 (flags O_RDWR|O_LARGEFILE)");
	call("execve", 0, 0x5000, 0x6000, 0x7000, 0);
	item(STRACE_ARG_BEFORE, "/bin/ls", 8, 0);
	item(STRACE_ARG_STRING, "ls", 3, 0);
	item(STRACE_ARG_STRING, "-l", 3, 1);
	item(STRACE_ARG_ENVIRONMENT_COUNT, NULL, 0, 20);
	expect("execve(\"/bin/ls\", [\"ls\", \"-l\"], 0x7000 /* 20 vars */) = 0");
}

static void check_other_lines(void)
{
	struct buf out = {0};
	siginfo_t info = {.si_signo = SIGSEGV, .si_code = SEGV_MAPERR, .si_addr = (void *)0x10};
	struct strace_record end = {.kind = STRACE_EXIT, .result = 3 << 8};

	call("read", SIGSEGV, 0, 0, 0, 0);
	item(STRACE_ARG_SIGINFO, &info, 48, 0);
	decode_signal_line(&made.record, made_len, &out);
	EXPECT(str_eq(buf_str(&out), "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---"));
	buf_reset(&out);
	decode_exit_line(&end, &out);
	EXPECT(str_eq(buf_str(&out), "+++ exited with 3 +++"));
	buf_reset(&out);
	end.result = SIGSEGV | 0x80;
	decode_exit_line(&end, &out);
	EXPECT(str_eq(buf_str(&out), "+++ killed by SIGSEGV (core dumped) +++"));
	buf_free(&out);
}

/* Every call with items of every kind and length; the record ends where the memory does. */
static void check_noise(void)
{
	struct decode_options verbose = {.string_limit = 8, .verbose = true};
	uint64_t random = 88172645463325252ull;
	struct buf out = {0};

	for (unsigned round = 0; round < 60000; round++) {
		uint32_t len = sizeof(struct strace_record) + random % 400;
		uint8_t *record = xmalloc(len); /* the sanitizer knows its end */
		struct strace_record *r = (void *)record;
		struct decode_result result = {0};

		for (uint32_t i = 0; i < len; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			record[i] = random;
		}
		r->number = round % (STRACE_CALLS + 1);
		r->flags &= random >> 8 & 1 ? 0 : 0xff;
		if (random & 2)
			r->result = random >> 20 & 7;
		for (unsigned i = 0; i < 6 && random & 4; i++)
			r->args[i] &= 0xff;
		/* Often items that are whole. */
		for (uint32_t at = sizeof(*r); random & 8 && at + 8 <= len;) {
			struct strace_item head = {.arg = record[at] % 24, .flags = record[at + 1] & 1,
						   .len = record[at + 2] % 160, .index = record[at + 3] % 4};

			head.len = MIN_OF(head.len, len - at - 8);
			memcpy(record + at, &head, sizeof(head));
			at += ROUND_UP(8 + head.len, 8);
		}
		buf_reset(&out);
		decode_call(round & 1 ? &verbose : &options, r, len, &out, &result);
		decode_signal_line(r, len, &out);
		decode_exit_line(r, &out);
		EXPECT(out.len < 1 << 20);
		free(record);
	}
	buf_free(&out);
}

static bool in(const struct strace_set *set, const char *name)
{
	int number = syscall_number(name);

	return number >= 0 && strace_set_has(set, number);
}

static void check_sets(void)
{
	struct strace_set set;
	struct buf why = {0};

	EXPECT(strace_set_parse(&set, "openat,read", &why));
	EXPECT(in(&set, "openat") && in(&set, "read") && !in(&set, "write"));
	EXPECT(strace_set_parse(&set, "!openat,read", &why));
	EXPECT(!in(&set, "openat") && !in(&set, "read") && in(&set, "write"));
	EXPECT(strace_set_parse(&set, "%network,close", &why) && in(&set, "connect") && in(&set, "close") &&
	       !in(&set, "read"));
	EXPECT(strace_set_parse(&set, "file", &why));
	EXPECT(in(&set, "execve") && in(&set, "unlinkat") && !in(&set, "close"));
	EXPECT(strace_set_parse(&set, "/^pread|sync", &why) && in(&set, "pread64") && in(&set, "fsync") &&
	       !in(&set, "read"));
	EXPECT(strace_set_parse(&set, "?nosuchcall,all", &why) && in(&set, "write"));
	EXPECT(strace_set_parse(&set, "none", &why) && !in(&set, "write"));
	EXPECT(!strace_set_parse(&set, "read,opennat", &why));
	EXPECT(strstr(buf_str(&why), "\"opennat\""));
	buf_free(&why);
}

static void check_buckets(void)
{
	struct strace_summary s = {.calls = 100, .max = 150000};
	struct strace_plan *plans = xcalloc(STRACE_CALLS, sizeof(*plans));
	struct strace_set all;

	for (unsigned b = 0; b + 1 < STRACE_BUCKETS; b++) {
		EXPECT(strace_bucket(strace_bucket_low(b)) == b);
		EXPECT(strace_bucket(strace_bucket_low(b + 1) - 1) == b);
	}
	EXPECT(strace_bucket(UINT64_MAX) == STRACE_BUCKETS - 1);
	s.buckets[strace_bucket(1000)] = 98;
	s.buckets[strace_bucket(100000)] = 2;
	EXPECT(summary_quantile(&s, 0.5) >= 896 && summary_quantile(&s, 0.5) < 1024);
	EXPECT(summary_quantile(&s, 0.99) >= 98304 && summary_quantile(&s, 0.99) < 114688);
	/* No call has more to be copied than a plan holds (that is BUG()). */
	memset(&all, 0xff, sizeof(all));
	strace_plans(&all, &(struct strace_options){.string_limit = 32}, plans);
	EXPECT(plans[syscall_number("read")].flags == PLAN_TRACED);
	EXPECT(plans[syscall_number("execve")].flags == (PLAN_TRACED | PLAN_EXEC | PLAN_ENTER | PLAN_BEFORE));
	free(plans);
}

int main(void)
{
	check_lines();
	check_more_lines();
	check_other_lines();
	check_noise();
	check_sets();
	check_buckets();
	return 0;
}
