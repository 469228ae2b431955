/* run_spool.c - the spool: order, bounded memory, every drop counted, two threads at it. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/spool.h"
#include "unit/unit.h"

static void test_order_and_sizes(void)
{
	struct spool *spool = spool_new(64 << 20);
	static uint8_t bytes[600000];
	struct spooled got;
	bool closed;
	uint32_t sizes[] = {0, 1, 7, 8, 9, 5000, 600000, 3};

	CHECK(!spool_next(spool, &got, 0, &closed) && !closed);
	for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(bytes, 'a' + i, sizes[i]);
		CHECK(spool_put(spool, i, bytes, sizes[i], false));
	}
	CHECK(!spool_next(spool, &got, 0, &closed)); /* nothing was published */
	spool_publish(spool);
	for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		bool same = true;

		CHECK(spool_next(spool, &got, 0, &closed) && got.tag == i && got.len == sizes[i]);
		for (uint32_t j = 0; j < got.len; j++)
			same &= got.data[j] == 'a' + i;
		CHECK(same && ((uintptr_t)got.data & 7) == 0);
	}
	CHECK(!spool_next(spool, &got, 0, &closed) && !closed);
	spool_close(spool);
	CHECK(!spool_next(spool, &got, -1, &closed) && closed);
	CHECK(spool_dropped(spool) == 0);
	spool_free(spool);
	spool_free(NULL);
}

/* Nobody takes anything: memory stays below the limit, the rest is counted; room comes back. */
static void test_limit(void)
{
	enum { LIMIT = 4 << 20, RECORDS = 1000 };
	struct spool *spool = spool_new(LIMIT);
	static uint8_t bytes[16384];
	uint64_t kept = 0, taken = 0;
	struct spooled got;
	bool closed;

	for (int i = 0; i < RECORDS; i++)
		kept += spool_put(spool, i, bytes, sizeof(bytes), false);
	spool_publish(spool);
	CHECK(kept > 200 && kept < RECORDS && kept + spool_dropped(spool) == RECORDS);
	CHECK(spool_memory(spool) <= LIMIT && spool_peak(spool) <= LIMIT);
	/* what steers the session is taken all the same, within little more */
	for (int i = 0; i < 100; i++)
		CHECK(spool_put(spool, 7, bytes, 16, true));
	CHECK(spool_memory(spool) <= LIMIT + 8192);
	spool_publish(spool);
	while (spool_next(spool, &got, 0, &closed))
		taken++;
	CHECK(taken == kept + 100);
	CHECK(spool_memory(spool) < 600000); /* given back */
	CHECK(spool_put(spool, 1, bytes, sizeof(bytes), false));
	spool_free(spool);
}

enum { THREAD_RECORDS = 300000 };

static void *write_all(void *arg)
{
	struct spool *spool = arg;

	for (uint64_t i = 0; i < THREAD_RECORDS; i++) {
		uint64_t record[4] = {i, i, i, i};

		spool_put(spool, 0, record, 8 + i % 4 * 8, i % 1000 == 0);
		if (i % 17 == 0)
			spool_publish(spool);
	}
	spool_close(spool);
	return NULL;
}

/* Each record is either taken, in order and whole, or counted. `pause_us` lets it fill up. */
static void test_threads(size_t limit, unsigned pause_us)
{
	struct spool *spool = spool_new(limit);
	uint64_t taken = 0, last = 0, kept_ones = 0;
	struct spooled got;
	pthread_t thread;
	bool closed = false, good = true;

	if (pthread_create(&thread, NULL, write_all, spool))
		abort();
	while (!closed) {
		uint64_t n;

		if (!spool_next(spool, &got, 50, &closed))
			continue;
		memcpy(&n, got.data, 8);
		good &= (taken == 0 || n > last) && got.len == 8 + n % 4 * 8;
		for (uint32_t i = 8; i < got.len; i += 8)
			good &= memcmp(got.data + i, &n, 8) == 0;
		kept_ones += n % 1000 == 0;
		last = n;
		if (taken++ % 50000 == 0 && pause_us)
			usleep(pause_us);
	}
	pthread_join(thread, NULL);
	CHECK(good);
	CHECK(taken + spool_dropped(spool) == THREAD_RECORDS);
	CHECK(kept_ones == THREAD_RECORDS / 1000);
	if (limit > 32 << 20)
		CHECK(spool_dropped(spool) == 0);
	else if (pause_us)
		CHECK(spool_dropped(spool) > 0);
	spool_free(spool);
}

int main(void)
{
	test_order_and_sizes();
	test_limit();
	test_threads(64 << 20, 0);
	test_threads(1 << 20, 20000);
	return unit_result();
}
