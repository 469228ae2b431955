/* decode_net.c - sockets: addresses, options, iovecs, messages with their control data. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "out/strace/decode_int.h"

/* ---- socket(2) ---- */

void decode_socket_kind(struct decode *d, unsigned n)
{
	uint32_t kind = argument(d, n), flags = kind & (SOCK_CLOEXEC | SOCK_NONBLOCK);

	put_name(d->out, STRACE_NAMES_socket_type, kind & ~flags);
	put_flags_from(d->out, STRACE_NAMES_socket_kind, flags, false);
}

void decode_protocol(struct decode *d, unsigned n)
{
	uint64_t family = other_argument(d, n);

	if (family == AF_INET || family == AF_INET6)
		put_name(d->out, STRACE_NAMES_inet_protocol, (uint32_t)argument(d, n));
	else if (family == AF_NETLINK)
		put_name(d->out, STRACE_NAMES_netlink_protocol, (uint32_t)argument(d, n));
	else
		put_unsigned(d->out, (uint32_t)argument(d, n));
}

/* ---- addresses ---- */

static void put_unix(struct buf *out, const uint8_t *data, uint32_t len)
{
	enum { PATH = offsetof(struct sockaddr_un, sun_path) };
	const uint8_t *path = data + PATH;

	if (len <= PATH)
		return;
	len -= PATH;
	buf_puts(out, ", sun_path=");
	if (*path) {
		put_quoted(out, path, strnlen((const char *)path, len), false);
	} else { /* abstract: a name that NUL begins, of just this length */
		buf_putc(out, '@');
		put_quoted(out, path + 1, len - 1, false);
	}
}

static void put_inet6(struct buf *out, const uint8_t *data)
{
	struct sockaddr_in6 in6;
	char text[INET6_ADDRSTRLEN];

	memcpy(&in6, data, sizeof(in6));
	buf_printf(out, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"%s\", &sin6_addr), "
		   "sin6_scope_id=%u", ntohs(in6.sin6_port), ntohl(in6.sin6_flowinfo),
		   inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text)), in6.sin6_scope_id);
}

static void put_inet(struct buf *out, const uint8_t *data)
{
	struct sockaddr_in in;
	char text[INET_ADDRSTRLEN];

	memcpy(&in, data, sizeof(in));
	buf_printf(out, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(in.sin_port),
		   inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text)));
}

void put_sockaddr(struct buf *out, const uint8_t *data, uint32_t len)
{
	uint16_t family;

	if (len < sizeof(family)) {
		put_quoted_hex(out, data, len, false);
		return;
	}
	memcpy(&family, data, sizeof(family));
	buf_puts(out, "{sa_family=");
	put_name(out, STRACE_NAMES_address_family, family);
	if (family == AF_UNIX) {
		put_unix(out, data, len);
	} else if (family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		put_inet(out, data);
	} else if (family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		put_inet6(out, data);
	} else if (family == AF_NETLINK && len >= sizeof(struct sockaddr_nl)) {
		struct sockaddr_nl nl;

		memcpy(&nl, data, sizeof(nl));
		buf_printf(out, ", nl_pid=%u, nl_groups=%08x", nl.nl_pid, nl.nl_groups);
	} else if (len > sizeof(family)) {
		buf_puts(out, ", sa_data=");
		put_quoted(out, data + sizeof(family), len - sizeof(family), false);
	}
	buf_putc(out, '}');
}

void decode_sockaddr(struct decode *d, unsigned n)
{
	if (have(d, n, &d->after[n], 0))
		put_sockaddr(d->out, d->after[n].data, d->after[n].len);
}

/* The length may be more than was given: of the address only what fits was written. */
static uint32_t address_length(const struct decode *d, unsigned n)
{
	const struct part *before = &d->before[other(d, n) % 6], *part = &d->after[n];

	if (!before->there || before->failed || before->len != 4)
		return part->len;
	return MIN_OF(get32(before->data), part->len);
}

void decode_sockaddr_out(struct decode *d, unsigned n)
{
	if (d->failed || !d->after[n].there)
		put_address(d->out, argument(d, n));
	else if (have(d, n, &d->after[n], 0) && address_length(d, n))
		put_sockaddr(d->out, d->after[n].data, address_length(d, n));
	else if (!d->after[n].failed)
		put_address(d->out, argument(d, n));
}

