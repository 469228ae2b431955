/* fuzz_tracefs.c - an event's format file. */
#include "fuzz/fuzz.h"
#include "kern/tracefs.h"

static void fuzz_tracefs(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size, false);
	struct tracefs_format format = {0};

	if (!tracefs_format_parse(copy, size, &format))
		vec_each(f, &format.fields)
			if (!f->name || !f->type || (f->kind == TRACEFS_INT && f->size > 8) ||
			    (f->kind == TRACEFS_ARRAY && (uint64_t)f->count * f->elem_size > f->size))
				BUG("field %s of %u bytes", f->name ? f->name : "(none)", f->size);
	if (format.common > format.fields.n)
		BUG("more common fields than fields");
	tracefs_format_free(&format);
	free(copy);
}

FUZZ(tracefs, fuzz_tracefs)
