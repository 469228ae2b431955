/*
 * proto.h - protocol buffers' wire format: variable-length integers and length-prefixed fields.
 * Reading never goes past the end; a broken field ends the message and sets `bad`.
 */
#ifndef SONDE_PROF_PROTO_H
#define SONDE_PROF_PROTO_H

#include "base/buf.h"

struct proto { const uint8_t *p, *end; bool bad; };

/* The next field: its number, 0 at the end. Integers come in *value, bytes in *bytes. */
static inline bool proto_varint(struct proto *m, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 64 && m->p < m->end; shift += 7) {
		uint8_t byte = *m->p++;

		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	m->bad = true;
	return false;
}

static inline uint32_t proto_next(struct proto *m, uint64_t *value, struct proto *bytes)
{
	uint64_t tag;

	*bytes = (struct proto){0};
	*value = 0;
	if (m->p == m->end || m->bad || !proto_varint(m, &tag))
		return 0;
	switch (tag & 7) {
	case 0:
		proto_varint(m, value);
		break;
	case 2:
		if (!proto_varint(m, value) || *value > (uint64_t)(m->end - m->p)) {
			m->bad = true;
			return 0;
		}
		*bytes = (struct proto){m->p, m->p + *value, false};
		m->p += *value;
		break;
	case 1:
	case 5: {
		size_t n = (tag & 7) == 1 ? 8 : 4;

		if ((size_t)(m->end - m->p) < n) {
			m->bad = true;
			return 0;
		}
		memcpy(value, m->p, n); /* little endian, as are all machines this runs on */
		m->p += n;
		break;
	}
	default:
		m->bad = true;
	}
	if (m->bad || tag >> 3 == 0 || tag >> 3 > UINT32_MAX) {
		m->bad = true;
		return 0;
	}
	return tag >> 3;
}

static inline void proto_put_varint(struct buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_putc(out, (char)(v | 0x80));
	buf_putc(out, (char)v);
}

/* A zero is not written: it is what a reader takes an absent field for. */
static inline void proto_put_int(struct buf *out, uint32_t field, uint64_t v)
{
	if (!v)
		return;
	proto_put_varint(out, (uint64_t)field << 3);
	proto_put_varint(out, v);
}

static inline void proto_put_bytes(struct buf *out, uint32_t field, const void *data, size_t len)
{
	proto_put_varint(out, (uint64_t)field << 3 | 2);
	proto_put_varint(out, len);
	buf_add(out, data, len);
}

#endif
