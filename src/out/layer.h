/*
 * layer.h - what stands between a session and the form its results are given in (output.h), and passes on
 * what is wanted. A layer is taken off by output_free's caller: ops->free.
 *
 *   session --row, map--> layer --> text, JSON, ...
 */
#ifndef SONDE_OUT_LAYER_H
#define SONDE_OUT_LAYER_H

#include "out/output.h"

/*
 * From now on only rows and entries of maps whose column `title` (which must live as long) the POSIX extended
 * expression matches; what has no such column passes. -1 with one plain line in `why`: it is no expression.
 */
int output_match(struct output *out, const char *title, const char *pattern, struct buf *why);
/* Rows are counted, and each different one is told once, at the end, with how often it came; most often first. */
void output_count_rows(struct output *out);
/*
 * Rows go to the journal of systemd, too, each with its columns as fields: SONDE_LPORT=443. What the journal
 * does not take is counted and told at the end. -1 with one plain line in `why`: there is none.
 */
int output_journal(struct output *out, struct buf *why);

#endif
