/*
 * siphash.h - a keyed hash of 128 bits: who does not know the key cannot make two texts with the
 * same one. SipHash-1-3-128 of J.-P. Aumasson and D. J. Bernstein ("SipHash: a fast short-input PRF";
 * the rounds that hash tables take, and the reference's double output), some 3 bytes a nanosecond.
 */
#ifndef SONDE_SIPHASH_H
#define SONDE_SIPHASH_H

#include "base/base.h"

struct siphash_key {
	unsigned char bytes[16];
};

struct siphash {
	unsigned char bytes[16];
};

struct siphash siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
