/*
 * pinned.h - maps that others made and pinned on a bpf file system; sonde's programs look keys up in them.
 *
 *   path --BPF_OBJ_GET--> descriptor --is it a map, a hash, with such keys?--> the same, or why not
 */
#ifndef SONDE_KERN_PINNED_H
#define SONDE_KERN_PINNED_H

#include "base/buf.h"

/*
 * A descriptor, which the caller closes; or -errno with one plain line (no newline) in `why` that names
 * the file and what helps.
 */
int pinned_map_open(const char *path, uint32_t key_size, struct buf *why);

#endif
