/* hmap.c - see hmap.h. Open addressing over an entry array; FNV-1a with a final mix. */
#include "base/hmap.h"

#include <stdlib.h>

uint32_t hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	h ^= h >> 32;
	return (uint32_t)(h * 0x9e3779b1u >> 7);
}

static uint32_t *find(const struct hmap *m, const void *key, size_t len, uint32_t hash)
{
	size_t mask = m->nslots - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		const struct hmap_entry *e;

		if (!m->slots[i])
			return &m->slots[i];
		e = &m->entries.v[m->slots[i] - 1];
		if (e->hash == hash && e->key_len == len && !memcmp(e->key, key, len))
			return &m->slots[i];
	}
}

void *hmap_get(const struct hmap *m, const void *key, size_t len)
{
	uint32_t *slot;

	if (!m->nslots)
		return NULL;
	slot = find(m, key, len, hash_bytes(key, len));
	return *slot ? m->entries.v[*slot - 1].value : NULL;
}

static void rehash(struct hmap *m)
{
	free(m->slots);
	m->nslots = m->nslots ? m->nslots * 2 : 16;
	m->slots = xcalloc(m->nslots, sizeof(*m->slots));
	for (size_t i = 0; i < m->entries.n; i++) {
		struct hmap_entry *e = &m->entries.v[i];

		*find(m, e->key, e->key_len, e->hash) = i + 1;
	}
}

void **hmap_at(struct hmap *m, const void *key, size_t len)
{
	uint32_t hash = hash_bytes(key, len), *slot;
	struct hmap_entry e;

	if ((m->entries.n + 1) * 4 > m->nslots * 3)
		rehash(m);
	slot = find(m, key, len, hash);
	if (!*slot) {
		e = (struct hmap_entry){.key = xmalloc(len), .key_len = len, .hash = hash};
		if (len)
			memcpy(e.key, key, len);
		vec_push(&m->entries, e);
		*slot = m->entries.n;
	}
	return &m->entries.v[*slot - 1].value;
}

void hmap_free(struct hmap *m)
{
	vec_each(e, &m->entries)
		free(e->key);
	vec_free(&m->entries);
	free(m->slots);
	*m = (struct hmap){0};
}
