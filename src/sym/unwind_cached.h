/*
 * unwind_cached.h - the unwind table of a file: from the disk, where a sonde before has made it, else
 * made now, and kept there.
 *
 *   file --.eh_frame, segments, build-id, size--> key --disk_cache--> bytes --unpack--> table
 *                                                  \--> nothing --unwind_table_make--> table --> disk
 *
 * The bytes of .eh_frame are part of the key: reading and hashing them takes a tenth of the time that
 * making the table takes, and so no file can decide what the table of another one is. A file without
 * a build-id, and one in memory, is not kept: it is of one time, or of one boot.
 */
#ifndef SONDE_SYM_UNWIND_CACHED_H
#define SONDE_SYM_UNWIND_CACHED_H

#include "sym/disk_cache.h"
#include "sym/unwind_table.h"

struct unwind_cached {
	struct disk_cache *cache;    /* may be NULL */
	bool made;                   /* a table was not there, and is now; the caller clears it */
	struct unwind_source source; /* of the last file, and the entry that was read or written: */
	struct buf packed;
};

/* `why` as disk_cache_open(). */
void unwind_cached_open(struct unwind_cached *cached, struct buf *why);
void unwind_cached_close(struct unwind_cached *cached);
/* Gives back what is only kept so that the next file takes less time. */
void unwind_cached_rest(struct unwind_cached *cached);
/* As unwind_table_build(); the table is good until the next one. */
int unwind_cached_table(struct unwind_cached *cached, struct unwind_table *table, const struct elf_file *file);

#endif
