/*
 * page.h - one HTML file that carries its data and what shows it, and fetches nothing.
 *
 *   <meta policy: only these scripts and this style, by their hashes>
 *   <style> viewer.css   body   <script id=data> base64(deflate(payload))   <script> ... <script> ...
 *
 * The scripts share their names; page.js, which reads the payload, comes first.
 */
#ifndef SONDE_DRAW_PAGE_H
#define SONDE_DRAW_PAGE_H

#include "base/buf.h"
#include "draw/viewer.h"

struct page {
	const char *title;               /* until a script sets it; no markup */
	const struct viewer_part *body;
	const struct viewer_part *const *scripts; /* NULL ends them */
};

void page_write(const struct page *page, const struct buf *payload, struct buf *out);

#endif
