/*
 * Every carrier: a program is loaded, attached, fired by this process, counted, detached, and
 * does not count any more. Skipped (77) without the right to use BPF.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "attach_test.h"
#include "base/buf.h"

enum { WRITES = 1000 };

static void writes(int count)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < count; i++)
		if (write(fd, "x", 1) != 1)
			CHECK(false);
	close(fd);
}

static void test_run(void)
{
	struct fixture f;

	fixture_init(&f);
	program_new(&f, CARRIER_RUN, target_new(&f, PROVIDER_BEGIN, "begin"), 0, true, false);
	CHECK(fixture_load(&f, NULL));
	CHECK(fixture_attach(&f, 0));
	CHECK_EQ(f.attached.links.n, 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(attached_run(&f.attached, 0, NULL), 0);
	CHECK_EQ(counter(&f, 0), 3);
	fixture_free(&f);
}

static void test_perf_tracepoint(bool cookies)
{
	struct fixture f;

	fixture_init(&f);
	f.plan.features.attach_cookie = cookies;
	struct target *t = target_new(&f, PROVIDER_TRACEPOINT, "tracepoint:syscalls:sys_enter_write");
	t->id = tracepoint_id("syscalls/sys_enter_write");
	program_new(&f, CARRIER_PERF_TRACEPOINT, t, 0, true, false);
	CHECK(fixture_load(&f, NULL));
	if (!fixture_attach(&f, 0)) {
		diags_show(&f);
		CHECK(false);
	}
	writes(WRITES);
	CHECK_EQ(counter(&f, 0), WRITES);
	unsigned slow = 0;
	CHECK(detach_estimate_ms(&f.attached, &slow) >= PERF_DETACH_MS);
	CHECK_EQ(slow, 1);
	detach(&f.attached);
	CHECK_EQ(f.maps.control->stopping, 1);
	writes(WRITES);
	CHECK_EQ(counter(&f, 0), WRITES);
	fixture_free(&f);
}

static void test_raw_tracepoint(void)
{
	struct fixture f;

	fixture_init(&f);
	struct program *p = program_new(&f, CARRIER_RAW_TRACEPOINT,
					target_new(&f, PROVIDER_RAWTRACEPOINT,
						   "rawtracepoint:sys_enter"), 0, true, false);
	p->event = "sys_enter";
	CHECK(fixture_load(&f, NULL));
	CHECK(fixture_attach(&f, 0));
	uint64_t before = counter(&f, 0);
	for (int i = 0; i < WRITES; i++)
		syscall(SYS_getppid);
	CHECK_EQ(counter(&f, 0) - before, WRITES);
	detach(&f.attached);
	before = counter(&f, 0);
	for (int i = 0; i < WRITES; i++)
		syscall(SYS_getppid);
	CHECK_EQ(counter(&f, 0), before);
	fixture_free(&f);
}

static uint64_t spin_ms(unsigned ms)
{
	uint64_t until = now_ns() + ms * 1000000ull, n = 0;

	while (now_ns() < until)
		n++;
	return n;
}

static void test_interval(void)
{
	struct fixture f;

	fixture_init(&f);
	struct target *t = target_new(&f, PROVIDER_INTERVAL, "interval:ms:10");
	t->period = 10000000;
	program_new(&f, CARRIER_PERF_EVENT, t, 0, false, false);
	CHECK(fixture_load(&f, NULL));
	CHECK(fixture_attach(&f, 0));
	CHECK_EQ(f.attached.links.n, 1);
	poll(NULL, 0, 500);
	uint64_t runs = counter(&f, 0), periods = attached_periods(&f.attached, 0);
	CHECK(runs > 0 && runs <= 500);
	CHECK(periods + 1 >= runs && periods <= runs + 5);
	detach(&f.attached);
	runs = counter(&f, 0);
	poll(NULL, 0, 50);
	CHECK_EQ(counter(&f, 0), runs);
	fixture_free(&f);
}

/* On every CPU, and on this process only. */
static void test_profile(int64_t pid)
{
	struct fixture f;

	fixture_init(&f);
	struct target *t = target_new(&f, PROVIDER_PROFILE, "profile:hz:1000");
	t->period = 1000000;
	t->frequency = 1000;
	program_new(&f, CARRIER_PERF_EVENT, t, 0, true, false);
	CHECK(fixture_load(&f, NULL));
	CHECK(fixture_attach(&f, pid));
	uint64_t cpu_before = clock(), limit;
	spin_ms(300);
	limit = (clock() - cpu_before) / 1000; /* ms of CPU this process had: the most it can see */
	/* how many, a busy machine decides: twice as many would be somebody else's */
	CHECK(counter(&f, 0) > 0 && counter(&f, 0) <= 2 * limit + 20);
	if (pid)
		CHECK(attached_periods(&f.attached, 0) <= 2 * limit + 20);
	fixture_free(&f);
}

static void *spin_thread(void *arg)
{
	volatile int *go = arg;

	while (!*go)
		poll(NULL, 0, 1);
	spin_ms(200);
	return NULL;
}

/* Threads that were there before and threads that come later are sampled alike. */
static void test_profile_threads(void)
{
	struct fixture f;
	pthread_t threads[6];
	volatile int go = 0;

	fixture_init(&f);
	struct target *t = target_new(&f, PROVIDER_PROFILE, "profile:hz:1000");
	t->period = 1000000;
	program_new(&f, CARRIER_PERF_EVENT, t, 0, true, false);
	CHECK(fixture_load(&f, NULL));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, spin_thread, (void *)&go), 0);
	CHECK(fixture_attach(&f, getpid()));
	CHECK_EQ(f.attached.links.n, 4);
	for (int i = 3; i < 6; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, spin_thread, (void *)&go), 0);
	uint64_t before = clock();
	go = 1;
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	uint64_t cpu_ms = (clock() - before) / 1000;
	uint64_t periods = attached_periods(&f.attached, 0);
	CHECK(counter(&f, 0) >= cpu_ms / 2 && counter(&f, 0) <= cpu_ms + 20);
	CHECK(periods + 20 >= counter(&f, 0));
	fixture_free(&f);
}

static void test_software(int64_t pid)
{
	struct fixture f;
	volatile char *memory;

	fixture_init(&f);
	struct target *t = target_new(&f, PROVIDER_SOFTWARE, "software:page-faults:1");
	t->number = PERF_COUNT_SW_PAGE_FAULTS;
	t->period = 1;
	program_new(&f, CARRIER_PERF_EVENT, t, 0, true, false);
	CHECK(fixture_load(&f, NULL));
	CHECK(fixture_attach(&f, pid));
	size_t pages = 256;
	memory = aligned_alloc(4096, pages * 4096);
	uint64_t before = counter(&f, 0);
	for (size_t i = 0; i < pages; i++)
		memory[i * 4096] = 1;
	/* Huge pages or reused memory make it fewer; fresh pages are the most. */
	CHECK(counter(&f, 0) > before);
	CHECK(counter(&f, 0) - before <= pages + 32);
	free((void *)memory);
	fixture_free(&f);
}

int main(void)
{
	test_run();
	test_perf_tracepoint(true);
	test_perf_tracepoint(false);
	test_raw_tracepoint();
	test_interval();
	test_profile(0);
	test_profile(getpid());
	test_profile_threads();
	test_software(0);
	test_software(getpid());
	return test_end();
}
