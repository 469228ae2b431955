/* asm.c - see asm.h. */
#include "bpf/asm.h"

enum { REACH = 32767 };

static uint32_t here(const struct asm_buf *a)
{
	return a->code->insns.n;
}

void asm_init(struct asm_buf *a, struct arena *arena, struct bpf_code *code)
{
	*a = (struct asm_buf){.arena = arena, .code = code, .reach = REACH};
	a->check_at = a->reach / 4;
}

asm_label asm_label_new(struct asm_buf *a, uint32_t refs)
{
	struct asm_place place = {.at = -1, .refs = refs};

	avec_push(a->arena, &a->labels, place);
	return a->labels.n - 1;
}

static void put_raw(struct asm_buf *a, struct bpf_insn insn)
{
	avec_push(a->arena, &a->code->insns, insn);
	avec_push(a->arena, &a->code->spans, a->span);
}

static void set_offset(struct asm_buf *a, uint32_t insn, uint32_t target)
{
	int64_t off = (int64_t)target - insn - 1;

	BUG_ON(off != (int16_t)off);
	a->code->insns.v[insn].off = off;
}

static void refer(struct asm_buf *a, asm_label to)
{
	struct asm_place *place = &a->labels.v[to];
	struct asm_jump jump = {.insn = here(a) - 1, .before = place->waiting};

	BUG_ON(!place->refs);
	place->refs--;
	if (place->at >= 0) {
		set_offset(a, jump.insn, place->at);
		return;
	}
	avec_push(a->arena, &a->jumps, jump);
	place->waiting = a->jumps.n;
}

static void put_goto(struct asm_buf *a, asm_label to)
{
	put_raw(a, (struct bpf_insn){.code = BPF_JMP | BPF_JA});
	refer(a, to);
}

/* Every waiting jump to the label goes to `target`. */
static void resolve(struct asm_buf *a, struct asm_place *place, uint32_t target)
{
	for (uint32_t i = place->waiting; i; i = a->jumps.v[i - 1].before)
		set_offset(a, a->jumps.v[i - 1].insn, target);
	place->waiting = 0;
}

/* How far back the first of the waiting jumps is. */
static uint32_t oldest(const struct asm_buf *a, const struct asm_place *place)
{
	uint32_t insn = here(a);

	for (uint32_t i = place->waiting; i; i = a->jumps.v[i - 1].before)
		insn = a->jumps.v[i - 1].insn;
	return here(a) - insn;
}

/*
 * Jumps that would soon be out of reach get a goto here: forward ones that wait for their
 * label, and a new place to go for backward ones still to come.
 */
static void put_island(struct asm_buf *a)
{
	uint32_t skip = here(a), far = a->reach / 4;

	a->in_island = true;
	put_raw(a, (struct bpf_insn){.code = BPF_JMP | BPF_JA});
	for (uint32_t l = 0; l < a->labels.n; l++) {
		struct asm_place *place = &a->labels.v[l];
		uint32_t now = here(a);

		if (place->at < 0 ? oldest(a, place) > far : place->refs && now - place->at > far) {
			place->refs++;
			resolve(a, place, now);
			put_goto(a, l);
			if (place->at >= 0)
				place->at = now;
		}
	}
	if (here(a) == skip + 1) { /* nothing was far */
		a->code->insns.n--;
		a->code->spans.n--;
	} else {
		set_offset(a, skip, here(a));
	}
	a->in_island = false;
}

/* Before an instruction (pair): may everything still reach past it? */
static void put(struct asm_buf *a, struct bpf_insn insn)
{
	if (here(a) >= a->check_at && !a->in_island) {
		put_island(a);
		a->check_at = here(a) + a->reach / 4;
	}
	put_raw(a, insn);
}

void asm_bind(struct asm_buf *a, asm_label label)
{
	struct asm_place *place = &a->labels.v[label];

	BUG_ON(place->at >= 0);
	place->at = here(a);
	resolve(a, place, here(a));
}

void asm_finish(struct asm_buf *a)
{
	vec_each(place, &a->labels)
		BUG_ON(place->refs || place->waiting);
	a->labels.n = 0;
	a->jumps.n = 0;
	a->check_at = here(a) + a->reach / 4;
}

static void check_reg(unsigned r)
{
	BUG_ON(r > BPF_REG_10);
}

static void check_imm(int64_t imm)
{
	BUG_ON(imm != (int32_t)imm);
}

static unsigned alu_class(unsigned size)
{
	BUG_ON(size != 4 && size != 8);
	return size == 4 ? BPF_ALU : BPF_ALU64;
}

static unsigned jump_class(unsigned size)
{
	BUG_ON(size != 4 && size != 8);
	return size == 4 ? BPF_JMP32 : BPF_JMP;
}

static unsigned size_code(unsigned size)
{
	switch (size) {
	case 1: return BPF_B;
	case 2: return BPF_H;
	case 4: return BPF_W;
	case 8: return BPF_DW;
	}
	BUG("size %u", size);
}

static void put_reg(struct asm_buf *a, unsigned code, unsigned dst, unsigned src, int64_t off,
		    int64_t imm)
{
	check_reg(dst);
	check_reg(src);
	check_imm(imm);
	BUG_ON(off != (int16_t)off);
	put(a, (struct bpf_insn){.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm});
}

