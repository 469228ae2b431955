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

/* As unwind_table_build(); `cache` may be NULL. */
int unwind_cached_table(struct disk_cache *cache, struct unwind_table *table, const struct elf_file *file);

#endif