void decode_socklen(struct decode *d, unsigned n)
{
	const struct part *before = &d->before[n], *now = &d->after[n];

	/* Under way when tracing began: what it was is not known. */
	if (!before->there && now->there)
		before = now;
	if (!have(d, n, before, 4))
		return;
	buf_putc(d->out, '[');
	put_signed(d->out, (int32_t)get32(before->data));
	if (now->there && !now->failed && now->len == 4 && get32(now->data) != get32(before->data)) {
		buf_puts(d->out, " => ");
		put_signed(d->out, (int32_t)get32(now->data));
	}
	buf_putc(d->out, ']');
}

/* ---- options ---- */

void decode_socket_option(struct decode *d, unsigned n)
{
	static const struct {
		uint32_t level;
		enum strace_names table;
	} levels[] = {
		{SOL_SOCKET, STRACE_NAMES_option_socket}, {IPPROTO_IP, STRACE_NAMES_option_ip},
		{IPPROTO_IPV6, STRACE_NAMES_option_ipv6}, {IPPROTO_TCP, STRACE_NAMES_option_tcp},
		{270, STRACE_NAMES_option_netlink}, /* SOL_NETLINK */
	};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (levels[i].level == (uint32_t)other_argument(d, n)) {
			put_name(d->out, levels[i].table, (uint32_t)argument(d, n));
			return;
		}
	}
	put_unsigned(d->out, (uint32_t)argument(d, n));
}

static void put_option(struct decode *d, const struct part *part, uint32_t len)
{
	int option = argument(d, 2);
	bool is_socket = (int)argument(d, 1) == SOL_SOCKET;

	len = MIN_OF(len, part->len);
	if (is_socket && option == SO_LINGER && len == 8) {
		buf_printf(d->out, "{l_onoff=%u, l_linger=%u}", get32(part->data), get32(part->data + 4));
	} else if (is_socket && (option == 20 || option == 21) && len == 16) { /* SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD */
		buf_puts(d->out, "{tv_sec=");
		put_signed(d->out, get64(part->data));
		buf_puts(d->out, ", tv_usec=");
		put_signed(d->out, get64(part->data + 8));
		buf_putc(d->out, '}');
	} else if (is_socket && option == SO_PEERCRED && len == 12) {
		buf_printf(d->out, "{pid=%d, uid=%u, gid=%u}", (int)get32(part->data), get32(part->data + 4),
			   get32(part->data + 8));
	} else if (len == 4) {
		int value = get32(part->data);

		buf_putc(d->out, '[');
		if (is_socket && option == SO_ERROR && value > 0 && strerrorname_np(value))
			buf_puts(d->out, strerrorname_np(value));
		else
			put_signed(d->out, value);
		buf_putc(d->out, ']');
	} else {
		put_quoted(d->out, part->data, len, false);
	}
}

void decode_socket_value(struct decode *d, unsigned n)
{
	const struct part *part = &d->after[n];

	if (have(d, n, part, 0))
		put_option(d, part, part->len);
}

void decode_socket_value_out(struct decode *d, unsigned n)
{
	if (d->failed)
		put_address(d->out, argument(d, n));
	else if (have(d, n, &d->after[n], 0))
		put_option(d, &d->after[n], address_length(d, n));
}

/* ---- iovecs ---- */

enum { IOVEC = 16 };

/*
 * The iovec of the record's items; `count` elements, of whose memory only `bytes` mean something.
 */
static void put_iovec(struct decode *d, uint64_t address, uint64_t count, uint64_t bytes)
{
	const uint8_t *at = NULL, *elements = NULL;
	struct part vector, element;
	uint32_t index;
	bool more;

	if (!next_item(d, &at, STRACE_ARG_IOVEC, &vector, &index) || vector.failed) {
		put_address(d->out, address);
		return;
	}
	more = next_item(d, &elements, STRACE_ARG_ELEMENT, &element, &index);
	buf_putc(d->out, '[');
	for (uint32_t i = 0; i < count; i++) {
		uint64_t base, len, whole;

		if (i)
			buf_puts(d->out, ", ");
		if ((i + 1) * IOVEC > vector.len) {
			buf_puts(d->out, "...");
			break;
		}
		base = get64(vector.data + i * IOVEC);
		len = get64(vector.data + i * IOVEC + 8);
		while (more && index < i)
			more = next_item(d, &elements, STRACE_ARG_ELEMENT, &element, &index);
		whole = MIN_OF(len, bytes);
		bytes -= whole;
		buf_puts(d->out, "{iov_base=");
		if (base && !whole)
			buf_puts(d->out, "\"\"");
		else if (more && index == i && !element.failed)
			put_quoted(d->out, element.data, MIN_OF(whole, element.len), whole > element.len);
		else
			put_address(d->out, base);
		buf_puts(d->out, ", iov_len=");
		put_unsigned(d->out, len);
		buf_putc(d->out, '}');
	}
	buf_putc(d->out, ']');
}

