/* btf_string.h - between btf.c and btf_type.c only. */
#ifndef SONDE_KERN_BTF_STRING_H
#define SONDE_KERN_BTF_STRING_H

struct btf;

/* The string at an offset of the string section; "" when out of range. */
const char *btf_string(const struct btf *b, uint32_t off);

#endif
