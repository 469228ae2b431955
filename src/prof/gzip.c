/* gzip.c - see gzip.h. */
#include "prof/gzip.h"

#include <stdlib.h>
#include <zlib.h>

enum { CHUNK = 1 << 16, GZIP_WINDOW = 15 + 16 };

void prof_gzip(const void *data, size_t len, struct buf *out)
{
	z_stream z = {0};
	unsigned char *chunk = xmalloc(CHUNK);
	int err;

	BUG_ON(deflateInit2(&z, 6, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK);
	z.next_in = (unsigned char *)data;
	do {
		size_t part = MIN_OF(len, (size_t)1 << 30); /* avail_in is 32 bits wide */

		if (!z.avail_in) {
			z.avail_in = (uInt)part;
			len -= part;
		}
		z.next_out = chunk;
		z.avail_out = CHUNK;
		err = deflate(&z, len ? Z_NO_FLUSH : Z_FINISH);
		buf_add(out, chunk, CHUNK - z.avail_out);
	} while (err != Z_STREAM_END);
	deflateEnd(&z);
	free(chunk);
}
