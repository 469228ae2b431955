/* format_script.h - a script's text, set again. */
#ifndef SONDE_LANG_FORMAT_SCRIPT_H
#define SONDE_LANG_FORMAT_SCRIPT_H

#include "base/diag.h"

/*
 * The script with every token and comment it had, white space set anew. False, with
 * diagnostics, when it is no script. Done twice, it gives what it gave once.
 */
bool script_format(struct arena *arena, struct diags *diags, const struct source *source, struct buf *out);

#endif
