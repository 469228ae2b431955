/* decode_int.h - what the files that decode arguments share. */
#ifndef SONDE_OUT_STRACE_DECODE_INT_H
#define SONDE_OUT_STRACE_DECODE_INT_H

#include "out/strace/decode.h"
#include "out/strace/names.h"

struct part { /* an item of the record */
	const uint8_t *data;
	uint32_t len;
	bool there, failed;
};

struct decode {
	const struct decode_options *o;
	const struct strace_record *r;
	const struct strace_call *call;
	const uint8_t *items, *end; /* of the record */
	struct part before[6], after[6];
	struct buf *out;
	struct decode_result *result;
	bool failed;   /* the call returned an error */
	bool skip;     /* set by a printer: this argument is not written */
};

/* An argument's printer: argument n of d->r. */
#define TYPE(id, printer, ...) void decode_##printer(struct decode *d, unsigned n);
#include "run/strace/types.def"
#undef TYPE

static inline int64_t argument(const struct decode *d, unsigned n) { return (int64_t)d->r->args[n]; }
static inline unsigned other(const struct decode *d, unsigned n) { return arg_other(d->call->args[n]); }
#define other_argument(d, n) argument(d, other(d, n) % 6)

/* ---- decode.c ---- */
void put_unsigned(struct buf *out, uint64_t v);
void put_signed(struct buf *out, int64_t v);
void put_hex(struct buf *out, uint64_t v);     /* 0xff */
void put_address(struct buf *out, uint64_t v); /* NULL, 0xff */
/* "text", escaped; `more`: "..." behind it. */
void put_quoted(struct buf *out, const uint8_t *s, size_t len, bool more);
/* Every byte as \xff. */
void put_quoted_hex(struct buf *out, const uint8_t *s, size_t len, bool more);
void put_fd(struct decode *d, int fd);
/*
 * Copies `size` bytes of what argument n points to, after or before the call; false: they are not
 * known, and the address was written.
 */
bool take(struct decode *d, unsigned n, const struct part *part, void *to, uint32_t size);
/* At least `size` bytes are there; else the address was written. */
bool have(struct decode *d, unsigned n, const struct part *part, uint32_t size);
/* The next item with this `arg` from *at on (NULL: from the first); false: none. */
bool next_item(const struct decode *d, const uint8_t **at, uint8_t arg, struct part *part, uint32_t *index);
static inline uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t get64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return v; }
void put_mode_octal(struct buf *out, unsigned mode); /* 0644 */

/* ---- decode_file.c ---- */
void put_open_flags(struct buf *out, uint32_t flags);
void put_file_mode(struct buf *out, unsigned mode); /* S_IFREG|0644 */
/* The time as a comment behind its number, 1970-01-01T00:00:05.000000006+0000; nothing for 0. */
void put_local_time(struct buf *out, int64_t seconds, int64_t ns);
/* ---- decode_signal.c ---- */
void put_signal(struct buf *out, int signal);
void put_signals(struct buf *out, uint64_t set);
void put_siginfo(struct buf *out, const uint8_t *data, uint32_t len);
/* ---- decode_net.c ---- */
void put_sockaddr(struct buf *out, const uint8_t *data, uint32_t len);
/* ---- decode_time.c, for results ---- */
void put_polled(struct decode *d);
void put_selected(struct decode *d);

#endif
