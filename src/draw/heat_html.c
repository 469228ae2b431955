/*
 * heat_html.c - distributions over time as one page to look around in. See heat.h, page.h.
 *
 * The payload is JSON; times are milliseconds from `start`, counts stand column by column:
 *
 *   {"title", "quality", "start": ms of the day, "panels": [{"title", "total",
 *     "low": [labels of the bands' lower bounds], "bands": [labels of the bands],
 *     "columns": [from, to, from, to, ...], "cells": [columns since the last cell, band, count, ...]}]}
 */
#include <inttypes.h>
#include <time.h>

#include "draw/heat.h"
#include "draw/page.h"
#include "prof/write.h"

enum { MOST_BANDS = 200 };

static void put_key(const char *before, const char *key, const char *text, struct buf *out)
{
	buf_printf(out, "%s\"%s\":", before, key);
	write_json_string(text, out);
}

static void put_bands(const struct heat_panel *p, struct buf *out)
{
	struct buf low = {0}, whole = {0}, text = {0};

	vec_each(band, &p->bands) {
		const char *between = band == p->bands.v ? "" : ",";

		buf_reset(&text);
		if (!band->no_low)
			heat_bound_print(band->low, p->unit, &text);
		buf_puts(&low, between);
		write_json_string(buf_str(&text), &low);
		buf_reset(&text);
		heat_band_print(band, p->unit, &text);
		buf_puts(&whole, between);
		write_json_string(buf_str(&text), &whole);
	}
	buf_printf(out, ",\"low\":[%s],\"bands\":[%s]", buf_str(&low), buf_str(&whole));
	buf_free(&low);
	buf_free(&whole);
	buf_free(&text);
}

static void put_panel(const struct heat_panel *p, uint64_t start, struct buf *out)
{
	uint32_t last = 0;

	put_key("{", "title", p->title, out);
	buf_printf(out, ",\"total\":%" PRIu64, p->total);
	put_bands(p, out);
	buf_puts(out, ",\"columns\":[");
	vec_each(c, &p->columns)
		buf_printf(out, "%s%.1f,%.1f", c == p->columns.v ? "" : ",", (c->from - start) / 1e6,
			   (c->to - start) / 1e6);
	buf_puts(out, "],\"cells\":[");
	vec_each(c, &p->cells) {
		buf_printf(out, "%s%u,%u,%" PRIu64, c == p->cells.v ? "" : ",", c->column - last, c->band, c->count);
		last = c->column;
	}
	buf_puts(out, "]}");
}

static uint64_t first_time(const struct heat *h)
{
	uint64_t first = UINT64_MAX;

	vec_each(p, &h->panels)
		if (p->columns.n)
			first = MIN_OF(first, p->columns.v[0].from);
	return first == UINT64_MAX ? 0 : first;
}

/* Milliseconds since midnight, of the clock on the wall. */
static double of_the_day(uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return 0;
	return ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * 1e3 + ns % 1000000000 / 1e6;
}

void draw_heat_html(const struct heat *h, struct buf *out)
{
	static const struct viewer_part *const scripts[] = {&page_js, &heat_js, NULL};
	static const struct page page = {"Heat map", &heat_html, scripts};
	uint64_t start = first_time(h);
	struct buf json = {0};

	put_key("{", "title", h->title ? h->title : page.title, &json);
	put_key(",", "quality", h->quality ? h->quality : "", &json);
	buf_printf(&json, ",\"start\":%.1f,\"panels\":[", of_the_day(start));
	vec_each(p, &h->panels) {
		struct heat_panel fit = heat_panel_fit(p, UINT32_MAX, MOST_BANDS);

		buf_puts(&json, p == h->panels.v ? "" : ",");
		put_panel(&fit, start, &json);
		heat_panel_free(&fit);
	}
	buf_puts(&json, "]}");
	page_write(&page, &json, out);
	buf_free(&json);
}
