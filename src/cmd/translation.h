/*
 * translation.h - a script that was made from something else (front/front.h), run: what is said
 * of the script is said of the place in what the user wrote.
 */
#ifndef SONDE_CMD_TRANSLATION_H
#define SONDE_CMD_TRANSLATION_H

#include "cmd/compile.h"
#include "front/front.h"

struct translation {
	struct front front;
	struct compilation c; /* whose sources hold what the user wrote */
};

/* `name` is the translator; front.settings are the caller's to fill in. */
void translation_init(struct translation *t, const struct options *o, struct arena *arena, const char *name);
/* False: the diagnostics were printed. */
bool translation_make(struct translation *t);
void translation_free(struct translation *t);
/* Diagnostics of a compilation of `script`, the text that was made: back to what the user wrote. */
void translation_place(const struct translation *t, const struct source *script, struct sources *sources,
		       struct diags *diags);

#endif
