/*
 * kern_test.h - what the kernel-facing unit tests share: checks that say what differed,
 * and leaving with 77 and a reason where the kernel refuses what is tested.
 */
#ifndef SONDE_TESTS_KERN_TEST_H
#define SONDE_TESTS_KERN_TEST_H

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern/uapi.h"

static unsigned checks_failed, checks_done;

#define CHECK(cond) do { \
	checks_done++; \
	if (!(cond)) { \
		checks_failed++; \
		fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond); \
	} \
} while (0)

#define CHECK_EQ(got, want) do { \
	long long got_ = (long long)(got), want_ = (long long)(want); \
	checks_done++; \
	if (got_ != want_) { \
		checks_failed++; \
		fprintf(stderr, "%s:%d: %s is %lld, not %s (%lld)\n", __FILE__, __LINE__, #got, \
			got_, #want, want_); \
	} \
} while (0)

#define CHECK_STR(got, want) do { \
	const char *got_ = (got), *want_ = (want); \
	checks_done++; \
	if (!got_ || strcmp(got_, want_) != 0) { \
		checks_failed++; \
		fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, \
			got_ ? got_ : "(null)", want_); \
	} \
} while (0)

static inline int test_end(void)
{
	printf("%u checks, %u failed\n", checks_done, checks_failed);
	return checks_failed != 0;
}

static inline void __attribute__((noreturn)) test_skip(const char *why, int err)
{
	printf("skipped: %s%s%s\n", why, err ? ": " : "", err ? strerror(-err) : "");
	exit(checks_failed ? 1 : 77);
}

/* BPF instructions, as the tests write them. */
#define INSN(c, d, s, o, i) ((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV_IMM(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOV_REG(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD_IMM(d, i) INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define ADD_REG(d, s) INSN(BPF_ALU64 | BPF_ADD | BPF_X, d, s, 0, 0)
#define LOAD(sz, d, s, o) INSN(BPF_LDX | BPF_MEM | (sz), d, s, o, 0)
#define STORE(sz, d, o, s) INSN(BPF_STX | BPF_MEM | (sz), d, s, o, 0)
#define STORE_IMM(sz, d, o, i) INSN(BPF_ST | BPF_MEM | (sz), d, 0, o, i)
#define ATOMIC(op, d, o, s) INSN(BPF_STX | BPF_ATOMIC | BPF_DW, d, s, o, op)
#define JUMP_IMM(op, d, i, o) INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JUMP(o) INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define CALL(f) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define CALL_SUB(o) INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, o)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LD_IMM64(d, src, lo, hi) INSN(BPF_LD | BPF_IMM | BPF_DW, d, src, 0, lo), INSN(0, 0, 0, 0, hi)
#define LD_MAP(d, fd) LD_IMM64(d, BPF_PSEUDO_MAP_FD, fd, 0)
#define LD_FUNC(d, o) LD_IMM64(d, BPF_PSEUDO_FUNC, o, 0)

/* Descriptors this process has: what was taken must have been given back. */
static inline unsigned open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

#endif
