/*
 * waits.c - threads that wait for known things, each of them by its name, and measure it themselves.
 *
 * usage: waits FILE [N]      FILE: scratch, on the disk that is to be read; N: times (3)
 *        waits now           the time, in ns of CLOCK_MONOTONIC
 *
 *     w-sleep    sleeps for 100 ms                          in wait_for_time()
 *     w-mutex    wants a mutex that w-holder has for 100 ms    wait_for_mutex(), unlock_mutex()
 *     w-disk     reads FILE past the page cache                wait_for_disk()
 *     w-pipe     reads what a child, "w-writer", writes after 100 ms    wait_for_pipe(), write_pipe()
 *     w-chain    reads what w-third writes, which has read what w-second wrote, which has read what
 *                w-first wrote after 100 ms
 *     w-forever  reads what nobody writes
 *
 * Says READY, waits for a byte of its input, and then says for each (times in ns):
 *
 *     NAME TID wall NS off NS lived NS woken LEAST MOST
 *     NAME TID gone NS
 *
 * how long it took, how much of that it was on no CPU, how long the thread lived until it said so, and
 * when it was woken up after it began to wait: between LEAST and MOST. Then the time from before it was
 * made until it was gone. Of w-forever `since NS`: when it began. Ends at the end of its input.
 */
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "workload.h"

enum { WAIT_NS = 100000000, BLOCK = 1 << 20, BLOCKS = 32 };

struct pipe_pair { int from, to; };

static struct shared { /* with the child */
	uint64_t began;            /* the waiter is about to wait */
	uint64_t least, most;
} *shared;

static unsigned long times = 3;
static const char *file;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void pause_ns(uint64_t ns)
{
	struct timespec left = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static void begin_wait(void)
{
	__atomic_store_n(&shared->began, now_ns(), __ATOMIC_SEQ_CST);
}

/* Around what wakes the waiter up. */
static void before_waking(void)
{
	shared->least += now_ns() - __atomic_load_n(&shared->began, __ATOMIC_SEQ_CST);
}

static void after_waking(void)
{
	shared->most += now_ns() - __atomic_load_n(&shared->began, __ATOMIC_SEQ_CST);
}

static struct pipe_pair new_pipe(void)
{
	int ends[2];

	if (pipe(ends))
		fail("no pipe: %s", strerror(errno));
	return (struct pipe_pair){ends[0], ends[1]};
}

static void read_byte(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		fail("nothing to read");
}

__attribute__((noinline)) static void wait_for_time(void *unused)
{
	(void)unused;
	pause_ns(WAIT_NS);
}

static void until_it_is_held(void *holding)
{
	read_byte(((struct pipe_pair *)holding)->from);
}

struct line { struct pipe_pair start, data; }; /* a byte into `start` begins the 100 ms */

static void start_line(void *line)
{
	write_bytes(((struct line *)line)->start.to, 1);
}

__attribute__((noinline)) static void wait_for_mutex(void *unused)
{
	(void)unused;
	begin_wait();
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

__attribute__((noinline)) static void unlock_mutex(void)
{
	before_waking();
	pthread_mutex_unlock(&mutex);
	after_waking();
}

__attribute__((noinline)) static void wait_for_pipe(void *line)
{
	begin_wait();
	read_byte(((struct line *)line)->data.from);
}

__attribute__((noinline)) static void write_pipe(int fd)
{
	before_waking();
	write_bytes(fd, 1);
	after_waking();
}

__attribute__((noinline)) static void wait_for_disk(void *room)
{
	int fd = open(file, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", file, strerror(errno));
	for (off_t i = 0; i < BLOCKS; i++)
		if (pread(fd, room, BLOCK, i * BLOCK) != BLOCK)
			fail("%s cannot be read", file);
	close(fd);
}

/* ---- threads ---- */

struct thread {
	const char *name;
	void (*before)(void *); /* not measured; NULL: nothing */
	void (*wait)(void *);
	void *argument;
	bool woken;           /* somebody says when */
	long tid;
	pthread_t id;
};

static void *measured(void *argument)
{
	uint64_t born = now_ns(), wall = 0, off = 0;
	struct thread *t = argument;

	t->tid = syscall(SYS_gettid);
	prctl(PR_SET_NAME, t->name);
	*shared = (struct shared){0};
	for (unsigned long i = 0; i < times; i++) {
		uint64_t cpu, from, took;

		if (t->before)
			t->before(t->argument);
		cpu = cpu_ns();
		from = now_ns();
		t->wait(t->argument);
		took = now_ns() - from;
		wall += took;
		off += took - (cpu_ns() - cpu);
		poll(NULL, 0, 1); /* who woke us up says when, meanwhile */
	}
	say("%s %ld wall %lu off %lu lived %lu woken %lu %lu\n", t->name, t->tid, wall, off, now_ns() - born,
	    t->woken ? shared->least : 0, t->woken ? shared->most : 0);
	return NULL;
}

static void start(struct thread *t, void *(*begin)(void *))
{
	if (pthread_create(&t->id, NULL, begin, t))
		fail("no thread");
}

static void measure(struct thread t)
{
	uint64_t before = now_ns();

	start(&t, measured);
	pthread_join(t.id, NULL);
	say("%s %ld gone %lu\n", t.name, t.tid, now_ns() - before);
}

/* Has the mutex each time for 100 ms from when it says so. */
static void *hold(void *argument)
{
	const struct thread *t = argument;

	prctl(PR_SET_NAME, t->name);
	for (unsigned long i = 0; i < times; i++) {
		pthread_mutex_lock(&mutex);
		write_bytes(((struct pipe_pair *)t->argument)->to, 1);
		pause_ns(WAIT_NS);
		unlock_mutex();
		pause_ns(2000000); /* the other has it */
	}
	return NULL;
}

static void with_mutex(void)
{
	struct pipe_pair holding = new_pipe();
	struct thread holder = {.name = "w-holder", .argument = &holding};

	start(&holder, hold);
	measure((struct thread){.name = "w-mutex", .before = until_it_is_held, .wait = wait_for_mutex,
				.argument = &holding, .woken = true});
	pthread_join(holder.id, NULL);
}

static void with_child(void)
{
	struct line line = {new_pipe(), new_pipe()};
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_NAME, "w-writer");
		for (unsigned long i = 0; i < times; i++) {
			read_byte(line.start.from);
			pause_ns(WAIT_NS);
			write_pipe(line.data.to);
		}
		_exit(0);
	}
	measure((struct thread){.name = "w-pipe", .before = start_line, .wait = wait_for_pipe, .argument = &line,
				.woken = true});
	waitpid(child, NULL, 0);
}

struct link { struct pipe_pair in, out; uint64_t pause; };

static void *pass_on(void *argument)
{
	const struct thread *t = argument;
	const struct link *link = t->argument;

	prctl(PR_SET_NAME, t->name);
	for (unsigned long i = 0; i < times; i++) {
		read_byte(link->in.from);
		if (link->pause)
			pause_ns(link->pause);
		if (t->woken)
			write_pipe(link->out.to);
		else
			write_bytes(link->out.to, 1);
	}
	return NULL;
}

static void with_chain(void)
{
	struct line line = {new_pipe(), new_pipe()};
	struct pipe_pair first = new_pipe(), second = new_pipe();
	struct link links[] = {{line.start, first, WAIT_NS}, {first, second, 0}, {second, line.data, 0}};
	struct thread threads[] = {
		{.name = "w-first", .argument = &links[0]},
		{.name = "w-second", .argument = &links[1]},
		{.name = "w-third", .argument = &links[2], .woken = true},
	};

	for (int i = 0; i < 3; i++)
		start(&threads[i], pass_on);
	measure((struct thread){.name = "w-chain", .before = start_line, .wait = wait_for_pipe, .argument = &line,
				.woken = true});
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i].id, NULL);
}

