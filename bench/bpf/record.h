/* record.h - what printf.bpf.c sends and the loader prints. */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <linux/types.h>

struct write_record {
	__u64 size;
	__u32 pid;
	char comm[16];
	__u32 pad;
};

#endif
