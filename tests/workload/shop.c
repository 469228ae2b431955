/*
 * shop SECONDS [slow]: a pretended server for pictures. Two workers serve requests: parsed, looked up
 * (found at once, or one time in five fetched, which takes ten times as long), rendered, compressed; 40 ms
 * of work, then 10 ms of rest. Every second, 0.4 s into it, a checkpoint writes to memory for 120 ms. With
 * `slow` rendering takes twice as long.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define STEP __attribute__((noinline))

static double end;
static int slow;
volatile unsigned sink;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static inline __attribute__((always_inline)) void spin(unsigned n)
{
	for (unsigned i = 0; i < n * 100; i++)
		sink = sink * 31 + i;
}

STEP void split_words(void) { spin(40); sink++; }
STEP void parse_headers(void) { split_words(); spin(20); }
STEP void parse_request(void) { spin(15); parse_headers(); sink++; }
STEP void hash_key(void) { spin(15); sink++; }
STEP void compare_keys(void) { spin(25); sink++; }
STEP void decode_row(void) { spin(500); sink++; }
STEP void fetch_rows(void) { for (int i = 0; i < 4; i++) decode_row(); spin(100); }
STEP void look_up(int found) { hash_key(); if (found) compare_keys(); else fetch_rows(); sink++; }
STEP void escape_html(void) { spin(slow ? 160 : 40); sink++; }
STEP void render_item(void) { spin(20); escape_html(); sink++; }
STEP void render_page(void) { for (int i = 0; i < 3; i++) render_item(); sink++; }
STEP void match_bytes(void) { spin(60); sink++; }
STEP void compress_page(void) { spin(20); match_bytes(); sink++; }

STEP void serve(unsigned n)
{
	parse_request();
	look_up(n % 5);
	render_page();
	compress_page();
}

STEP void checksum_page(void) { spin(40); sink++; }
STEP void write_pages(int fd, const char *page, size_t size)
{
	checksum_page();
	for (int i = 0; i < 8; i++)
		if (pwrite(fd, page, size, 0) < 0)
			abort();
}

static void *work(void *name)
{
	prctl(PR_SET_NAME, name);
	for (unsigned n = 0; now() < end; n++) {
		for (double until = now() + 0.04; now() < until; n++)
			serve(n);
		usleep(10000);
	}
	return NULL;
}

static void *keep(void *name)
{
	static char page[1 << 16];
	int fd = memfd_create("pages", 0);

	prctl(PR_SET_NAME, name);
	for (double at = (long)now() + 0.4; at < end; at += 1) {
		while (now() < at)
			usleep(2000);
		while (now() < at + 0.12)
			write_pages(fd, page, sizeof(page));
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[3];

	end = now() + (argc > 1 ? atof(argv[1]) : 5);
	slow = argc > 2 && !strcmp(argv[2], "slow");
	pthread_create(&threads[0], NULL, work, "worker-1");
	pthread_create(&threads[1], NULL, work, "worker-2");
	pthread_create(&threads[2], NULL, keep, "checkpoint");
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
