/*
 * spool.h - records between the thread that reads the ring and the one that prints, in order.
 * Reading never waits for printing: when the spool is full, events are counted as lost.
 *
 *   ring thread: spool_put, spool_put, ... spool_publish   -->   chunks   -->   spool_next: printer
 *
 * Memory grows by chunks up to `limit` and is given back as records are taken. Records that
 * steer the session (`must_keep`) are always taken; they are few and small.
 */
#ifndef SONDE_RUN_SPOOL_H
#define SONDE_RUN_SPOOL_H

#include "base/base.h"

struct spool;

/* `limit`: bytes. Never fails; free accepts NULL. */
struct spool *spool_new(size_t limit);
void spool_free(struct spool *spool);

/* ---- the writing thread ---- */
/*
 * A copy of the record; false: there is no room and the record was counted as dropped. Others
 * see it after spool_publish. `tag` is given back by spool_next.
 */
bool spool_put(struct spool *spool, uint32_t tag, const void *data, uint32_t len, bool must_keep);
void spool_publish(struct spool *spool);
/* No more will come: spool_next returns false once everything was taken. */
void spool_close(struct spool *spool);

/* ---- the reading thread ---- */
struct spooled {
	uint32_t tag;
	const uint8_t *data; /* 8-aligned; until the next call */
	uint32_t len;
};
/*
 * The next record. Waits for it at most timeout_ms (-1: as long as it takes). *closed: false
 * was returned because nothing will ever come.
 */
bool spool_next(struct spool *spool, struct spooled *out, int timeout_ms, bool *closed);

/* ---- any thread ---- */
uint64_t spool_dropped(const struct spool *spool);
size_t spool_peak(const struct spool *spool); /* most memory it ever held */
size_t spool_memory(const struct spool *spool);

#endif