void decode_iovec_in(struct decode *d, unsigned n) { put_iovec(d, argument(d, n), argument(d, n + 1), UINT64_MAX); }

void decode_iovec_out(struct decode *d, unsigned n)
{
	put_iovec(d, argument(d, n), argument(d, n + 1), d->failed ? 0 : d->r->result);
}

/* ---- messages ---- */

/* Descriptors handed over, or credentials. */
static void put_control_data(struct decode *d, const uint8_t *data, uint32_t len, uint32_t level, uint32_t type)
{
	if (level == SOL_SOCKET && type == SCM_RIGHTS) {
		buf_puts(d->out, ", cmsg_data=[");
		for (uint32_t i = 0; i + 4 <= len; i += 4) {
			if (i)
				buf_puts(d->out, ", ");
			put_fd(d, get32(data + i));
		}
		buf_putc(d->out, ']');
	} else if (level == SOL_SOCKET && type == SCM_CREDENTIALS && len >= 12) {
		buf_printf(d->out, ", cmsg_data={pid=%d, uid=%u, gid=%u}", (int)get32(data), get32(data + 4),
			   get32(data + 8));
	} else if (len) {
		buf_puts(d->out, ", cmsg_data=");
		put_quoted_hex(d->out, data, len, false);
	}
}

/* struct cmsghdr: length (8 bytes, itself included), level, type (4 each), data; aligned to 8. */
static void put_control(struct decode *d, const struct part *part, uint64_t wanted)
{
	uint64_t at = 0, end = MIN_OF(wanted, part->len);

	buf_putc(d->out, '[');
	while (end - at >= 16) {
		uint64_t len = get64(part->data + at);
		uint32_t level = get32(part->data + at + 8), type = get32(part->data + at + 12);

		if (at)
			buf_puts(d->out, ", ");
		buf_printf(d->out, "{cmsg_len=%" PRIu64 ", cmsg_level=", len);
		put_name(d->out, STRACE_NAMES_socket_level, level);
		buf_puts(d->out, ", cmsg_type=");
		if (level == SOL_SOCKET)
			put_name(d->out, STRACE_NAMES_cmsg, type);
		else
			put_hex(d->out, type);
		if (len < 16 || len > end - at) {
			buf_puts(d->out, ", ...}");
			break;
		}
		put_control_data(d, part->data + at + 16, len - 16, level, type);
		buf_putc(d->out, '}');
		at = MIN_OF(end, at + ROUND_UP(len, 8));
	}
	buf_putc(d->out, ']');
}

static void put_message(struct decode *d, unsigned n, bool out)
{
	struct {
		uint64_t name;
		uint32_t name_length, pad;
		uint64_t iov, iov_length, control, control_length;
		uint32_t flags, pad2;
	} m;
	const uint8_t *at = NULL;
	struct part part;
	uint32_t index;

	_Static_assert(sizeof(m) == 56, "struct msghdr of 64 bits");
	if (!take(d, n, &d->after[n], &m, sizeof(m)))
		return;
	buf_puts(d->out, "{msg_name=");
	if (m.name_length && next_item(d, &at, STRACE_ARG_NAME, &part, &index) && !part.failed)
		put_sockaddr(d->out, part.data, part.len);
	else
		put_address(d->out, m.name);
	buf_printf(d->out, ", msg_namelen=%d, msg_iov=", (int)m.name_length);
	put_iovec(d, m.iov, m.iov_length, !out ? UINT64_MAX : d->failed ? 0 : (uint64_t)d->r->result);
	buf_printf(d->out, ", msg_iovlen=%" PRIu64, m.iov_length);
	at = NULL;
	if (m.control_length && next_item(d, &at, STRACE_ARG_CONTROL, &part, &index) && !part.failed) {
		buf_puts(d->out, ", msg_control=");
		put_control(d, &part, m.control_length);
	}
	buf_printf(d->out, ", msg_controllen=%" PRIu64 ", msg_flags=", m.control_length);
	put_flags(d->out, STRACE_NAMES_msg, m.flags);
	buf_putc(d->out, '}');
}

void decode_message_in(struct decode *d, unsigned n) { put_message(d, n, false); }

void decode_message_out(struct decode *d, unsigned n)
{
	const struct part *part = &d->after[n];

	if (!d->failed)
		put_message(d, n, true);
	else if (have(d, n, part, 56))
		buf_printf(d->out, "{msg_namelen=%d}", (int)get32(part->data + 8));
}
