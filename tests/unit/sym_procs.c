/*
 * sym_procs.c - addresses of processes to names: this process, children that live, have
 * ended, whose program was deleted or replaced; generated code; bounds. Only processes started
 * here are looked at.
 */
#include "kern/mmap_events.h"
#include "sym/procs.h"
#include "sym_check.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

__attribute__((noinline, used)) static int sym_procs_target(int x)
{
	return x * 7 + 3;
}

static char *dir;

/* A child running `program` (this one), which says where its function is, and waits. */
struct child {
	pid_t pid;
	int to, from;
	uint64_t target, libc_function;
};

static int child_main(void)
{
	uint64_t places[2] = {(uintptr_t)sym_procs_target, (uintptr_t)getenv};
	char c;

	if (write(1, places, sizeof(places)) != sizeof(places))
		return 1;
	return read(0, &c, 1) < 0;
}

static struct child start_child(const char *program, int (*before)(void))
{
	struct child child = {0};
	int to[2], from[2];
	uint64_t places[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		exit(2);
	child.pid = fork();
	if (child.pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		if (before && before())
			_exit(3);
		if (program)
			execl(program, program, "--child", NULL);
		_exit(program ? 4 : child_main());
	}
	close(to[0]);
	close(from[1]);
	child.to = to[1];
	child.from = from[0];
	if (read(child.from, places, sizeof(places)) == sizeof(places)) {
		child.target = places[0];
		child.libc_function = places[1];
	}
	return child;
}

static void end_child(struct child *child)
{
	int status;

	close(child->to);
	waitpid(child->pid, &status, 0);
	close(child->from);
}

static void expect(struct procs *procs, uint32_t pid, uint64_t time, uint64_t addr,
		   const char *name, const char *module)
{
	struct symbol sym;

	if (!procs_symbol(procs, pid, time, addr, &sym))
		printf("%s: %s\n%s", name, symbol_loss_text(sym.loss), procs_reasons(procs));
	CHECK_STR(sym.name, name);
	CHECK_STR(sym.module, module);
}

static void expect_loss(struct procs *procs, uint32_t pid, uint64_t addr, enum symbol_loss loss)
{
	struct symbol sym;
	uint64_t before = procs_losses(procs)->count[loss];

	CHECK(!procs_symbol(procs, pid, 0, addr, &sym));
	CHECK_STR(symbol_loss_name(sym.loss), symbol_loss_name(loss));
	CHECK_NUM(procs_losses(procs)->count[loss], before + 1);
	CHECK(sym.kind == SYMBOL_UNKNOWN && !sym.name);
}

static void own_process(void)
{
	struct procs *procs = procs_new(NULL);
	uint64_t vdso = getauxval(AT_SYSINFO_EHDR), addr;
	unsigned named = 0;
	struct symbol sym;

	CHECK(procs_symbol(procs, getpid(), 0, (uintptr_t)sym_procs_target + 1, &sym));
	CHECK_STR(sym.name, "sym_procs_target");
	CHECK(sym.kind == SYMBOL_FUNCTION && sym.offset == 1);
	CHECK_STR(sym.module, "sym_procs");
	CHECK(sym.path && sym.path[0] == '/');
	CHECK(procs_symbol(procs, getpid(), 0, (uintptr_t)getenv + 2, &sym));
	CHECK_STR(sym.name, "getenv");
	CHECK(str_starts(sym.module, "libc"));
	for (addr = vdso; vdso && addr < vdso + 8192; addr += 16)
		if (procs_symbol(procs, getpid(), 0, addr, &sym)) {
			CHECK_STR(sym.module, "[vdso]");
			named++;
		}
	CHECK(!vdso || named > 5);
	expect_loss(procs, getpid(), 16, SYMBOL_LOSS_NO_MAPPING);
	expect_loss(procs, getpid(), 0xffffffff81000000, SYMBOL_LOSS_NO_MAPPING);
	/* No process has this id. */
	expect_loss(procs, 0x7ffffffe, (uintptr_t)getenv, SYMBOL_LOSS_PROCESS_GONE);
	procs_free(procs);
}

static void generated_code(void)
{
	char *path = xasprintf("/tmp/perf-%d.map", getpid());
	unsigned char *code = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
				   -1, 0);
	struct procs *procs = procs_new(NULL);
	struct buf text = {0};
	struct symbol sym;

