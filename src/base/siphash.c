/* siphash.c - see siphash.h. Words are little-endian, whatever the machine's are. */
#include "base/siphash.h"

#include <endian.h>

struct state {
	uint64_t v[4];
};

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void round_of(struct state *s)
{
	s->v[0] += s->v[1];
	s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
	s->v[0] = rotate(s->v[0], 32);
	s->v[2] += s->v[3];
	s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
	s->v[0] += s->v[3];
	s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
	s->v[2] += s->v[1];
	s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
	s->v[2] = rotate(s->v[2], 32);
}

static inline void take(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	round_of(s);
	s->v[0] ^= word;
}

static uint64_t word_at(const unsigned char *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return le64toh(word);
}

static void give(struct state *s, unsigned char *to)
{
	uint64_t word;

	for (int i = 0; i < 3; i++)
		round_of(s);
	word = htole64(s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3]);
	memcpy(to, &word, sizeof(word));
}

struct siphash siphash(const struct siphash_key *key, const void *data, size_t len)
{
	const unsigned char *from = data;
	uint64_t k0 = word_at(key->bytes), k1 = word_at(key->bytes + 8), last = (uint64_t)len << 56;
	struct state s = {{k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du ^ 0xee, k0 ^ 0x6c7967656e657261u,
			   k1 ^ 0x7465646279746573u}};
	struct siphash hash;
	size_t whole = len / 8 * 8;

	for (size_t i = 0; i < whole; i += 8)
		take(&s, word_at(from + i));
	for (size_t i = whole; i < len; i++)
		last |= (uint64_t)from[i] << 8 * (i - whole);
	take(&s, last);
	s.v[2] ^= 0xee;
	give(&s, hash.bytes);
	s.v[1] ^= 0xdd;
	give(&s, hash.bytes + 8);
	return hash;
}
