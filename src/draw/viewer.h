/* viewer.h - the parts of pages (page.h), carried in the program. */
#ifndef SONDE_DRAW_VIEWER_H
#define SONDE_DRAW_VIEWER_H

#include <stddef.h>

struct viewer_part { const char *text; size_t len; };

extern const struct viewer_part viewer_css, viewer_html, heat_html;
extern const struct viewer_part page_js, viewer_js, timeline_js, timemap_js, heat_js;

#endif