	CHECK(code != MAP_FAILED);
	expect_loss(procs, getpid(), (uintptr_t)code, SYMBOL_LOSS_NO_PERF_MAP);
	buf_printf(&text, "%lx 40 Function:~one\n", (unsigned long)code);
	write_file(path, text.data, text.len);
	usleep(60000); /* the file is not looked for again at once */
	CHECK(procs_symbol(procs, getpid(), 0, (uintptr_t)code + 5, &sym));
	CHECK_STR(sym.name, "Function:~one");
	CHECK(sym.kind == SYMBOL_GENERATED && sym.offset == 5);
	CHECK_STR(sym.module, path + 5);
	expect_loss(procs, getpid(), (uintptr_t)code + 0x40, SYMBOL_LOSS_PERF_MAP_NOT_COVERED);
	buf_printf(&text, "%lx 40 Function:~two\n", (unsigned long)code + 0x40);
	write_file(path, text.data, text.len);
	usleep(60000);
	expect(procs, getpid(), 0, (uintptr_t)code + 0x40, "Function:~two", path + 5);
	procs_free(procs);

	/* A link in its place is refused, with the reason in words. */
	unlink(path);
	CHECK_NUM(symlink("/etc/passwd", path), 0);
	procs = procs_new(NULL);
	expect_loss(procs, getpid(), (uintptr_t)code, SYMBOL_LOSS_PERF_MAP_REFUSED);
	CHECK(strstr(procs_reasons(procs), "a symbolic link"));
	unlink(path);
	procs_free(procs);
	munmap(code, 8192);
	buf_free(&text);
	free(path);
}

static char *copy_of_self(const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	CHECK_NUM(run("cp /proc/%d/exe '%s'", getpid(), path), 0);
	return path;
}

static void alive_and_deleted(void)
{
	char *program = copy_of_self("deleted");
	struct child child = start_child(program, NULL);
	struct procs *procs = procs_new(NULL);

	CHECK(child.target);
	CHECK_NUM(unlink(program), 0);
	expect(procs, child.pid, 0, child.target, "sym_procs_target", "deleted");
	expect(procs, child.pid, 0, child.libc_function, "getenv", "libc.so.6");
	end_child(&child);
	/* It was read while it lived: it stays. */
	expect(procs, child.pid, 0, child.target + 2, "sym_procs_target", "deleted");
	procs_free(procs);
	free(program);
}

/* Read while alive, but its file only asked for when it is gone and replaced. */
static void gone_and_replaced(void)
{
	char *program = copy_of_self("replaced"), *other = xasprintf("%s/other", dir);
	struct child child = start_child(program, NULL);
	struct procs *procs = procs_new(NULL);

	CHECK(procs_scan(procs) > 0);
	end_child(&child);
	write_file(other, "#!/bin/sh\n", 10);
	CHECK_NUM(rename(other, program), 0);
	expect_loss(procs, child.pid, child.target, SYMBOL_LOSS_FILE_REPLACED);
	expect(procs, child.pid, 0, child.libc_function, "getenv", "libc.so.6");
	procs_free(procs);
	free(program);
	free(other);
}

/* Its symbols have other names: `with`, six letters, in place of "target". In place: the same file. */
static void rename_symbols(const char *path, const char *with)
{
	CHECK_NUM(run("LC_ALL=C sed 's/sym_procs_[a-z]\\{6\\}/sym_procs_%s/g' '%s' >'%s.new' && "
		      "cat '%s.new' >'%s' && rm '%s.new'", with, path, path, path, path, path), 0);
}

