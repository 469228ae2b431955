/*
 * can_bpf.c - may this process load BPF programs? Loads a minimal tracepoint program and
 * makes a map. Exit status 0 and no output when it may, else 1 and the reason on a line.
 * Deliberately independent of sonde: were sonde itself asked, its breakage would read as
 * "skipped".
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refuse(const char *what, int error)
{
	printf("the kernel refuses %s: %s\n", what, strerror(error));
	return 1;
}

int main(void)
{
	static const struct bpf_insn return_zero[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = attr.value_size = 8;
	attr.max_entries = 1;
	if (syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) < 0)
		return refuse("bpf(2) maps", errno);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACEPOINT;
	attr.insns = (unsigned long)return_zero;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	if (syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) < 0)
		return refuse("bpf(2) tracing programs", errno);
	if (access("/sys/kernel/tracing/events", F_OK) != 0 &&
	    access("/sys/kernel/debug/tracing/events", F_OK) != 0) {
		printf("no tracefs at /sys/kernel/tracing\n");
		return 1;
	}
	return 0;
}