void asm_mov(struct asm_buf *a, unsigned dst, unsigned src)
{
	BUG_ON(dst == BPF_REG_10);
	put_reg(a, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void asm_mov32(struct asm_buf *a, unsigned dst, unsigned src)
{
	BUG_ON(dst == BPF_REG_10);
	put_reg(a, BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void put_pair(struct asm_buf *a, unsigned dst, unsigned src, uint32_t low, uint32_t high)
{
	check_reg(dst);
	BUG_ON(dst == BPF_REG_10);
	put(a, (struct bpf_insn){.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = dst, .src_reg = src,
				 .imm = (int32_t)low});
	put_raw(a, (struct bpf_insn){.imm = (int32_t)high});
}

void asm_mov_imm(struct asm_buf *a, unsigned dst, int64_t imm)
{
	BUG_ON(dst == BPF_REG_10);
	if (imm == (int32_t)imm)
		put_reg(a, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
	else if (imm == (uint32_t)imm)
		put_reg(a, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, (int32_t)imm);
	else
		put_pair(a, dst, 0, imm, (uint64_t)imm >> 32);
}

void asm_alu(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, unsigned src)
{
	BUG_ON(dst == BPF_REG_10);
	put_reg(a, alu_class(size) | op | (op == BPF_NEG ? BPF_K : BPF_X), dst, src, 0, 0);
}

void asm_alu_imm(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, int64_t imm)
{
	BUG_ON(dst == BPF_REG_10);
	BUG_ON((op == BPF_DIV || op == BPF_MOD) && !imm);
	BUG_ON((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) &&
	       (uint64_t)imm >= 8 * size);
	put_reg(a, alu_class(size) | op | BPF_K, dst, 0, 0, imm);
}

void asm_bswap(struct asm_buf *a, unsigned size, unsigned dst)
{
	BUG_ON(size != 2 && size != 4 && size != 8);
	/* "to the order this machine has not" is the swap every version knows */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	put_reg(a, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, size * 8);
#else
	put_reg(a, BPF_ALU | BPF_END | BPF_TO_LE, dst, 0, 0, size * 8);
#endif
}

void asm_load(struct asm_buf *a, unsigned size, unsigned dst, unsigned base, int64_t off)
{
	BUG_ON(dst == BPF_REG_10);
	put_reg(a, BPF_LDX | BPF_MEM | size_code(size), dst, base, off, 0);
}

void asm_store(struct asm_buf *a, unsigned size, unsigned base, int64_t off, unsigned src)
{
	put_reg(a, BPF_STX | BPF_MEM | size_code(size), base, src, off, 0);
}

void asm_store_imm(struct asm_buf *a, unsigned size, unsigned base, int64_t off, int64_t imm)
{
	put_reg(a, BPF_ST | BPF_MEM | size_code(size), base, 0, off, imm);
}

void asm_atomic(struct asm_buf *a, unsigned op, unsigned size, unsigned base, int64_t off,
		unsigned src)
{
	BUG_ON(size != 4 && size != 8);
	put_reg(a, BPF_STX | BPF_ATOMIC | size_code(size), base, src, off, op);
}

void asm_jump_if(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, unsigned src,
		 asm_label to)
{
	put_reg(a, jump_class(size) | op | BPF_X, dst, src, 0, 0);
	refer(a, to);
}

void asm_jump_if_imm(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, int64_t imm,
		     asm_label to)
{
	put_reg(a, jump_class(size) | op | BPF_K, dst, 0, 0, imm);
	refer(a, to);
}

void asm_jump(struct asm_buf *a, asm_label to)
{
	put_reg(a, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	refer(a, to);
}

void asm_call(struct asm_buf *a, uint32_t helper)
{
	if (helper >= IR_KFUNC)
		put_reg(a, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, helper - IR_KFUNC);
	else
		put_reg(a, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void asm_exit(struct asm_buf *a)
{
	put_reg(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void asm_load_reloc(struct asm_buf *a, unsigned dst, enum bpf_reloc_kind kind, uint32_t index,
		    int32_t off)
{
	static const uint8_t pseudo[] = {
		[RELOC_MAP] = BPF_PSEUDO_MAP_FD,
		[RELOC_MAP_VALUE] = BPF_PSEUDO_MAP_VALUE,
		[RELOC_CONSTANT] = 0,
	};
	struct bpf_reloc reloc = {.kind = kind, .index = index};

	BUG_ON(off && kind != RELOC_MAP_VALUE);
	put_pair(a, dst, pseudo[kind], 0, off);
	reloc.insn = here(a) - 2;
	avec_push(a->arena, &a->code->relocs, reloc);
}

uint32_t asm_call_func(struct asm_buf *a)
{
	put_reg(a, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	return here(a) - 1;
}

void asm_load_kernel_var(struct asm_buf *a, unsigned dst, uint32_t id)
{
	put_pair(a, dst, BPF_PSEUDO_BTF_ID, (int32_t)id, 0);
}

uint32_t asm_load_func(struct asm_buf *a, unsigned dst)
{
	put_pair(a, dst, BPF_PSEUDO_FUNC, 0, 0);
	return here(a) - 2;
}
