/*
 * output.h - the forms results are given in. Each is a struct output (run/output.h) to be
 * handed to a session; output_free() gives it back. `file` stays the caller's.
 *
 *   text     as bpftrace prints it
 *   json     one object a line, keys and values typed; text that is not UTF-8 has each
 *            offending byte written as the character of that number (\u0080 .. \u00ff)
 *   ply      as text, with maps as ply prints them
 *   folded   stacks for flame graphs: `first;second;leaf count`, one line an entry of every
 *            map with a stack in its key; whatever else the script prints goes to `messages`
 *   top      the same stacks as a live view: what was counted since the map was printed last
 *   profile  the same stacks, and rows that have some, as one of prof/format.def's forms: a
 *            picture, or a file for another program. Written by output_free's caller: ops->free
 */
#ifndef SONDE_OUT_OUTPUT_H
#define SONDE_OUT_OUTPUT_H

#include "prof/format.h"
#include "run/output.h"

struct output *output_text_new(FILE *file, FILE *messages);
struct output *output_json_new(FILE *file, FILE *messages);
struct output *output_folded_new(FILE *file, FILE *messages);
struct output *output_top_new(FILE *file, FILE *messages);
/* `title` NULL: the usual. Lives as long as the output. */
struct output *output_profile_new(enum prof_format format, const char *title, FILE *file, FILE *messages);
/* `ascii`: bars of '#'; `tell_active`: how many probes are, as ply did in 2017. */
struct output *output_ply_new(FILE *file, FILE *messages, bool ascii, bool tell_active);
/* 0, or -errno of the first write that is known to have failed. */
int output_free(struct output *out);

/* "text", "json", "folded"; NULL: no such form. */
struct output *output_new(const char *form, FILE *file, FILE *messages);

#endif
