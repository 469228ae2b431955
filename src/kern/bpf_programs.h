/*
 * bpf_programs.h - the BPF programs that are loaded, as functions that can be traced.
 */
#ifndef SONDE_KERN_BPF_PROGRAMS_H
#define SONDE_KERN_BPF_PROGRAMS_H

#include "kern/btf.h"

struct bpf_program_place { /* a function of a loaded program */
	uint32_t id;       /* of the program */
	const char *name;  /* whole, from its BTF; lives during the call */
	uint32_t btf_id;   /* of the FUNC in its BTF */
};

/*
 * Every program that BTF describes (others cannot be traced); `each` may stop with false.
 * 0, or -errno when programs cannot be listed.
 */
int bpf_programs_each(bool (*each)(void *arg, const struct bpf_program_place *place), void *arg);

/* The BTF of a program, read into memory; 0 or -errno. btf_close it, then free *bytes. */
int bpf_program_btf(uint32_t id, struct btf **out, void **bytes);

/* A descriptor of the program, -errno. */
int bpf_program_fd(uint32_t id);

#endif