/* A program is changed and run again, as whoever writes it does: the same path, the same inode. */
static void rewritten(void)
{
	char *program = copy_of_self("rewritten");
	struct procs *procs = procs_new(NULL);
	struct child child = start_child(program, NULL), other;

	/* what root alone may write is known again by its build-id, which stays */
	CHECK_NUM(chmod(program, 0775), 0);
	expect(procs, child.pid, 0, child.target, "sym_procs_target", "rewritten");
	end_child(&child);
	rename_symbols(program, "better");
	child = start_child(program, NULL);
	expect(procs, child.pid, 0, child.target, "sym_procs_better", "rewritten");
	/* Of one that ended before: what it ran is nowhere any more. */
	end_child(&child);
	procs_on_exit(procs, now_ns(), child.pid, child.pid);
	usleep(20000); /* more than files' times are counted in */
	rename_symbols(program, "latest");
	child = start_child(program, NULL);
	expect(procs, child.pid, 0, child.target, "sym_procs_latest", "rewritten");
	procs_on_exit(procs, now_ns(), child.pid, child.pid);
	end_child(&child);
	usleep(20000);
	rename_symbols(program, "newest");
	other = start_child(program, NULL);
	expect(procs, other.pid, 0, other.target, "sym_procs_newest", "rewritten");
	expect_loss(procs, child.pid, child.target, SYMBOL_LOSS_FILE_REPLACED);
	end_child(&other);
	procs_free(procs);
	free(program);
}

static int hidden_place(void)
{
	char *program = xasprintf("%s/ns/inner", dir);
	int err = unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	char *command = xasprintf("cp /proc/%d/exe '%s'", getppid(), program);

	char *place = xasprintf("%s/ns", dir);

	err = err || mount("tmpfs", place, "tmpfs", 0, NULL);
	err = err || system(command);
	free(place);
	free(command);
	free(program);
	return err;
}

/* A program that exists in a mount namespace of its own only, as in a container. */
static void other_namespace(void)
{
	char *program = xasprintf("%s/ns/inner", dir), *place = xasprintf("%s/ns", dir);
	struct child child;

	CHECK_NUM(mkdir(place, 0755), 0);
	child = start_child(program, hidden_place);
	if (!child.target) {
		printf("skipped: mount namespace: not permitted here\n");
	} else {
		struct procs *procs = procs_new(NULL);

		CHECK(access(program, F_OK) < 0);
		expect(procs, child.pid, 0, child.target, "sym_procs_target", "inner");
		procs_free(procs);
	}
	end_child(&child);
	free(program);
	free(place);
}

static int other_hidden_place(void)
{
	char *program = xasprintf("%s/ns/inner", dir);
	int err = hidden_place() || chmod(program, 0775);

	if (!err)
		rename_symbols(program, "second");
	free(program);
	return err;
}

/* Two containers: the same path, and of the two file systems the same inode, but not the same program. */
static void alike_in_two_namespaces(void)
{
	char *program = xasprintf("%s/ns/inner", dir);
	struct child first = start_child(program, hidden_place), second = start_child(program, other_hidden_place);

	if (!first.target || !second.target) {
		printf("skipped: mount namespace: not permitted here\n");
	} else {
		struct procs *procs = procs_new(NULL);

		expect(procs, first.pid, 0, first.target, "sym_procs_target", "inner");
		expect(procs, second.pid, 0, second.target, "sym_procs_second", "inner");
		procs_free(procs);
	}
	end_child(&first);
	end_child(&second);
	free(program);
}

static unsigned feed_counts[4];

static void feed(void *arg, const struct mmap_event *e)
{
	struct procs *procs = arg;
	static uint64_t last;

	CHECK(e->time >= last);
	last = e->time;
	feed_counts[e->kind]++;
	switch (e->kind) {
	case MMAP_EVENT_MMAP:
		procs_on_mmap(procs, e->time, e->pid, e->addr, e->len, e->page_offset, e->dev, e->ino,
			      e->name);
		break;
	case MMAP_EVENT_COMM:
		procs_on_comm(procs, e->time, e->pid, e->exec);
		break;
	case MMAP_EVENT_FORK:
		procs_on_fork(procs, e->time, e->pid, e->parent);
		break;
	case MMAP_EVENT_EXIT:
		procs_on_exit(procs, e->time, e->pid, e->tid);
		break;
	}
}

