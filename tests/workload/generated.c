/*
 * generated.c - code made while it runs, as a JIT compiler makes it: no file knows its names.
 *
 * usage: generated [-n CALLS] [-m MILLISECONDS] [-w]
 *
 *     main -> call_generated -> (16 bytes in anonymous memory) -> leaf
 *
 * Prints `generated ADDRESS` (hex) before it waits for its input (-w, workload.h), then makes CALLS
 * calls (default 10) and stays for MILLISECONDS (default 0), so that its maps can be read.
 */
#pragma GCC optimize("no-omit-frame-pointer", "no-optimize-sibling-calls")
#include <sys/mman.h>

#include "workload.h"

/* Keeps a frame of its own and calls its argument. */
static const unsigned char code[] = {
#if defined(__x86_64__)
	0x55, 0x48, 0x89, 0xe5,             /* push %rbp; mov %rsp,%rbp */
	0xff, 0xd7,                         /* call *%rdi */
	0x5d, 0xc3,                         /* pop %rbp; ret */
#elif defined(__aarch64__)
	0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91, /* stp x29,x30,[sp,-16]!; mov x29,sp */
	0x00, 0x00, 0x3f, 0xd6,             /* blr x0 */
	0xfd, 0x7b, 0xc1, 0xa8, 0xc0, 0x03, 0x5f, 0xd6, /* ldp x29,x30,[sp],16; ret */
#else
	0,
#endif
};

static volatile unsigned long leaves;

__attribute__((noinline, noclone, visibility("default"))) void leaf(void)
{
	__asm__ volatile("nop" : : : "memory"); /* emulated by the kernel: fast */
	leaves++;
}

/* Kernels before 6.12 leave out the caller of a function probed at its first instruction. */
static __attribute__((noinline, noclone)) void visit(void)
{
	leaf();
	__asm__ volatile("");
}

static __attribute__((noinline, noclone)) void call_generated(void (*made)(void (*)(void)))
{
	made(visit);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	unsigned long calls = 10, milliseconds = 0;
	int option, wait = 0;
	void *memory;

	while ((option = getopt(argc, argv, "n:m:w")) != -1) {
		switch (option) {
		case 'n': calls = number(optarg); break;
		case 'm': milliseconds = number(optarg); break;
		case 'w': wait = 1; break;
		default: return 2;
		}
	}
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	memcpy(memory, code, sizeof(code));
	__builtin___clear_cache(memory, (char *)memory + 4096);
	if (mprotect(memory, 4096, PROT_READ | PROT_EXEC) < 0)
		fail("mprotect: %s", strerror(errno));
	say("generated %lx\n", (unsigned long)memory);
	if (wait)
		wait_for_go();
	for (unsigned long i = 0; i < calls; i++)
		call_generated((void (*)(void (*)(void)))memory);
	usleep(milliseconds * 1000);
	return 0;
}
