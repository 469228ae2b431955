/*
 * sys.h - the seam between sonde and the kernel: every bpf(2), perf_event_open(2), ioctl(2)
 * and mmap(2) of src/kern goes through here.
 *
 * Takes arguments as the system call does; gives the result or -errno, never errno itself.
 * Guarantees:
 *  - a file descriptor it returns is close-on-exec and above 2 (the kernel reads descriptor
 *    0 in several attributes as "none");
 *  - BPF_PROG_LOAD interrupted by a signal (EAGAIN) and calls answered EINTR are repeated,
 *    a bounded number of times;
 *  - a test can make the Nth call of a kind fail (sys_fault_set), so that every error path
 *    can be walked.
 */
#ifndef SONDE_KERN_SYS_H
#define SONDE_KERN_SYS_H

#include <sys/types.h>

#include "base/base.h"

struct perf_event_attr;

enum sys_call {
	SYS_CALL_BPF,
	SYS_CALL_PERF_EVENT_OPEN,
	SYS_CALL_IOCTL,
	SYS_CALL_MMAP,
	SYS_CALL_OPEN,
	SYS_CALL_COUNT
};

/* bpf(2). `attr` may be shorter or longer than the kernel's union; `size` is its true size. */
int sys_bpf(int cmd, void *attr, size_t size);
int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			unsigned long flags);
int sys_ioctl(int fd, unsigned long request, unsigned long arg);
/* mmap(2) at an address of the kernel's choice; 0 or -errno. Give back with sys_munmap. */
int sys_mmap(void **out, size_t size, int prot, int flags, int fd, off_t offset);
void sys_munmap(void *addr, size_t size);
/* open(2) without creating; O_CLOEXEC is added. */
int sys_open(const char *path, int flags);
/* Closes and sets to -1; a negative descriptor is left alone. */
void sys_close(int *fd);
/* Address as the kernel's attributes want it. */
static inline uint64_t sys_addr(const void *p) { return (uint64_t)(uintptr_t)p; }

/*
 * For tests: the `nth` (from 1) call of `call` from now on fails with -error without reaching
 * the kernel; `cmd` is the bpf command, ioctl request, or -1 for any. One fault at a time;
 * sys_fault_clear() takes it away and returns how many calls matched meanwhile.
 */
void sys_fault_set(enum sys_call call, long cmd, unsigned nth, int error);
unsigned sys_fault_clear(void);

#endif