/* Children that are gone before anything is asked: by events alone. */
static void gone_with_events(void)
{
	struct mmap_events_options only_us = {.pid = getpid()};
	struct mmap_events *me = NULL;
	struct procs *procs = procs_new(NULL);
	struct child run_child, fork_child;
	char *program = copy_of_self("ended");
	int err = mmap_events_open(&me, &only_us);
	uint64_t between;

	if (err) {
		printf("skipped: mapping events: perf_event_open: %s\n", strerror(-err));
		goto out;
	}
	/* An event on oneself starts with what one forks from now on. */
	run_child = start_child(program, NULL);
	between = now_ns();
	end_child(&run_child);
	fork_child = start_child(NULL, NULL);
	end_child(&fork_child);
	CHECK(run_child.target && fork_child.target);
	mmap_events_read(me, true, feed, procs);
	CHECK(feed_counts[MMAP_EVENT_MMAP] > 2 && feed_counts[MMAP_EVENT_FORK] >= 2);
	CHECK(feed_counts[MMAP_EVENT_COMM] >= 1 && feed_counts[MMAP_EVENT_EXIT] >= 2);
	CHECK_NUM(mmap_events_lost(me), 0);
	expect(procs, run_child.pid, 0, run_child.target + 1, "sym_procs_target", "ended");
	expect(procs, run_child.pid, between, run_child.target + 1, "sym_procs_target", "ended");
	expect(procs, run_child.pid, 0, run_child.libc_function, "getenv", "libc.so.6");
	expect(procs, fork_child.pid, 0, fork_child.target, "sym_procs_target", "sym_procs");
	CHECK_NUM(mmap_events_read(me, true, feed, procs), 0);
out:
	/* Without events, and gone: counted as such. */
	run_child = start_child(program, NULL);
	end_child(&run_child);
	procs_free(procs);
	procs = procs_new(NULL);
	expect_loss(procs, run_child.pid, run_child.target, SYMBOL_LOSS_PROCESS_GONE);
	mmap_events_close(me);
	procs_free(procs);
	free(program);
}

/* Ring overflow is counted, and what is left still makes sense. */
static void small_rings(void)
{
	struct mmap_events_options tiny = {.pid = getpid(), .pages = 1};
	struct mmap_events *me = NULL;
	struct procs *procs = procs_new(NULL);
	unsigned forks = 400;
	cpu_set_t all;
	int status;

	CHECK_NUM(sched_getaffinity(0, sizeof(all), &all), 0);
	if (mmap_events_open(&me, &tiny)) {
		printf("skipped: small rings: perf_event_open refuses\n");
		goto out;
	}
	for (unsigned i = 0; i < forks; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, &status, 0);
	}
	memset(feed_counts, 0, sizeof(feed_counts));
	mmap_events_read(me, true, feed, procs);
	/* The kernel reports a loss with the next record that fits, on the same CPU. */
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_ISSET(cpu, &all); cpu++) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		if (!fork())
			_exit(0);
		wait(&status);
		forks++;
	}
	sched_setaffinity(0, sizeof(all), &all);
	mmap_events_read(me, true, feed, procs);
	CHECK(feed_counts[MMAP_EVENT_FORK] > 20);
	CHECK_NUM(feed_counts[MMAP_EVENT_FORK] + feed_counts[MMAP_EVENT_EXIT] +
		  mmap_events_lost(me), 2 * forks);
	CHECK(mmap_events_lost(me) > 0);
	mmap_events_close(me);
out:
	procs_free(procs);
}

