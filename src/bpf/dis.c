/*
 * dis.c - instructions as text, with the script line each group came from:
 *
 *     main:
 *     ; 3:9 @x = count()
 *        12: r1 = *(u64 *)(r6 + 16)
 *        13: if r1 == 0 goto 20
 */
#include <inttypes.h>

#include "bpf/object.h"

struct printer {
	const struct bpf_code *code;
	const struct sources *sources;
	const char *(*map_name)(uint32_t map, void *ctx);
	void *ctx;
	struct buf *out;
	size_t next_reloc;
	const struct source *source; /* of the line printed last */
	unsigned line;
};

static const char *const size_names[] = {
	[BPF_W >> 3] = "u32", [BPF_H >> 3] = "u16", [BPF_B >> 3] = "u8", [BPF_DW >> 3] = "u64",
};

static const char *size_name(uint8_t code)
{
	return size_names[(code & 0x18) >> 3];
}

static const char *const alu_names[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "end",
};

static const char *const jump_names[16] = {
	[BPF_JEQ >> 4] = "==", [BPF_JGT >> 4] = ">", [BPF_JGE >> 4] = ">=",
	[BPF_JSET >> 4] = "&", [BPF_JNE >> 4] = "!=", [BPF_JSGT >> 4] = "s>",
	[BPF_JSGE >> 4] = "s>=", [BPF_JLT >> 4] = "<", [BPF_JLE >> 4] = "<=",
	[BPF_JSLT >> 4] = "s<", [BPF_JSLE >> 4] = "s<=",
};

static void print_address(struct printer *p, const char *type, unsigned reg, int off)
{
	buf_printf(p->out, "*(%s *)(r%u %c %d)", type, reg, off < 0 ? '-' : '+', off < 0 ? -off : off);
}

static void print_alu(struct printer *p, const struct bpf_insn *insn)
{
	unsigned op = BPF_OP(insn->code);
	char r = BPF_CLASS(insn->code) == BPF_ALU ? 'w' : 'r';

	if (op == BPF_NEG) {
		buf_printf(p->out, "%c%u = -%c%u", r, insn->dst_reg, r, insn->dst_reg);
	} else if (op == BPF_END) {
		buf_printf(p->out, "r%u = %s%d r%u", insn->dst_reg,
			   BPF_SRC(insn->code) == BPF_TO_BE ? "be" : "le", insn->imm, insn->dst_reg);
	} else {
		buf_printf(p->out, "%c%u %s ", r, insn->dst_reg,
			   alu_names[op >> 4] ? alu_names[op >> 4] : "?");
		if (BPF_SRC(insn->code) == BPF_X)
			buf_printf(p->out, "%c%u", r, insn->src_reg);
		else
			buf_printf(p->out, "%d", insn->imm);
	}
}

static const char *func_at(const struct printer *p, int64_t insn)
{
	vec_each(f, &p->code->funcs)
		if (f->insn == insn)
			return f->name;
	return "?";
}

static void print_jump(struct printer *p, const struct bpf_insn *insn, uint32_t at)
{
	unsigned op = BPF_OP(insn->code);
	char r = BPF_CLASS(insn->code) == BPF_JMP32 ? 'w' : 'r';

	switch (op) {
	case BPF_CALL:
		if (insn->src_reg == BPF_PSEUDO_CALL)
			buf_printf(p->out, "call %s", func_at(p, (int64_t)at + insn->imm + 1));
		else if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
			buf_printf(p->out, "call kernel function %d", insn->imm);
		else
			buf_printf(p->out, "call %s", ir_helper_name(insn->imm));
		return;
	case BPF_EXIT:
		buf_puts(p->out, "exit");
		return;
	case BPF_JA:
		buf_printf(p->out, "goto %d", (int)at + insn->off + 1);
		return;
	}
	buf_printf(p->out, "if %c%u %s ", r, insn->dst_reg,
		   jump_names[op >> 4] ? jump_names[op >> 4] : "?");
	if (BPF_SRC(insn->code) == BPF_X)
		buf_printf(p->out, "%c%u", r, insn->src_reg);
	else
		buf_printf(p->out, "%d", insn->imm);
	buf_printf(p->out, " goto %d", (int)at + insn->off + 1);
}

