/* list_int.h - between list.c (names) and list_fields.c (what is inside). */
#ifndef SONDE_RUN_LIST_INT_H
#define SONDE_RUN_LIST_INT_H

#include "run/list.h"

/* The arguments of a probe by its full name: "    unsigned int fd\n" each. */
void list_fields(struct machine *m, const char *name, struct buf *out);
/* "struct NAME", "union NAME" or "enum NAME", NAME with '*'. */
bool list_is_type(const char *text);
long list_types(struct machine *m, const char *text, bool verbose, struct buf *out);

#endif
