/*
 * machine.h - the world that both interpreters run in: context, map values, readable
 * "kernel" memory and helpers whose answers depend on nothing but the order and the
 * scalar arguments of calls. Everything observable goes into one running hash.
 */
#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/ir.h"

enum {
	MACHINE_CTX = 128,
	MACHINE_MAPS = 3,
	MACHINE_VALUE = 1024,
	MACHINE_KERNEL = 256,
	MACHINE_DEPTH = 8,
	MACHINE_STACK = 64 * 1024,
	MACHINE_STEPS = 2000000,
};
#define MACHINE_KERNEL_BASE 0xffff800000001000ull /* addresses that probe_read can read */
#define MACHINE_MAP_TAG 0x6d61700000000000ull     /* what a MAP operand is */
#define MACHINE_FUNC_TAG 0x66756e6300000000ull

struct machine {
	uint8_t ctx[MACHINE_CTX];
	uint8_t maps[MACHINE_MAPS][MACHINE_VALUE];
	uint8_t kernel[MACHINE_KERNEL];
	uint8_t *stack;        /* MACHINE_STACK bytes */
	uint8_t *stack_set;    /* 1: written */
	uint64_t hash, calls, steps;
	const char *error;     /* the run is void */
	char text[160];
	/* a callback, by whoever interprets */
	uint64_t (*callback)(struct machine *m, uint32_t func, const uint64_t *args, void *ctx);
	void *callback_ctx;
};

static inline void machine_fail(struct machine *m, const char *fmt, ...)
{
	va_list ap;

	if (m->error)
		return;
	va_start(ap, fmt);
	vsnprintf(m->text, sizeof(m->text), fmt, ap);
	va_end(ap);
	m->error = m->text;
}

static inline uint64_t machine_mix(uint64_t h, uint64_t v)
{
	h ^= v + 0x9e3779b97f4a7c15ull + (h << 6) + (h >> 2);
	h *= 0xff51afd7ed558ccdull;
	return h ^ h >> 33;
}

static inline void machine_init(struct machine *m, uint64_t seed, uint8_t junk)
{
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < MACHINE_CTX; i++)
		m->ctx[i] = machine_mix(seed, i);
	for (int i = 0; i < MACHINE_KERNEL; i++)
		m->kernel[i] = machine_mix(seed, 1000 + i);
	for (int k = 0; k < MACHINE_MAPS; k++)
		for (int i = 0; i < MACHINE_VALUE; i++)
			m->maps[k][i] = machine_mix(seed, 2000 + k * MACHINE_VALUE + i);
	m->stack = malloc(MACHINE_STACK);
	m->stack_set = calloc(1, MACHINE_STACK);
	memset(m->stack, junk, MACHINE_STACK);
}

static inline void machine_done(struct machine *m)
{
	free(m->stack);
	free(m->stack_set);
}

static inline bool machine_inside(const void *base, size_t len, uint64_t at, size_t size)
{
	return at >= (uintptr_t)base && at + size <= (uintptr_t)base + len && at + size >= at;
}

/* The bytes at an address a program may use directly; NULL and an error otherwise. */
static inline uint8_t *machine_at(struct machine *m, uint64_t at, size_t size, bool write, bool read)
{
	if (machine_inside(m->stack, MACHINE_STACK, at, size)) {
		size_t off = at - (uintptr_t)m->stack;

		for (size_t i = 0; read && i < size; i++)
			if (!m->stack_set[off + i])
				machine_fail(m, "stack byte read before it was written");
		for (size_t i = 0; write && i < size; i++)
			m->stack_set[off + i] = 1;
		return m->stack + off;
	}
	if (machine_inside(m->ctx, sizeof(m->ctx), at, size) && !write)
		return m->ctx + (at - (uintptr_t)m->ctx);
	if (machine_inside(m->maps, sizeof(m->maps), at, size))
		return (uint8_t *)m->maps + (at - (uintptr_t)m->maps);
	machine_fail(m, "bad address %#llx size %zu", (unsigned long long)at, size);
	return NULL;
}

static inline uint64_t machine_load(struct machine *m, uint64_t at, unsigned size)
{
	uint64_t v = 0;
	uint8_t *p = machine_at(m, at, size, false, true);

	if (p)
		memcpy(&v, p, size);
	return v;
}

static inline void machine_store(struct machine *m, uint64_t at, unsigned size, uint64_t v)
{
	uint8_t *p = machine_at(m, at, size, true, false);

	if (p)
		memcpy(p, &v, size);
}

