/* structs.c - hands structs of every shape to a function, for probes that look into them. */
#include <stdio.h>

struct inner {
	short q;
	char name[16];
};

struct outer {
	int a : 3;
	unsigned b : 5;
	long c;
	struct inner in;
	struct outer *next;
	signed char f[4];
	int m[2][3];
	union {
		int u1;
		char u2;
	};
	unsigned long big : 40;
	long sb : 20;
	_Bool flag : 1;
	enum { LOW = 3, HIGH = 9 } level : 6;
	struct {
		int deep;
	} __attribute__((packed)) *below;
} __attribute__((packed));

__attribute__((noinline)) int structs_look(struct outer *x, int round)
{
	__asm__ volatile("" ::"r"(x) : "memory");
	return x->a + round;
}

int main(void)
{
	struct outer y = {.a = 1, .c = 99};
	struct outer x = {
		.a = -2, .b = 17, .c = -5, .in = {7, "hello"}, .next = &y, .f = {1, -2, 3, 4},
		.m = {{1, 2, 3}, {4, 5, 6}}, .u1 = 77, .big = 1UL << 39 | 5, .sb = -9, .flag = 1, .level = HIGH,
	};
	struct { int deep; } deep = {1234};
	int sum = 0;

	x.below = (void *)&deep;
	for (int round = 0; round < 3; round++)
		sum += structs_look(&x, round);
	printf("%d\n", sum);
	return 0;
}
