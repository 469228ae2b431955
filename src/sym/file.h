/*
 * file.h - opening files that belong to somebody else.
 *
 * A traced process chooses what stands at a path we look at: a FIFO would block us, a
 * device may act on being opened, a link may lead elsewhere. So the object is first taken
 * as a mere place (O_PATH opens nothing), looked at, and only a regular file is opened.
 */
#ifndef SONDE_SYM_FILE_H
#define SONDE_SYM_FILE_H

#include "base/base.h"

#include <sys/stat.h>

/*
 * A regular file opened for reading, close-on-exec, never blocking. `follow`: whether the
 * last component may be a symbolic link. `root` NULL or "": our own root; else a directory
 * (such as /proc/PID/root) that the path and every link on its way stay below.
 * The file descriptor, or -errno (-ELOOP: a link; -EISDIR; -EINVAL: neither file nor link).
 * `st` is filled when not NULL.
 */
int plain_file_open(const char *root, const char *path, bool follow, struct stat *st);
/* When it was last written to, ns since 1970. */
int64_t file_written(const struct stat *st);

#endif
