/*
 * compat.c - a workload whose every traced act is known, for comparing tracers with each other.
 *
 * usage: compat MODE
 *   idle      nothing but its end
 *   writes    ten write(2) to /dev/null of 1, 2, 4 ... 512 bytes
 *   opens     openat(2) of /dev/null, of a name that is not there and of a long name
 *   calls     ten calls of each function below
 *   sleep     about 300 ms of sleep
 */
#include "workload.h"

struct compat_inner {
	int8_t small;
	uint16_t bits : 3, more : 5;
	char name[8];
};

struct compat_point {
	int x, y;
	uint64_t big;
	struct compat_inner inner;
	int array[4];
	const char *text;
	struct compat_point *next;
};

__attribute__((noinline)) int compat_add(int a, int b)
{
	__asm__ volatile("" ::: "memory");
	return a + b;
}

__attribute__((noinline)) long compat_text(const char *text, size_t size)
{
	__asm__ volatile("" ::: "memory");
	return text[0] + (long)size;
}

__attribute__((noinline)) int compat_struct(const struct compat_point *p)
{
	__asm__ volatile("" ::: "memory");
	return p->x;
}

__attribute__((noinline)) unsigned long compat_many(unsigned long a, unsigned long b, unsigned long c,
						    unsigned long d, unsigned long e, unsigned long f)
{
	__asm__ volatile("" ::: "memory");
	return a + b + c + d + e + f;
}

static void writes(void)
{
	static char bytes[512];
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < 10; i++)
		if (write(fd, bytes, 1 << i) != 1 << i)
			fail("write");
	close(fd);
}

static void opens(void)
{
	char longer[200] = "/nonexistent/";

	memset(longer + 13, 'x', sizeof(longer) - 14);
	close(open("/dev/null", O_RDONLY | O_CLOEXEC));
	close(open("/nonexistent/file", O_RDONLY));
	close(open(longer, O_RDONLY));
}

static void calls(void)
{
	struct compat_point second = {.x = -7, .y = 8, .text = "second"};
	struct compat_point point = {.x = 1, .y = -2, .big = 1ull << 63, .inner = {-1, 5, 17, "inner"},
				     .array = {10, 20, -30, 40}, .text = "point", .next = &second};
	long sum = 0;

	for (int i = 0; i < 10; i++) {
		sum += compat_add(i, -2 * i);
		sum += compat_text(i % 2 ? "odd" : "even", i);
		sum += compat_struct(&point);
		sum += compat_many(1, 2, 3, 4, 5, i);
	}
	if (sum == 0)
		fail("sum");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "idle";

	if (!strcmp(mode, "writes"))
		writes();
	else if (!strcmp(mode, "opens"))
		opens();
	else if (!strcmp(mode, "calls"))
		calls();
	else if (!strcmp(mode, "sleep"))
		usleep(300000);
	else if (strcmp(mode, "idle"))
		fail("no mode %s", mode);
	return 0;
}
