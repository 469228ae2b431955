/* jitdump.c - see jitdump.h. A record's code is never looked at, nor kept in memory. */
#include "sym/jitdump.h"

#include <stdlib.h>

enum {
	MAGIC = 0x4a695444,
	HEADER = 40, RECORD = 16, LOAD = 40, MOVE = 48, NAME = 4096,
	LOADS_LIMIT = 1 << 20,
};

struct record { uint32_t id, size; uint64_t timestamp; };
struct load { uint32_t pid, tid; uint64_t vma, start, size, index; };
struct move { uint32_t pid, tid; uint64_t vma, from, to, size, index; };

bool jitdump_is(const void *data, size_t len)
{
	uint32_t magic;

	if (len < sizeof(magic))
		return false;
	memcpy(&magic, data, sizeof(magic));
	return magic == MAGIC;
}

static bool is_range(uint64_t start, uint64_t size)
{
	return size && start + size > start;
}

static void take_load(struct jitdump *dump, const char *body, size_t len)
{
	struct load load;
	size_t name_len = strnlen(body + sizeof(load), MIN_OF(len - sizeof(load), (size_t)NAME));
	uint32_t name;

	memcpy(&load, body, sizeof(load));
	if (!name_len || !is_range(load.start, load.size)) {
		dump->bad++;
		return;
	}
	name = dump->code(dump->ctx, load.start, load.size, body + sizeof(load), name_len);
	if (dump->loads.n >= LOADS_LIMIT)
		return;
	vec_push(&dump->loads, ((struct jitdump_load){load.start, load.size, name}));
	*hmap_at(&dump->by_index, &load.index, sizeof(load.index)) = (void *)(uintptr_t)dump->loads.n;
}

static void take_move(struct jitdump *dump, const char *body)
{
	struct jitdump_load *load;
	struct move move;
	size_t at;

	memcpy(&move, body, sizeof(move));
	at = (uintptr_t)hmap_get(&dump->by_index, &move.index, sizeof(move.index));
	load = at ? &dump->loads.v[at - 1] : NULL;
	if (!load || load->start != move.from || !is_range(move.to, load->size)) {
		dump->bad++;
		return;
	}
	load->start = move.to;
	dump->moved(dump->ctx, load->start, load->size, load->name);
}

static size_t take_header(struct jitdump *dump, const char *data, size_t len)
{
	uint32_t size;

	if (len < HEADER)
		return 0;
	memcpy(&size, data + 8, sizeof(size));
	if (!jitdump_is(data, len) || size < HEADER) {
		dump->ended = true;
		dump->bad++;
		return len;
	}
	dump->begun = true;
	dump->skip = size - HEADER;
	return HEADER;
}

/* A record up to its code, which becomes `skip`; 0: not enough of it is there. */
static size_t take_record(struct jitdump *dump, const char *data, size_t len)
{
	struct record r;
	size_t body, wanted;

	if (len < RECORD)
		return 0;
	memcpy(&r, data, sizeof(r));
	if (r.size < RECORD) { /* nobody knows where the next one begins */
		dump->ended = true;
		dump->bad++;
		return len;
	}
	body = r.size - RECORD;
	wanted = r.id == 0 ? MIN_OF(body, (size_t)LOAD + NAME) : r.id == 1 ? MIN_OF(body, (size_t)MOVE) : 0;
	if (len - RECORD < wanted)
		return 0;
	if (r.id == 0 && body > LOAD)
		take_load(dump, data + RECORD, wanted);
	else if (r.id == 1 && body >= MOVE)
		take_move(dump, data + RECORD);
	else if (r.id <= 1)
		dump->bad++;
	dump->skip = body - wanted;
	return RECORD + wanted;
}

size_t jitdump_parse(struct jitdump *dump, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = dump->ended ? len - at : MIN_OF(dump->skip, (uint64_t)(len - at));

		if (n && !dump->ended)
			dump->skip -= n;
		if (!n && dump->begun)
			n = take_record(dump, data + at, len - at);
		else if (!n)
			n = take_header(dump, data + at, len - at);
		if (!n)
			break;
		at += n;
	}
	return at;
}

void jitdump_free(struct jitdump *dump)
{
	vec_free(&dump->loads);
	hmap_free(&dump->by_index);
}
