/* gzip.h - bytes packed as gzip does (RFC 1952), for pprof's files. */
#ifndef SONDE_PROF_GZIP_H
#define SONDE_PROF_GZIP_H

#include "base/buf.h"

void prof_gzip(const void *data, size_t len, struct buf *out);

#endif
