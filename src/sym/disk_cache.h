/*
 * disk_cache.h - what was worked out from somebody's file, kept for the next sonde.
 *
 *   DIR/secret          16 random bytes, of this directory alone
 *   DIR/KEY             an entry: KEY is 32 hexadecimal digits
 *   DIR/new-NUMBER      one that is being written; it gets its name when it is whole
 *
 *   entry:  0        8         16       24             40            56
 *           | magic  | version | length | key          | seal        | payload, `length` bytes |
 *
 * The directory is $SONDE_CACHE (empty: no cache), else /var/cache/sonde for root, else
 * $XDG_CACHE_HOME/sonde or ~/.cache/sonde. It, and every file in it, must be ours and nobody else may
 * write there; no symbolic link is followed from it on. Else there is no cache: it is never needed.
 *
 * Trust. An entry answers for content, not for a name: a build-id is easily forged, and a hostile
 * program must not decide how another one is read. So the key is a keyed hash of all that the entry
 * was made of - the build-id, the size, the bytes themselves, the sonde that made it; the hash's key
 * is the directory's secret, without which two contents of one key cannot be made. (Where the content
 * is not at hand to ask by, names_cached.h, only files that nobody can forge are kept.) The seal, under
 * the same secret, covers header and payload: an entry that was damaged, cut short, or renamed is
 * none, and is replaced. Readers of payloads check them nevertheless.
 *
 * Bounded: what was used longest ago goes when all entries are more than the limit. A disk that is
 * full or read-only, or a directory that vanishes, is no error. Several processes may use one
 * directory at a time: an entry is renamed into its place, and never written to afterwards.
 * One struct is one thread's.
 */
#ifndef SONDE_SYM_DISK_CACHE_H
#define SONDE_SYM_DISK_CACHE_H

#include "base/buf.h"

struct disk_cache;

struct disk_cache_options {
	const char *dir;      /* NULL: as above */
	uint64_t bytes_limit; /* 0: 256 MB */
};

/* What an entry stands for. */
struct disk_cache_key {
	unsigned char bytes[16];
};

/*
 * Opens, and makes, the directory. `options` may be NULL. NULL: there is no cache, with the reason in
 * `why`, unless it is not wanted. Everything below takes a cache that is NULL: nothing is found in it.
 */
struct disk_cache *disk_cache_open(const struct disk_cache_options *options, struct buf *why);
void disk_cache_close(struct disk_cache *cache);

/*
 * The key of what is made of `content`: `kind` names what that is, `about` are bytes that tell the rest
 * that it depends on. All zero without a cache.
 */
struct disk_cache_key disk_cache_key(const struct disk_cache *cache, const char *kind, const struct buf *about,
				     const void *content, size_t len);
/* For `about`: which sonde this is, where another one may make something else of the same bytes. */
void disk_cache_add_maker(const struct disk_cache *cache, struct buf *about);
/* The entry's payload into an empty `out` (aligned as malloc aligns). False: there is none that is good. */
bool disk_cache_get(struct disk_cache *cache, const struct disk_cache_key *key, struct buf *out);
/* Whether there is an entry, good or not. */
bool disk_cache_has(const struct disk_cache *cache, const struct disk_cache_key *key);
void disk_cache_put(struct disk_cache *cache, const struct disk_cache_key *key, const struct buf *payload);

struct disk_cache_counts {
	uint64_t found, missed, damaged, written; /* entries; damaged ones are missed, too */
};
void disk_cache_counts(const struct disk_cache *cache, struct disk_cache_counts *out);

#endif
