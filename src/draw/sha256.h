/* sha256.h - SHA-256 (FIPS 180-4), for the content policy of pages. */
#ifndef SONDE_DRAW_SHA256_H
#define SONDE_DRAW_SHA256_H

#include <stddef.h>
#include <stdint.h>

void sha256(const void *data, size_t len, uint8_t digest[32]);

#endif
