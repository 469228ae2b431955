/* page.c - see page.h. */
#include "draw/page.h"

#include <zlib.h>

#include "draw/sha256.h"

static void put_base64(struct buf *out, const uint8_t *p, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_reserve(out, len / 3 * 4 + 8);
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63], digits[v & 63]};

		if (i + 1 >= len)
			four[2] = '=';
		if (i + 2 >= len)
			four[3] = '=';
		buf_add(out, four, 4);
	}
}

static void put_hash(struct buf *out, const struct viewer_part *part)
{
	uint8_t digest[32];

	sha256(part->text, part->len, digest);
	buf_puts(out, " 'sha256-");
	put_base64(out, digest, sizeof(digest));
	buf_putc(out, '\'');
}

static void put_packed(struct buf *out, const struct buf *payload)
{
	z_stream z = {0};
	struct buf packed = {0};
	uLong bound;

	/* Fast levels are half as large again and a third of the time: a page is written once. */
	BUG_ON(deflateInit2(&z, 6, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK);
	BUG_ON(payload->len > UINT32_MAX);
	bound = deflateBound(&z, payload->len);
	buf_reserve(&packed, bound);
	z.next_in = (unsigned char *)payload->data;
	z.avail_in = payload->len;
	z.next_out = (unsigned char *)packed.data;
	z.avail_out = bound;
	BUG_ON(deflate(&z, Z_FINISH) != Z_STREAM_END);
	put_base64(out, (uint8_t *)packed.data, z.total_out);
	deflateEnd(&z);
	buf_free(&packed);
}

static void put_policy(const struct page *page, struct buf *out)
{
	buf_puts(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
		 "form-action 'none'; script-src");
	for (const struct viewer_part *const *script = page->scripts; *script; script++)
		put_hash(out, *script);
	buf_puts(out, "; style-src");
	put_hash(out, &viewer_css);
	buf_puts(out, "\">\n");
}

void page_write(const struct page *page, const struct buf *payload, struct buf *out)
{
	buf_puts(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
	put_policy(page, out);
	buf_printf(out, "<meta name=\"viewport\" content=\"width=device-width\">\n"
		   "<meta name=\"generator\" content=\"sonde\">\n<title>%s</title>\n<style>", page->title);
	buf_add(out, viewer_css.text, viewer_css.len);
	buf_puts(out, "</style></head><body>\n");
	buf_add(out, page->body->text, page->body->len);
	buf_puts(out, "<script id=\"data\" type=\"application/octet-stream\">\n");
	put_packed(out, payload);
	buf_puts(out, "\n</script>\n");
	for (const struct viewer_part *const *script = page->scripts; *script; script++) {
		buf_puts(out, "<script>");
		buf_add(out, (*script)->text, (*script)->len);
		buf_puts(out, "</script>\n");
	}
	buf_puts(out, "</body></html>\n");
}