static inline bool machine_read_kernel(struct machine *m, uint64_t at, void *out, size_t size)
{
	if (at < MACHINE_KERNEL_BASE || at + size > MACHINE_KERNEL_BASE + MACHINE_KERNEL)
		return false;
	memcpy(out, m->kernel + (at - MACHINE_KERNEL_BASE), size);
	return true;
}

static inline uint64_t machine_atomic(struct machine *m, enum ir_op op, uint64_t at, unsigned size,
				      uint64_t b, uint64_t c)
{
	uint64_t mask = size == 8 ? ~0ull : 0xffffffff, old = machine_load(m, at, size), now = old;

	switch (op) {
	case IR_ATOMIC_ADD:
	case IR_FETCH_ADD: now = old + b; break;
	case IR_XCHG: now = b; break;
	default:
		if (old == (b & mask))
			now = c;
	}
	machine_store(m, at, size, now);
	return old;
}

static inline void machine_hash_bytes(struct machine *m, uint64_t at, size_t size)
{
	uint8_t *p = machine_at(m, at, size, false, true);

	for (size_t i = 0; p && i < size; i++)
		m->hash = machine_mix(m->hash, p[i]);
}

/* Helpers. Addresses never enter the hash, what they point to does. */
static inline uint64_t machine_call(struct machine *m, uint32_t helper, const uint64_t *args)
{
	uint64_t n, r = 0;
	uint8_t *p;

	/* the same throughout a run, however often it is asked */
	if (helper == HELPER_GET_SMP_PROCESSOR_ID || helper == HELPER_GET_CURRENT_PID_TGID)
		return machine_mix(17, helper);
	n = ++m->calls;
	m->hash = machine_mix(m->hash, helper);
	switch (helper) {
	case HELPER_PROBE_READ_KERNEL:
	case HELPER_PROBE_READ_USER:
		p = machine_at(m, args[0], args[1], true, false);
		m->hash = machine_mix(m->hash, args[2]);
		if (!p)
			return 0;
		if (machine_read_kernel(m, args[2], p, args[1]))
			return 0;
		memset(p, 0, args[1]);
		return -14;
	case HELPER_MAP_LOOKUP_ELEM:
		machine_hash_bytes(m, args[1], 4);
		r = args[0] - MACHINE_MAP_TAG;
		if (r >= MACHINE_MAPS) {
			machine_fail(m, "bad map");
			return 0;
		}
		p = machine_at(m, args[1], 4, false, true);
		return p && (p[0] & 3) ? (uintptr_t)m->maps[r] : 0;
	case HELPER_MAP_UPDATE_ELEM:
		machine_hash_bytes(m, args[1], 4);
		machine_hash_bytes(m, args[2], 16);
		m->hash = machine_mix(m->hash, args[0]);
		m->hash = machine_mix(m->hash, args[3]);
		return (int64_t)(m->hash % 3) - 1;
	case HELPER_GET_CURRENT_COMM:
		p = machine_at(m, args[0], args[1], true, false);
		m->hash = machine_mix(m->hash, args[1]);
		if (p)
			memset(p, n, args[1]);
		return 0;
	case HELPER_LOOP:
		for (uint64_t i = 0; i < args[0] && i < 64 && !m->error; i++) {
			uint64_t call[5] = {i, args[2]};

			r = i + 1;
			if (m->callback(m, args[1] - MACHINE_FUNC_TAG, call, m->callback_ctx))
				break;
		}
		return r;
	case HELPER_KTIME_GET_NS:
		return n * 1000003;
	case HELPER_GET_PRANDOM_U32:
		return machine_mix(n, helper);
	case HELPER_SEND_SIGNAL: /* one scalar */
		m->hash = machine_mix(m->hash, args[0]);
		return machine_mix(m->hash, n);
	case HELPER_GET_NS_CURRENT_PID_TGID: /* here: five scalars, to fill all registers */
		for (int i = 0; i < 5; i++)
			m->hash = machine_mix(m->hash, args[i]);
		return machine_mix(m->hash, n);
	}
	machine_fail(m, "helper %u", helper);
	return 0;
}

/* All that can be seen from outside after a run. */
static inline uint64_t machine_result(struct machine *m, uint64_t returned)
{
	uint64_t h = machine_mix(m->hash, returned);

	for (size_t i = 0; i < sizeof(m->maps); i++)
		h = machine_mix(h, ((uint8_t *)m->maps)[i]);
	return machine_mix(h, m->calls);
}

#endif
