/* sys.c - see sys.h. */
#include "kern/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/uapi.h"

#define RETRIES 8

/* Set by a test while one thread runs; counted atomically, as calls come from several. */
static struct {
	bool on;
	enum sys_call call;
	long cmd;
	unsigned nth, seen;
	int error;
} fault;

void sys_fault_set(enum sys_call call, long cmd, unsigned nth, int error)
{
	fault.call = call;
	fault.cmd = cmd;
	fault.nth = nth;
	fault.error = error;
	fault.seen = 0;
	__atomic_store_n(&fault.on, true, __ATOMIC_RELEASE);
}

unsigned sys_fault_clear(void)
{
	__atomic_store_n(&fault.on, false, __ATOMIC_RELEASE);
	return fault.seen;
}

/* 0, or the -errno that the test wants instead of the call. */
static int fault_check(enum sys_call call, long cmd)
{
	if (!__atomic_load_n(&fault.on, __ATOMIC_ACQUIRE))
		return 0;
	if (fault.call != call || (fault.cmd != -1 && fault.cmd != cmd))
		return 0;
	return __atomic_add_fetch(&fault.seen, 1, __ATOMIC_RELAXED) == fault.nth ? -fault.error : 0;
}

/* Moves a descriptor out of 0..2, where a daemon started without them would get it. */
static int fd_above_stdio(int fd)
{
	int moved, err;

	if (fd < 0 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	err = errno;
	close(fd);
	return moved < 0 ? -err : moved;
}

static bool bpf_returns_fd(int cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_OBJ_GET:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE:
	case BPF_ENABLE_STATS:
	case BPF_ITER_CREATE:
		return true;
	}
	return false;
}

int sys_bpf(int cmd, void *attr, size_t size)
{
	int ret = fault_check(SYS_CALL_BPF, cmd);

	for (int i = 0; !ret && i < RETRIES; i++) {
		ret = syscall(SYS_bpf, cmd, attr, size);
		if (ret >= 0)
			return bpf_returns_fd(cmd) ? fd_above_stdio(ret) : ret;
		ret = -errno;
		/* EAGAIN from the verifier means a signal came; elsewhere it is an answer. */
		if ((ret == -EAGAIN && cmd == BPF_PROG_LOAD) || ret == -EINTR)
			ret = i + 1 < RETRIES ? 0 : ret;
	}
	return ret;
}

int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			unsigned long flags)
{
	int ret = fault_check(SYS_CALL_PERF_EVENT_OPEN, -1);

	for (int i = 0; !ret && i < RETRIES; i++) {
		ret = syscall(SYS_perf_event_open, attr, pid, cpu, group_fd,
			      flags | PERF_FLAG_FD_CLOEXEC);
		if (ret >= 0)
			return fd_above_stdio(ret);
		ret = -errno;
		if (ret == -EINTR)
			ret = i + 1 < RETRIES ? 0 : ret;
	}
	return ret;
}

int sys_ioctl(int fd, unsigned long request, unsigned long arg)
{
	int ret = fault_check(SYS_CALL_IOCTL, request);

	if (ret)
		return ret;
	ret = ioctl(fd, request, arg);
	return ret < 0 ? -errno : ret;
}

int sys_mmap(void **out, size_t size, int prot, int flags, int fd, off_t offset)
{
	int ret = fault_check(SYS_CALL_MMAP, -1);
	void *p;

	*out = NULL;
	if (ret)
		return ret;
	p = mmap(NULL, size, prot, flags, fd, offset);
	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

void sys_munmap(void *addr, size_t size)
{
	if (addr)
		munmap(addr, size);
}

int sys_open(const char *path, int flags)
{
	int fd = fault_check(SYS_CALL_OPEN, -1);

	if (fd)
		return fd;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd_above_stdio(fd);
}

void sys_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
