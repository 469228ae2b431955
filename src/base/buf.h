/*
 * buf.h - a growing byte buffer, for text and binary output. Zero-initialised is empty.
 * Contents are always NUL-terminated once anything was added (the NUL is not counted).
 */
#ifndef SONDE_BUF_H
#define SONDE_BUF_H

#include "base/base.h"

struct buf {
	char *data;
	size_t len, cap;
};

void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_pad(struct buf *b, char c, size_t count);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_reset(struct buf *b);     /* empty, memory kept */
void buf_free(struct buf *b);
const char *buf_str(struct buf *b); /* "" when empty */

/* The file's bytes appended; -errno, or -EFBIG past `limit` bytes. */
int buf_read_file(struct buf *b, const char *path, size_t limit);
int buf_read_fd(struct buf *b, int fd, size_t limit);

#endif
