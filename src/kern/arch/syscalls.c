/* syscalls.c - see syscalls.h; the tables are made by scripts/gen-syscalls. */
#include "kern/arch/syscalls.h"

#include "base/base.h"

static const struct {
	int number;
	const char *name, *tracepoint;
} calls[] = {
#define SYSCALL(number, name, tracepoint) {number, name, tracepoint},
#if defined(__aarch64__)
#include "kern/arch/syscalls_arm64.def"
#else
#include "kern/arch/syscalls_x86_64.def"
#endif
#undef SYSCALL
};

int syscall_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (str_eq(calls[i].name, name))
			return calls[i].number;
	return -1;
}

int syscall_tracepoint_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (str_eq(calls[i].tracepoint, name))
			return calls[i].number;
	return -1;
}

const char *syscall_name(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}

const char *syscall_tracepoint_name(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].number == number)
			return calls[i].tracepoint;
	return NULL;
}
