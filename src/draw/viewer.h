/* viewer.h - the parts of the page that draw_html writes, carried in the program. */
#ifndef SONDE_DRAW_VIEWER_H
#define SONDE_DRAW_VIEWER_H

#include <stddef.h>

struct viewer_part { const char *text; size_t len; };

extern const struct viewer_part viewer_js, viewer_css, viewer_html;

#endif
