/*
 * target.c - a program to put uprobes on in pure tests; never run. Without a C library, so
 * that the committed binary is small and the same everywhere.
 */
typedef struct request { int id; unsigned long size; const char *name; } request;

__attribute__((noinline)) int handle_open(const request *r)
{
	__asm__ volatile("" ::: "memory");
	return r->id;
}

__attribute__((noinline)) long handle_read(const request *r, unsigned long max)
{
	__asm__ volatile("" ::: "memory");
	return r->size < max ? (long)r->size : -1;
}

__attribute__((noinline)) static long local_helper(long n)
{
	__asm__ volatile("" ::: "memory");
	return n * 3 + 1;
}

void _start(void)
{
	static const request first = {1, 4096, "first"};
	local_helper(handle_open(&first) + handle_read(&first, 100));
	for (;;)
		;
}
