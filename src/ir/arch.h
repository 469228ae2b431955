/*
 * arch.h - where an architecture keeps registers and arguments in struct pt_regs.
 * Offsets are of the kernel's struct pt_regs: arch/x86/include/asm/ptrace.h,
 * arch/arm64/include/asm/ptrace.h.
 */
#ifndef SONDE_ARCH_H
#define SONDE_ARCH_H

#include <stdbool.h>
#include <stdint.h>

struct arch_register {
	const char *name;
	uint16_t offset;
};

struct arch {
	const char *name;
	const struct arch_register *registers;
	uint16_t nregisters;
	uint16_t args[8];        /* function arguments in registers */
	uint8_t nargs;
	uint16_t syscall_args[6];
	uint16_t syscall_number; /* at the system call's exit, signed */
	uint8_t syscall_number_size;
	uint16_t result, ip, sp;
	uint16_t mode, mode_bits, mode_user; /* (register & mode_bits) == mode_user: they are a program's */
	/* whether the current system call is a 32-bit one: this field of struct task_struct */
	const char *compat_field[3];
	uint64_t compat_mask;
	uint16_t compat_args[6]; /* where its arguments are */
};

extern const struct arch arch_x86_64, arch_arm64;
const struct arch *arch_native(void);
/* Offset of a register in struct pt_regs, -1: no such register. */
int arch_register_offset(const struct arch *arch, const char *name);

#endif
