/*
 * picture.h - trees as pictures: each one self-contained text.
 *
 *   struct tree --> SVG (static) | HTML (to look around in) | blocks for a terminal
 */
#ifndef SONDE_DRAW_PICTURE_H
#define SONDE_DRAW_PICTURE_H

#include "prof/tree.h"
#include "prof/write.h"

struct picture_options {
	const char *title, *subtitle, *countname, *nametype, *notes; /* NULL: the usual */
	const char *colors, *bgcolors;   /* a palette; NULL: safe */
	const char *fonttype;
	double width, height, minwidth, fontsize; /* pixels; 0: 1200, 16, 0.1, 12 */
	bool minwidth_percent;
	bool inverted, negate;
	bool normalize;                  /* of two: as if both had the same total */
	unsigned columns;                /* terminal */
	bool colour;                     /* terminal */
};

/* Whether there is such a palette; if not, *known are those there are. */
bool palette_known(const char *name, const char **known);
/* 0xRRGGBB of a frame. Depends on name and kind alone. */
uint32_t palette_colour(const char *palette, const char *name, uint32_t kind);
/* Of a change in [-1, 1]: blue less, orange more. */
uint32_t palette_change(double change);
/* Of a count as a share of the largest, in [0, 1]; `dark`: on a dark ground. */
uint32_t palette_heat(double share, bool dark);

void draw_svg(const struct tree *t, const struct picture_options *o, struct buf *out, const struct prof_sink *sink);
void draw_term(const struct tree *t, const struct picture_options *o, struct buf *out);
/* `p` has the samples that the tree was made of, with by_sample: their times go into the file. */
void draw_html(const struct tree *t, const struct picture_options *o, struct buf *out);

/* Weight of both sides of a node, the first scaled with normalize. */
struct weights { double before, after; };
struct weights picture_weights(const struct tree *t, const struct picture_options *o, uint32_t node);

#endif
