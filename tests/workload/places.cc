/*
 * places.cc - functions to find by C++ name, by source line and by the names of their parameters.
 *
 * usage: places [TIMES]
 *
 * Calls each function below TIMES times (default 5), with arguments that follow from the round.
 */
#include <cstdio>
#include <cstdlib>
#include <string>

#define KEPT __attribute__((noinline, noclone))

namespace places {

struct point { int x, y; unsigned kind : 3, rest : 5; char name[8]; point *next; };
struct box { long sides[5]; };

/* Something in each that no optimiser takes away. */
static inline void keep(long value) { __asm__ volatile("nop" : : "r"(value)); }

KEPT int overloaded(int number) { keep(number); return number + 1; }
KEPT int overloaded(int number, double factor) { keep(number); return number + (int)factor; }
KEPT int by_name(const point *p, unsigned char byte, bool flag, short small, const char *text, long last)
{
	keep(last);
	return p->x + byte + flag + small + text[0]; /* LINE */
}
KEPT long by_value(point where, double skipped, int after, box large, int on_stack)
{
	keep(after);
	return where.x + (long)skipped + large.sides[3] + on_stack;
}

struct shape {
	int area;
	explicit shape(int a) : area(a) {}
	KEPT int scaled(int by) const { keep(by); return area * by; }
	KEPT int operator()(int z) const { keep(z); return z; }
};
template <class T> KEPT T same(T value) { keep((long)value); return value; }

} // namespace places

int main(int argc, char **argv)
{
	int times = argc > 1 ? std::atoi(argv[1]) : 5;
	long sum = 0;

	for (int i = 0; i < times; i++) {
		places::point second = {7, 8, 2, 9, "second", nullptr};
		places::point first = {-i, i, 5, 17, "first", &second};
		places::box box = {{1, 2, 3, 4, 5}};
		places::shape shape(3);

		sum += places::overloaded(i) + places::overloaded(i, 2.5);
		sum += places::by_name(&first, 200, true, -7, "text", -5000000000L);
		sum += places::by_value(first, 1.5, i + 100, box, 42);
		sum += shape.scaled(i) + shape(i) + places::same<long>(i);
	}
	return sum == 4711;
}
