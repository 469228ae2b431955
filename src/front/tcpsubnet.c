/*
 * tcpsubnet.c - bcc's tcpsubnet: what is sent through TCP, by the subnets it goes to.
 *
 *   127.0.0.1/32,10.0.0.0/8   the first that holds the address counts, so narrow ones come first
 *
 * A subnet is a comparison of the address, as a number, with a constant, its bits behind the
 * prefix cut off.
 */
#include "front/front_int.h"

#include <arpa/inet.h>

static const char usual[] = "127.0.0.1/32,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,0.0.0.0/0";

/* "10.0.0.0/8" in [from, to) of the source; false with a diagnostic. */
static bool read_subnet(struct front *f, const struct source *s, uint32_t from, uint32_t to, uint32_t *address,
			unsigned *bits)
{
	const char *text = spec_slice(f, s, from, to), *slash = strchr(text, '/');
	uint64_t prefix = 32;
	struct in_addr in;

	if (inet_pton(AF_INET, slash ? arena_strndup(f->arena, text, slash - text) : text, &in) == 1 &&
	    (!slash || str_to_u64(slash + 1, &prefix)) && prefix <= 32) {
		*address = ntohl(in.s_addr);
		*bits = (unsigned)prefix;
		return true;
	}
	front_wrong(f, front_span(s, from, to), "this is no IPv4 subnet");
	diag_hint(f->diags, "ADDRESS/BITS, as in 10.0.0.0/8, several of them separated by commas");
	return false;
}

/* if ($to >> 24 == 0xa) { @sent["10.0.0.0/8"] = sum($bytes); } else if ... */
static bool put_subnets(struct front *f, const struct source *s)
{
	uint32_t at = 0, address;
	unsigned bits;

	while (at < s->len) {
		uint32_t to = spec_until(s, at, (uint32_t)s->len, ",");

		if (!read_subnet(f, s, at, to, &address, &bits))
			return false;
		buf_puts(&f->body, at ? " else if (" : "\tif (");
		if (bits)
			buf_printf(&f->body, "$to >> %u == 0x%x) {\n\t\t@sent[", 32 - bits, address >> (32 - bits));
		else
			buf_puts(&f->body, "true) {\n\t\t@sent[");
		front_literal(&f->body, spec_slice(f, s, at, to));
		buf_puts(&f->body, "] = sum($bytes);\n\t}");
		at = to + 1;
	}
	buf_putc(&f->body, '\n');
	return true;
}

/* Where the kernel has no event for what was sent, what the program asked to send. */
static bool put_probes(struct front *f, const struct source *s, bool in_bits)
{
	static const struct { const char *probe, *socket, *bytes; } ways[] = {
		{"tracepoint:sock:sock_send_length\n"
		 "/ HOOK == 1 && args.protocol == 6 && args.family == 2 && args.ret > 0 /\n", "args.sk", "args.ret"},
		{"kprobe:tcp_sendmsg\n"
		 "/ HOOK == 2 && ((struct sock_common *)arg0)->skc_family == 2 /\n", "arg0", "arg2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		buf_printf(&f->body, "%s{\n\t$to = bswap((uint32)((struct sock_common *)%s)->skc_daddr);\n"
			   "\t$bytes = (uint64)%s%s;\n", ways[i].probe, ways[i].socket, ways[i].bytes,
			   in_bits ? " * 8" : "");
		if (!put_subnets(f, s))
			return false;
		buf_puts(&f->body, "}\n");
	}
	return true;
}

static void put_printing(struct front *f, unsigned long long interval)
{
	static const char print[] = "\ttime(\"[%H:%M:%S]\\n\");\n\tprint(@sent);\n\tclear(@sent);\n}\n";

	buf_printf(&f->body, "interval:s:%llu\n{\n%s", interval, print);
	buf_printf(&f->body, "end\n{\n%s", print);
}

bool front_tcpsubnet(struct front *f)
{
	static const struct { const char *letter, *title; unsigned divisor; bool bits; } units[] = {
		{"B", "BYTES", 1, false}, {"K", "KBYTES", 1 << 10, false}, {"M", "MBYTES", 1 << 20, false},
		{"b", "BITS", 1, true}, {"k", "KBITS", 1 << 10, true}, {"m", "MBITS", 1 << 20, true},
	};
	const char *given = front_text(f, "SUBNETS"), *letter = front_text(f, "UNIT");
	const char *text = *given ? given : usual;
	const struct source *s = source_add(f->diags->sources, "subnets", text, strlen(text));
	unsigned long long interval = front_number(f, "INTERVAL") ? front_number(f, "INTERVAL") : 1;
	size_t unit = 0;

	while (*letter && unit < ARRAY_SIZE(units) && !str_eq(units[unit].letter, letter))
		unit++;
	if (!s || unit == ARRAY_SIZE(units)) {
		front_wrong(f, (struct span){0}, s ? "-f is one of B, K, M (bytes) and b, k, m (bits), not '%s'"
			    : "there are too many subnets", letter);
		return false;
	}
	front_head(f, "summary: what is sent through TCP, by subnet");
	front_head(f, "example: tcpsubnet 10.0.0.0/8,0.0.0.0/0 | how much stays in one's own network");
	front_head(f, "banner: Tracing... Output every %llu secs. Hit Ctrl-C to end", interval);
	front_head(f, "hooks: tracepoint:sock:sock_send_length | kprobe:tcp_sendmsg");
	front_head(f, "key subnet: SUBNET %%-20s = 0");
	front_head(f, "by @sent: subnet");
	front_head(f, "table @sent: %s %%12d/%u", units[unit].title, units[unit].divisor);
	if (!put_probes(f, s, units[unit].bits))
		return false;
	put_printing(f, interval);
	return true;
}
