/*
 * spool.c - see spool.h. A list of chunks; the writer fills the last one without a lock and
 * makes its records known by one store under the lock, for a whole drain of the ring at once.
 *
 *   chunk: | tag len data.. | tag len data.. |   free   |
 *                           ^published       ^used
 */
#include "run/spool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { CHUNK_SIZE = 256 * 1024, ENTRY_HEADER = 8 };

struct chunk {
	struct chunk *next;
	size_t size;      /* of data */
	size_t used;      /* the writer's */
	size_t published; /* under the lock */
	uint8_t data[] __attribute__((aligned(8)));
};

struct spool {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	size_t limit;
	size_t held;          /* bytes of all chunks; atomic */
	size_t peak;
	uint64_t dropped;     /* atomic */
	bool closed;          /* under the lock */
	/* the writer's */
	struct chunk *last;
	/*
	 * The first chunk with news; NULL: none. A chunk without news is never named here: the
	 * reader may free it as soon as it has a successor.
	 */
	struct chunk *unpublished;
	/* the reader's */
	struct chunk *first;
	size_t at;
	size_t known;         /* first->published as last seen */
};

static struct chunk *chunk_new(struct spool *spool, size_t data)
{
	struct chunk *c = xmalloc(sizeof(*c) + data);
	size_t held = __atomic_add_fetch(&spool->held, sizeof(*c) + data, __ATOMIC_RELAXED);

	if (held > __atomic_load_n(&spool->peak, __ATOMIC_RELAXED))
		__atomic_store_n(&spool->peak, held, __ATOMIC_RELAXED);
	c->next = NULL;
	c->size = data;
	c->used = c->published = 0;
	return c;
}

static void chunk_free(struct spool *spool, struct chunk *c)
{
	__atomic_sub_fetch(&spool->held, sizeof(*c) + c->size, __ATOMIC_RELAXED);
	free(c);
}

struct spool *spool_new(size_t limit)
{
	struct spool *spool = xcalloc(1, sizeof(*spool));
	pthread_condattr_t attr;

	spool->limit = limit;
	pthread_mutex_init(&spool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&spool->ready, &attr);
	pthread_condattr_destroy(&attr);
	/* A small one to begin with: most sessions send little. */
	spool->first = spool->last = chunk_new(spool, 4096);
	return spool;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	while (spool->first) {
		struct chunk *c = spool->first;

		spool->first = c->next;
		chunk_free(spool, c);
	}
	pthread_cond_destroy(&spool->ready);
	pthread_mutex_destroy(&spool->lock);
	free(spool);
}

/* Room for `need` bytes in the last chunk, or false. */
static bool make_room(struct spool *spool, size_t need, bool must_keep)
{
	size_t size = MAX_OF((size_t)CHUNK_SIZE, need);
	struct chunk *c;

	if (spool->last->size - spool->last->used >= need)
		return true;
	if (!must_keep && __atomic_load_n(&spool->held, __ATOMIC_RELAXED) + size > spool->limit)
		return false;
	/* Past the limit only what must be kept is stored, so a small chunk does. */
	if (must_keep && __atomic_load_n(&spool->held, __ATOMIC_RELAXED) + size > spool->limit)
		size = MAX_OF((size_t)4096, need);
	c = chunk_new(spool, size);
	pthread_mutex_lock(&spool->lock);
	spool->last->next = c;
	pthread_mutex_unlock(&spool->lock);
	spool->last = c;
	return true;
}

bool spool_put(struct spool *spool, uint32_t tag, const void *data, uint32_t len, bool must_keep)
{
	size_t need = ENTRY_HEADER + ROUND_UP((size_t)len, (size_t)8);
	uint8_t *to;

	if (!make_room(spool, need, must_keep)) {
		__atomic_add_fetch(&spool->dropped, 1, __ATOMIC_RELAXED);
		return false;
	}
	to = spool->last->data + spool->last->used;
	memcpy(to, &tag, 4);
	memcpy(to + 4, &len, 4);
	if (len)
		memcpy(to + ENTRY_HEADER, data, len);
	spool->last->used += need;
	if (!spool->unpublished)
		spool->unpublished = spool->last;
	return true;
}

void spool_publish(struct spool *spool)
{
	if (!spool->unpublished)
		return;
	pthread_mutex_lock(&spool->lock);
	for (struct chunk *c = spool->unpublished;; c = c->next) {
		c->published = c->used;
		if (c == spool->last)
			break;
	}
	pthread_cond_signal(&spool->ready);
	pthread_mutex_unlock(&spool->lock);
	spool->unpublished = NULL;
}

void spool_close(struct spool *spool)
{
	spool_publish(spool);
	pthread_mutex_lock(&spool->lock);
	spool->closed = true;
	pthread_cond_signal(&spool->ready);
	pthread_mutex_unlock(&spool->lock);
}

/* Learns what was published; moves on to the next chunk. True: there is something at `at`. */
static bool look(struct spool *spool)
{
	for (;;) {
		struct chunk *c = spool->first;

		spool->known = c->published;
		if (spool->at < spool->known)
			return true;
		/* A successor alone does not say that this chunk's last records are known. */
		if (!c->next || (c->published != c->used && !spool->closed))
			return false;
		spool->first = c->next;
		spool->at = 0;
		chunk_free(spool, c);
	}
}

static bool wait_ready(struct spool *spool, int timeout_ms)
{
	struct timespec until;

	if (timeout_ms < 0)
		return pthread_cond_wait(&spool->ready, &spool->lock) == 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return pthread_cond_timedwait(&spool->ready, &spool->lock, &until) == 0;
}

bool spool_next(struct spool *spool, struct spooled *out, int timeout_ms, bool *closed)
{
	const uint8_t *from;

	*closed = false;
	if (spool->at >= spool->known) {
		bool found;

		pthread_mutex_lock(&spool->lock);
		while (!(found = look(spool)) && !spool->closed)
			if (!wait_ready(spool, timeout_ms))
				break;
		*closed = !found && spool->closed;
		pthread_mutex_unlock(&spool->lock);
		if (!found)
			return false;
	}
	from = spool->first->data + spool->at;
	memcpy(&out->tag, from, 4);
	memcpy(&out->len, from + 4, 4);
	out->data = from + ENTRY_HEADER;
	spool->at += ENTRY_HEADER + ROUND_UP((size_t)out->len, (size_t)8);
	return true;
}

uint64_t spool_dropped(const struct spool *spool)
{
	return __atomic_load_n(&spool->dropped, __ATOMIC_RELAXED);
}

size_t spool_peak(const struct spool *spool)
{
	return __atomic_load_n(&spool->peak, __ATOMIC_RELAXED);
}

size_t spool_memory(const struct spool *spool)
{
	return __atomic_load_n(&spool->held, __ATOMIC_RELAXED);
}