/* Images of one pid, by time: made-up processes with the library that we have mapped. */
static void made_up(void)
{
	struct procs *procs = procs_new(NULL);
	uint64_t a = (uintptr_t)getenv & ~4095ul, offset = 0, ino = 0;
	struct symbol sym;
	char path[512] = "", line[1024];
	FILE *maps = fopen("/proc/self/maps", "re");

	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long start, end, off, node;

		if (sscanf(line, "%lx-%lx %*s %lx %*s %lu %511s", &start, &end, &off, &node, path) == 5 &&
		    a >= start && a < end) {
			offset = off + (a - start);
			ino = node;
			break;
		}
	}
	fclose(maps);
	a = 0x10000000;
	procs_on_fork(procs, 100, 4000001, 1);
	procs_on_mmap(procs, 110, 4000001, a, 4096, offset, 0, ino, path);
	procs_on_fork(procs, 120, 4000002, 4000001); /* has what the parent has */
	procs_on_comm(procs, 130, 4000002, true);    /* now nothing */
	procs_on_mmap(procs, 140, 4000002, a + 0x100000, 4096, offset, 0, ino, path);
	procs_on_exit(procs, 150, 4000002, 4000002);
	procs_on_fork(procs, 160, 4000002, 4000001); /* the pid comes back */
	procs_on_comm(procs, 170, 4000002, true);
	procs_on_mmap(procs, 180, 4000002, a + 0x200000, 4096, offset, 0, ino, path);
	procs_on_exit(procs, 190, 4000002, 4000002);
	a += (uintptr_t)getenv & 4095;
	expect(procs, 4000002, 125, a, "getenv", "libc.so.6");
	CHECK(!procs_symbol(procs, 4000002, 145, a, &sym) && sym.loss == SYMBOL_LOSS_NO_MAPPING);
	expect(procs, 4000002, 145, a + 0x100000, "getenv", "libc.so.6");
	expect(procs, 4000002, 185, a + 0x200000, "getenv", "libc.so.6");
	CHECK(!procs_symbol(procs, 4000002, 185, a + 0x100000, &sym));
	/* Without a time, whichever had it. */
	expect(procs, 4000002, 0, a + 0x100000, "getenv", "libc.so.6");
	expect(procs, 4000002, 0, a + 0x200000, "getenv", "libc.so.6");
	expect(procs, 4000002, 0, a, "getenv", "libc.so.6");
	/* A mapping over another one hides it. */
	procs_on_mmap(procs, 200, 4000001, 0x10000000, 8192, 0, 0, 7, "/nonexistent/file");
	expect_loss(procs, 4000001, a, SYMBOL_LOSS_FILE_UNREADABLE);
	procs_on_mmap(procs, 210, 4000001, ~0ul - 100, 8192, 0, 0, 7, "/wraps");
	procs_free(procs);
}

static void bounded(void)
{
	struct procs_options options = {.image_bytes = 1 << 20};
	struct procs *procs = procs_new(&options);
	char path[64];

	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t pid = 5000000 + i;

		procs_on_fork(procs, i * 10 + 1, pid, 1);
		procs_on_comm(procs, i * 10 + 2, pid, true);
		for (int k = 0; k < 4; k++) {
			snprintf(path, sizeof(path), "/nonexistent/build-%u/lib%d.so", i, k);
			procs_on_mmap(procs, i * 10 + 3, pid, 0x1000000u * (k + 1), 4096, 0, 0, i + 1,
				      path);
		}
		procs_on_exit(procs, i * 10 + 9, pid, pid);
	}
	CHECK(procs_memory(procs) < (1 << 20) + 65536 + sizeof(struct procs *) * 6000);
	/* The last ones are still there, the first are not. */
	expect_loss(procs, 5000000 + 19999, 0x1000010, SYMBOL_LOSS_FILE_UNREADABLE);
	expect_loss(procs, 5000000, 0x1000010, SYMBOL_LOSS_PROCESS_GONE);
	procs_free(procs);
}

/* Ten thousand distinct addresses, as stacks bring them. */
static void speed(void)
{
	struct procs *procs = procs_new(NULL);
	uint64_t from = (uintptr_t)getenv, start, first, again;
	unsigned named = 0;
	struct symbol sym;

	procs_symbol(procs, getpid(), 0, from, &sym);
	start = now_ns();
	for (int i = 0; i < 10000; i++)
		named += procs_symbol(procs, getpid(), 0, from + i * 97, &sym);
	first = now_ns() - start;
	start = now_ns();
	for (int i = 0; i < 10000; i++)
		procs_symbol(procs, getpid(), 0, from + i * 97, &sym);
	again = now_ns() - start;
	printf("10000 addresses: %.1f ms the first time, %.1f ms again; %u named, %zu KB\n",
	       first / 1e6, again / 1e6, named, procs_memory(procs) / 1024);
	CHECK(named > 1000);
	CHECK(first < 1000000000);
	procs_free(procs);
}

int main(int argc, char **argv)
{
	if (argc > 1 && str_eq(argv[1], "--child"))
		return child_main();
	if (sym_procs_target(1) != 10)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	dir = make_scratch();
	own_process();
	generated_code();
	alive_and_deleted();
	gone_and_replaced();
	other_namespace();
	alike_in_two_namespaces();
	rewritten();
	gone_with_events();
	small_rings();
	made_up();
	bounded();
	speed();
	remove_scratch(dir);
	return unit_result();
}
