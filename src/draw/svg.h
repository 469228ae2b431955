/* svg.h - what the SVG pictures share. */
#ifndef SONDE_DRAW_SVG_H
#define SONDE_DRAW_SVG_H

#include "base/buf.h"

#define SVG_FONT "Verdana, DejaVu Sans, sans-serif"

/* Text with what XML gives a meaning escaped; bytes that are no UTF-8 become U+FFFD. */
void svg_put_text(struct buf *out, const char *s, size_t len);
/* NAME (up to its quote), VALUE with one decimal, quote: quicker than printf. */
void svg_put_pixels(struct buf *out, const char *name, double value);
/* A frame's name, as many characters as fit into `w` pixels; two points say that there is more. */
void svg_put_label(struct buf *out, double font, const char *name, double x, double y, double w);
/* <text>; `anchor` is start, middle or end. */
void svg_put_line(struct buf *out, double x, double y, double size, const char *anchor, const char *text);
/*
 * <?xml>, <svg> and, when `background` is NULL, a style that follows the reader's light or dark:
 * class "ground" is the background, text not within a frame is light on dark there.
 */
void svg_put_head(struct buf *out, double width, double height, const char *font, double size, const char *background);

#endif
