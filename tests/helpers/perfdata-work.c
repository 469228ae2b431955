/* perfdata-work: a file with one function that has a name; it is mapped in a recording, and not run. */
#include <stdio.h>

int work(int n);

__attribute__((noinline)) int work(int n)
{
	for (int i = 0; i < 100; i++)
		n = n * 3 + i;
	return n;
}

int main(int argc, char **argv)
{
	(void)argv;
	printf("%d\n", work(argc));
	return 0;
}
