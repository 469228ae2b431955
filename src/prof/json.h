/*
 * json.h - a JSON text walked in place: no tree is built, values are taken as they come.
 * Anything that is no JSON sets `bad` and ends every loop.
 */
#ifndef SONDE_PROF_JSON_H
#define SONDE_PROF_JSON_H

#include "base/buf.h"

struct json { const char *p, *end, *begin; bool bad; };

/* Enters an array or object: true when the next value is one of that kind ('[' or '{'). */
bool json_walk_enter(struct json *j, char open);
/* The next element of an array, or member of an object (its name in *key, reset first). False
 * at the end, which is passed. `first` is true on the first call and is set to false. */
bool json_walk_next(struct json *j, bool *first, char close, struct buf *key);
/* The next value. False when it is of another kind (then it is skipped), or bad. */
bool json_walk_string(struct json *j, struct buf *out);
bool json_walk_number(struct json *j, double *out);
void json_walk_skip(struct json *j);

#endif
