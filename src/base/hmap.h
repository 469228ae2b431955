/*
 * hmap.h - hash map from bytes to a pointer. Keys are copied; values are the caller's.
 * Iteration is in insertion order, so output made from it is the same every time.
 */
#ifndef SONDE_HMAP_H
#define SONDE_HMAP_H

#include "base/base.h"

struct hmap_entry {
	void *key;
	uint32_t key_len, hash;
	void *value;
};

struct hmap {
	VEC(struct hmap_entry) entries;
	uint32_t *slots; /* index + 1 into entries, 0 = free */
	size_t nslots;
};

/* NULL when absent. */
void *hmap_get(const struct hmap *m, const void *key, size_t len);
/* The place of the key's value, made (holding NULL) when absent; valid until the next insert. */
void **hmap_at(struct hmap *m, const void *key, size_t len);
static inline void *hmap_gets(const struct hmap *m, const char *key)
{
	return hmap_get(m, key, strlen(key));
}
static inline void hmap_puts(struct hmap *m, const char *key, void *value)
{
	*hmap_at(m, key, strlen(key)) = value;
}
void hmap_free(struct hmap *m); /* keys and table; values are the caller's */
uint32_t hash_bytes(const void *data, size_t len);

#endif