static void *never(void *argument)
{
	const struct thread *t = argument;

	prctl(PR_SET_NAME, t->name);
	say("w-forever %ld since %lu\n", syscall(SYS_gettid), now_ns());
	read_byte(((struct pipe_pair *)t->argument)->from);
	return NULL;
}

/* Its blocks are on the disk, not in memory; false: a file system that cannot be read past the cache. */
static bool make_file(void *room)
{
	int fd = open(file, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	bool made = fd >= 0;

	memset(room, 'x', BLOCK);
	for (int i = 0; i < BLOCKS && made; i++)
		made = write(fd, room, BLOCK) == BLOCK;
	if (fd >= 0 && (fsync(fd) || close(fd)))
		fail("%s cannot be written", file);
	return made;
}

int main(int argc, char **argv)
{
	struct pipe_pair nobody = new_pipe();
	struct thread forever = {.name = "w-forever", .argument = &nobody};
	void *room = NULL;
	bool disk;

	if (argc < 2)
		fail("usage: waits FILE [N]");
	if (!strcmp(argv[1], "now")) {
		say("%lu\n", now_ns());
		return 0;
	}
	file = argv[1];
	times = argc > 2 ? number(argv[2]) : times;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || posix_memalign(&room, 4096, BLOCK))
		fail("no memory");
	disk = make_file(room);
	wait_for_go();
	start(&forever, never);
	measure((struct thread){.name = "w-sleep", .wait = wait_for_time});
	with_mutex();
	if (disk)
		measure((struct thread){.name = "w-disk", .wait = wait_for_disk, .argument = room});
	with_child();
	with_chain();
	say("DONE\n");
	while (read(STDIN_FILENO, room, 1) > 0)
		;
	return 0;
}
