/* arch.c - see arch.h. */
#include "ir/arch.h"

#include "base/base.h"

static const struct arch_register x86_registers[] = {
	{"r15", 0}, {"r14", 8}, {"r13", 16}, {"r12", 24}, {"bp", 32}, {"bx", 40}, {"r11", 48},
	{"r10", 56}, {"r9", 64}, {"r8", 72}, {"ax", 80}, {"cx", 88}, {"dx", 96}, {"si", 104},
	{"di", 112}, {"orig_ax", 120}, {"ip", 128}, {"pc", 128}, {"cs", 136}, {"flags", 144},
	{"sp", 152}, {"ss", 160},
};

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.registers = x86_registers, .nregisters = ARRAY_SIZE(x86_registers),
	.args = {112, 104, 96, 88, 72, 64}, .nargs = 6,
	.syscall_args = {112, 104, 96, 56, 72, 64},
	.syscall_number = 120, .syscall_number_size = 8, .result = 80, .ip = 128, .sp = 152,
	.mode = 136, .mode_bits = 3, .mode_user = 3, /* cs: the ring */
	/* TS_COMPAT, arch/x86/include/asm/thread_info.h */
	.compat_field = {"thread_info", "status"}, .compat_mask = 2,
	.compat_args = {40, 88, 96, 104, 112, 32},
};

#define X(n) {"r" #n, 8 * n}
static const struct arch_register arm64_registers[] = {
	X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13),
	X(14), X(15), X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23), X(24), X(25),
	X(26), X(27), X(28), X(29), X(30), {"sp", 248}, {"pc", 256}, {"ip", 256}, {"pstate", 264},
};
#undef X

const struct arch arch_arm64 = {
	.name = "arm64",
	.registers = arm64_registers, .nregisters = ARRAY_SIZE(arm64_registers),
	.args = {0, 8, 16, 24, 32, 40, 48, 56}, .nargs = 8,
	.syscall_args = {272, 8, 16, 24, 32, 40}, /* orig_x0: x0 holds the result at exit */
	.syscall_number = 280, .syscall_number_size = 4, .result = 0, .ip = 256, .sp = 248,
	.mode = 264, .mode_bits = 15, .mode_user = 0, /* pstate: EL0, AArch64 */
	/* TIF_32BIT, arch/arm64/include/asm/thread_info.h */
	.compat_field = {"thread_info", "flags"}, .compat_mask = 1u << 22,
	.compat_args = {272, 8, 16, 24, 32, 40},
};

const struct arch *arch_native(void)
{
#if defined(__aarch64__)
	return &arch_arm64;
#else
	return &arch_x86_64;
#endif
}

int arch_register_offset(const struct arch *arch, const char *name)
{
	for (unsigned i = 0; i < arch->nregisters; i++)
		if (str_eq(arch->registers[i].name, name))
			return arch->registers[i].offset;
	return -1;
}
