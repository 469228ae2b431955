/*
 * run_ring.c - the ring buffer reader over memory laid out as the kernel's: order, wrapping,
 * records being written or discarded, and a ring that lies.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/ring.h"
#include "unit/unit.h"

enum { SIZE = 4096, BUSY = 1 << 31, DISCARD = 1 << 30 };

static struct ring ring;
static uint64_t consumer, producer;
static uint8_t *data;
static char seen[65536];
static uint64_t seen_bytes;

static void each(void *ctx, const uint8_t *bytes, uint32_t len)
{
	(void)ctx;
	snprintf(seen + strlen(seen), 64, "%u:%.*s ", len, (int)(len < 8 ? len : 8), (const char *)bytes);
	seen_bytes += len;
}

static const char *drain(void)
{
	seen[0] = '\0';
	ring_drain(&ring, each, NULL);
	return seen;
}

/* Writes as the kernel does; flags in the header. */
static void produce(const char *bytes, uint32_t len, uint32_t flags)
{
	uint8_t *at = data + (producer & (SIZE - 1));

	*(uint32_t *)at = len | flags;
	memset(at + 8, 0, len);
	memcpy(at + 8, bytes, strlen(bytes) < len ? strlen(bytes) : len);
	producer += 8 + ROUND_UP(len, 8);
}

static void reset(uint64_t position)
{
	consumer = producer = position;
	ring.bad = 0;
	memset(data, 0, SIZE);
}

/* One page seen twice in a row, as the data of a ring is. */
static void ring_make(void)
{
	int fd = memfd_create("ring", 0);

	if (fd < 0 || ftruncate(fd, SIZE))
		abort();
	data = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 2; i++)
		if (mmap(data + i * SIZE, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
			abort();
	close(fd);
	ring = (struct ring){.consumer = &consumer, .producer = &producer, .data = data, .size = SIZE};
}

static void test_order(void)
{
	reset(0);
	CHECK_STR(drain(), "");
	CHECK(!ring_has_data(&ring));
	produce("one", 3, 0);
	produce("two", 16, 0);
	produce("", 0, 0);
	CHECK(ring_has_data(&ring));
	CHECK_STR(drain(), "3:one 16:two 0: ");
	CHECK(consumer == producer && !ring_has_data(&ring) && !ring.bad);
}

static void test_unfinished(void)
{
	uint64_t second;

	reset(0);
	produce("one", 8, 0);
	second = producer;
	produce("two", 8, BUSY);
	produce("three", 8, 0);
	CHECK_STR(drain(), "8:one ");
	CHECK(consumer == second && ring_has_data(&ring));
	CHECK_STR(drain(), "");
	*(uint32_t *)(data + second) = 8; /* submitted */
	CHECK_STR(drain(), "8:two 8:three ");
	produce("gone", 8, DISCARD);
	produce("four", 8, 0);
	CHECK_STR(drain(), "8:four ");
	CHECK(consumer == producer);
}

static void test_wrapping(void)
{
	char expected[64];
	uint64_t total = 0;

	/* the position itself wraps, too */
	reset(UINT64_MAX - 3 * SIZE + 1);
	seen_bytes = 0;
	for (int i = 0; i < 2000; i++) {
		uint32_t len = 1 + i * 7 % 900;

		produce("abcdefgh", len, 0);
		snprintf(expected, sizeof(expected), "%u:%.*s ", len, len < 8 ? (int)len : 8, "abcdefgh");
		CHECK_STR(drain(), expected);
		total += len;
	}
	CHECK(seen_bytes == total && consumer == producer && !ring.bad);
	/* exactly full */
	reset(8);
	produce("full", SIZE - 8, 0);
	CHECK_STR(drain(), "4088:full ");
}

static void test_lies(void)
{
	/* a length beyond what was produced */
	reset(0);
	produce("one", 8, 0);
	produce("two", 8, 0);
	*(uint32_t *)(data + 16) = 4000;
	CHECK_STR(drain(), "8:one ");
	CHECK(ring.bad == 1 && consumer == producer);
	/* a length that would overflow */
	reset(0);
	produce("one", 8, 0);
	*(uint32_t *)data = 0x3fffffff;
	CHECK_STR(drain(), "");
	CHECK(ring.bad == 1 && consumer == producer);
	/* more in use than there is */
	reset(0);
	producer = 2 * SIZE;
	CHECK_STR(drain(), "");
	CHECK(ring.bad == 1 && consumer == producer);
	/* a position before ours */
	reset(8192);
	producer = 0;
	CHECK_STR(drain(), "");
	CHECK(ring.bad == 1 && consumer == 0);
	/* it goes on afterwards */
	produce("next", 8, 0);
	CHECK_STR(drain(), "8:next ");
}

static void test_open(void)
{
	struct ring r;

	CHECK(ring_open(&r, -1, 4096) < 0);
	CHECK(ring_open(&r, -1, 5000) < 0);
	CHECK(ring_open(&r, -1, 0) < 0);
	ring_close(&r);
}

int main(void)
{
	ring_make();
	test_order();
	test_unfinished();
	test_wrapping();
	test_lies();
	test_open();
	munmap(data, 2 * SIZE);
	return unit_result();
}
