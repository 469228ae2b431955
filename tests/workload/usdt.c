/*
 * usdt.c - static probes of every form of argument, each passed exactly as often as asked.
 *
 * usage: usdt [-n TIMES] [-w] [-q MS]
 *
 *     -q MS  instead: as a MySQL server, two queries a time, one of which takes so many milliseconds
 *
 * The notes are written by hand, as sys/sdt.h would write them (SystemTap, version 3), so that
 * the operands are just those wanted. Prints how often the probe behind the semaphore was passed
 * while somebody had switched it on: `guarded N`.
 */
#include "workload.h"

unsigned short sdt_guarded_semaphore __attribute__((section(".probes"), used, visibility("hidden")));
/* What operands name by symbol. */
int sdt_global __attribute__((used)) = -77;
int sdt_table[8] __attribute__((used)) = {10, 11, 12, 13, 14, 15, 16, 17};

#define NOTE(provider, name, semaphore, args) \
	"990: nop\n" \
	".pushsection .note.stapsdt,\"\",%%note\n" \
	".balign 4\n" \
	".4byte 992f-991f, 994f-993f, 3\n" \
	"991: .asciz \"stapsdt\"\n" \
	"992: .balign 4\n" \
	"993: .8byte 990b\n" \
	".8byte _.stapsdt.base\n" \
	".8byte " semaphore "\n" \
	".asciz \"" provider "\"\n" \
	".asciz \"" name "\"\n" \
	".asciz \"" args "\"\n" \
	"994: .balign 4\n" \
	".popsection\n" \
	".ifndef _.stapsdt.base\n" \
	".pushsection .stapsdt.base,\"aG\",%%progbits,.stapsdt.base,comdat\n" \
	".weak _.stapsdt.base\n" \
	".hidden _.stapsdt.base\n" \
	"_.stapsdt.base: .space 1\n" \
	".size _.stapsdt.base, 1\n" \
	".popsection\n" \
	".endif\n"

/* A register as the note's text has it: "%edi", "w0" for 4 bytes; "%rdi", "x0" for 8. */
#if defined(__x86_64__)
#define R4(n) "%k" #n
#define R8(n) "%q" #n
#define C(n) "$%c" #n
#else
#define R4(n) "%w" #n
#define R8(n) "%x" #n
#define C(n) "%c" #n
#endif

static void __attribute__((noinline)) registers(int i, long l, const char *text)
{
	__asm__ volatile(NOTE("sonde", "registers", "0", "-4@" R4(0) " -8@" R8(1) " 8@" R8(2) " 4@" C(3))
			 : : "r"(i), "r"(l), "r"(text), "i"(4711));
}

static void __attribute__((noinline)) memory(int i, unsigned char byte)
{
	volatile int place = i;
	volatile signed char small = (signed char)byte;
	volatile unsigned short middle = 65000;

	__asm__ volatile(NOTE("sonde", "memory", "0", "-4@%0 -1@%1 2@%2")
			 : : "m"(place), "m"(small), "m"(middle));
}

static void __attribute__((noinline)) sites(long i)
{
	__asm__ volatile(NOTE("sonde", "sites", "0", "-8@" R8(0)) : : "r"(i));
	__asm__ volatile(NOTE("sonde", "sites", "0", "-4@" C(0)) : : "i"(-1000));
	__asm__ volatile(NOTE("other", "sites", "0", "8@" C(0)) : : "i"(1));
}

static unsigned long __attribute__((noinline)) guarded(long i)
{
	if (!*(volatile unsigned short *)&sdt_guarded_semaphore)
		return 0;
	__asm__ volatile(NOTE("sonde", "guarded", "sdt_guarded_semaphore", "-8@" R8(0)) : : "r"(i));
	return 1;
}

/* What a server does with a query: its text at the start, its result when it is done. */
static void __attribute__((noinline)) query(const char *text, unsigned long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	__asm__ volatile(NOTE("mysql", "query__start", "0", "8@" R8(0) " 8@" C(1)) : : "r"(text), "i"(7));
	nanosleep(&time, NULL);
	__asm__ volatile(NOTE("mysql", "query__done", "0", "-4@" C(0)) : : "i"(0));
}

#if defined(__x86_64__)
static void __attribute__((noinline)) operands(long i)
{
	/* the index as 64 bits; the second byte of ax; a symbol, its address, one with an index */
	__asm__ volatile(NOTE("sonde", "operands", "0",
			      "4@(%%rax,%%rcx,4) 4@-8(%%rax,%%rcx,4) 4@sdt_table+4(%%rip) "
			      "-4@sdt_global(%%rip) 4@sdt_table(,%%rcx,4)")
			 : : "a"(sdt_table), "c"(i % 6 + 2) : "memory");
	__asm__ volatile(NOTE("sonde", "bytes", "0", "1@%%ah -1@%%al 2@%%ax -2@%%ax 1@%%r8b 4f@%%xmm0")
			 : : "a"(0x1234fffful - 0x8000 + (0 * i)) : "r8");
}
#else
static void __attribute__((noinline)) operands(long i)
{
	register long base __asm__("x1") = (long)sdt_table, index __asm__("x2") = i % 6 + 2;

	__asm__ volatile(NOTE("sonde", "operands", "0", "4@[x1, x2, lsl 2]") : : "r"(base), "r"(index) : "memory");
}
#endif

int main(int argc, char **argv)
{
	unsigned long times = 10, on = 0, slow = 0;
	int option;

	while ((option = getopt(argc, argv, "n:wq:")) != -1) {
		switch (option) {
		case 'n': times = number(optarg); break;
		case 'w': wait_for_go(); break;
		case 'q': slow = number(optarg); break;
		default: return 2;
		}
	}
	for (unsigned long i = 0; slow && i < times; i++) {
		query("SELECT name FROM people", 0);
		query("SELECT count(*) FROM people, places", slow);
	}
	for (unsigned long i = 0; !slow && i < times; i++) {
		registers(-(int)i, -(long)i * 10000000000, "text of the probe");
		memory((int)i - 5, 251);
		sites(i);
		on += guarded(i);
		operands(i);
	}
	say("guarded %lu\n", on);
	return 0;
}