static void print_atomic(struct printer *p, const struct bpf_insn *insn)
{
	switch (insn->imm) {
	case BPF_ADD:
		buf_puts(p->out, "lock ");
		print_address(p, size_name(insn->code), insn->dst_reg, insn->off);
		buf_printf(p->out, " += r%u", insn->src_reg);
		return;
	case BPF_ADD | BPF_FETCH:
		buf_printf(p->out, "r%u = fetch_add(", insn->src_reg);
		print_address(p, size_name(insn->code), insn->dst_reg, insn->off);
		buf_printf(p->out, ", r%u)", insn->src_reg);
		return;
	case BPF_XCHG:
		buf_printf(p->out, "r%u = xchg(", insn->src_reg);
		print_address(p, size_name(insn->code), insn->dst_reg, insn->off);
		buf_printf(p->out, ", r%u)", insn->src_reg);
		return;
	case BPF_CMPXCHG:
		buf_puts(p->out, "r0 = cmpxchg(");
		print_address(p, size_name(insn->code), insn->dst_reg, insn->off);
		buf_printf(p->out, ", r0, r%u)", insn->src_reg);
		return;
	}
	buf_printf(p->out, "atomic %d", insn->imm);
}

static void print_map(struct printer *p, uint32_t map)
{
	if (p->map_name)
		buf_printf(p->out, "map[%s]", p->map_name(map, p->ctx));
	else
		buf_printf(p->out, "map[%u]", map);
}

/* ld_imm64, two slots. */
static void print_wide(struct printer *p, const struct bpf_insn *insn, uint32_t at)
{
	const struct bpf_reloc *reloc = NULL;

	if (p->next_reloc < p->code->relocs.n && p->code->relocs.v[p->next_reloc].insn == at)
		reloc = &p->code->relocs.v[p->next_reloc++];
	buf_printf(p->out, "r%u = ", insn->dst_reg);
	if (reloc && reloc->kind == RELOC_MAP) {
		print_map(p, reloc->index);
	} else if (reloc && reloc->kind == RELOC_MAP_VALUE) {
		print_map(p, reloc->index);
		buf_printf(p->out, ".value + %d", insn[1].imm);
	} else if (reloc) {
		buf_printf(p->out, "constant #%u", reloc->index);
	} else if (insn->src_reg == BPF_PSEUDO_BTF_ID) {
		buf_printf(p->out, "kernel variable %d", insn->imm);
	} else if (insn->src_reg == BPF_PSEUDO_FUNC) {
		buf_printf(p->out, "func %s", func_at(p, (int64_t)at + insn->imm + 1));
	} else {
		buf_printf(p->out, "0x%" PRIx64 " ll",
			   (uint64_t)(uint32_t)insn[1].imm << 32 | (uint32_t)insn->imm);
	}
}

static void print_insn(struct printer *p, const struct bpf_insn *insn, uint32_t at)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		print_alu(p, insn);
		return;
	case BPF_JMP:
	case BPF_JMP32:
		print_jump(p, insn, at);
		return;
	case BPF_LDX:
		buf_printf(p->out, "r%u = ", insn->dst_reg);
		print_address(p, size_name(insn->code), insn->src_reg, insn->off);
		return;
	case BPF_ST:
		print_address(p, size_name(insn->code), insn->dst_reg, insn->off);
		buf_printf(p->out, " = %d", insn->imm);
		return;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC) {
			print_atomic(p, insn);
			return;
		}
		print_address(p, size_name(insn->code), insn->dst_reg, insn->off);
		buf_printf(p->out, " = r%u", insn->src_reg);
		return;
	case BPF_LD:
		print_wide(p, insn, at);
		return;
	}
}

/* A comment when the script line changes. */
static void print_source(struct printer *p, struct span span)
{
	struct place place;
	const char *line;
	size_t len;

	if (!p->sources || !source_place(p->sources, span.off, &place))
		return;
	if (place.source == p->source && place.line == p->line)
		return;
	p->source = place.source;
	p->line = place.line;
	line = source_line(place.source, place.line, &len);
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	buf_printf(p->out, "; %u:%u ", place.line, place.col);
	for (size_t i = 0; i < len; i++)
		buf_putc(p->out, (unsigned char)line[i] < ' ' || line[i] == 127 ? ' ' : line[i]);
	buf_putc(p->out, '\n');
}

void bpf_print(const struct bpf_code *code, const struct sources *sources,
	       const char *(*map_name)(uint32_t map, void *ctx), void *ctx, struct buf *out)
{
	struct printer p = {.code = code, .sources = sources, .map_name = map_name, .ctx = ctx,
			    .out = out};
	size_t func = 0;

	buf_printf(out, "program %s: %zu instructions, %u bytes of stack\n", code->name,
		   code->insns.n, code->frame_bytes);
	for (uint32_t i = 0; i < code->insns.n; i++) {
		const struct bpf_insn *insn = &code->insns.v[i];

		if (func < code->funcs.n && code->funcs.v[func].insn == i)
			buf_printf(out, "%s:\n", code->funcs.v[func++].name);
		print_source(&p, code->spans.v[i]);
		buf_printf(out, "%5u: ", i);
		print_insn(&p, insn, i);
		buf_putc(out, '\n');
		if (BPF_CLASS(insn->code) == BPF_LD)
			i++;
	}
}
