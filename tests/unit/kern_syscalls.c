/* System-call numbers against this machine: its list of tracepoints, and what they count. */
#include <sys/syscall.h>
#include <unistd.h>

#include "kern_test.h"
#include "kern/arch/syscalls.h"
#include "kern/perf.h"
#include "kern/sys.h"
#include "kern/tracefs.h"

static void test_names(void)
{
	CHECK_EQ(syscall_number("write"), SYS_write);
	CHECK_EQ(syscall_number("openat2"), SYS_openat2);
	CHECK_EQ(syscall_number("clone3"), SYS_clone3);
	CHECK_EQ(syscall_number("newfstat"), -1);
	CHECK_EQ(syscall_tracepoint_number("newfstat"), SYS_fstat);
	CHECK_EQ(syscall_tracepoint_number("newuname"), SYS_uname);
	CHECK_EQ(syscall_tracepoint_number("umount"), SYS_umount2);
	CHECK_EQ(syscall_tracepoint_number("fstat"), -1);
	CHECK_EQ(syscall_number("file_setattr"), 469);
	CHECK_STR(syscall_name(SYS_fstat), "fstat");
	CHECK_STR(syscall_tracepoint_name(SYS_fstat), "newfstat");
	CHECK(!syscall_name(-1) && !syscall_name(100000));
	CHECK(!syscall_tracepoint_name(100000));
	/* every number there and back; no number or name twice */
	for (int nr = 0; nr < 600; nr++) {
		if (!syscall_name(nr))
			continue;
		CHECK_EQ(syscall_number(syscall_name(nr)), nr);
		CHECK_EQ(syscall_tracepoint_number(syscall_tracepoint_name(nr)), nr);
	}
}

/* A tracepoint of a call that this kernel has must be in the table. */
static void test_list(const struct tracefs *t)
{
	struct tracefs_events events;
	unsigned known = 0, unknown = 0;

	CHECK_EQ(tracefs_events(t, "syscalls", "sys_enter_*", &events), 0);
	vec_each(e, &events.list) {
		if (syscall_tracepoint_number(e->name + strlen("sys_enter_")) >= 0) {
			known++;
			continue;
		}
		unknown++;
		printf("not in the table: %s\n", e->name);
	}
	printf("%u of %zu system-call tracepoints known\n", known, events.list.n);
	/* a newer kernel may have a few that the table has not */
	CHECK(known >= 300 && unknown <= 12);
	tracefs_events_free(&events);
}

/* The call with this number must hit the tracepoint the table names, once. */
static void test_hit(const struct tracefs *t, int nr)
{
	char event[64];
	struct perf_reading reading = {0};
	uint32_t id = 0;
	int fd;

	snprintf(event, sizeof(event), "sys_enter_%s", syscall_tracepoint_name(nr));
	CHECK_EQ(tracefs_event_id(t, "syscalls", event, &id), 0);
	fd = perf_open_tracepoint(id, (struct perf_target){.pid = 0, .cpu = -1});
	CHECK(fd > 2);
	if (fd < 0)
		return;
	CHECK_EQ(perf_enable(fd), 0);
	/* arguments that every one of these refuses without doing anything */
	syscall(nr, -1L, -1L, -1L, 0L, 0L, 0L);
	CHECK_EQ(perf_disable(fd), 0);
	CHECK_EQ(perf_read(fd, &reading), 0);
	if (reading.count != 1)
		fprintf(stderr, "%d: %s counted %" PRIu64 "\n", nr, event, reading.count);
	CHECK_EQ(reading.count, 1);
	sys_close(&fd);
}

int main(void)
{
	struct buf why = {0};
	struct tracefs t;

	unsetenv("SONDE_TRACEFS"); /* this one is about the running kernel */
	test_names();
	if (tracefs_find(&t, &why))
		test_skip(buf_str(&why), 0);
	test_list(&t);
	/* those whose tracepoint has another name */
#ifdef SYS_stat
	test_hit(&t, SYS_stat);
	test_hit(&t, SYS_lstat);
#endif
	test_hit(&t, SYS_fstat);
	test_hit(&t, SYS_uname);
	test_hit(&t, SYS_umount2);
	test_hit(&t, SYS_sendfile);
	test_hit(&t, SYS_getppid);
	buf_free(&why);
	return test_end();
}
