/*
 * lower_packet.c - skboutput(): a packet to KMAP_PACKETS, see kern/packet_rings.h.
 *
 * The kernel refuses more bytes than the packet has: as many are sent as there are, and the head
 * tells how many that was.
 */
#include "ir/lower_int.h"

#include <errno.h>

static void plan_packets(struct lower *l)
{
	l->plan->kmaps.v[KMAP_PACKETS] = (struct kmap){.name = "packets", .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
		.key_size = 4, .value_size = 4, .entries = l->plan->ncpus};
}

/* v, or the limit where it is more. */
static vreg at_most(struct lower *l, struct ir_val v, struct ir_val limit)
{
	struct ir_block *more = new_block(l), *next = new_block(l);
	vreg result = ir_mov(F, v);

	ir_branch(F, COND_GT, ir_reg(result), limit, more, next);
	ir_at(F, more);
	ir_set(F, result, limit);
	ir_jump(F, next);
	ir_at(F, next);
	return result;
}

static struct memory packet_head(struct lower *l, const struct node *n, struct ir_val offset, vreg size, vreg whole)
{
	struct memory head = lower_temp(l, sizeof(struct packet_head), "packet head");

	lower_put(l, place_at(head, offsetof(struct packet_head, time)), 8,
		  ir_reg(ir_call(F, HELPER_KTIME_GET_NS, 0, NULL)));
	lower_put(l, place_at(head, offsetof(struct packet_head, file)), 4, ir_imm((int64_t)n->num));
	lower_put(l, place_at(head, offsetof(struct packet_head, offset)), 4, offset);
	lower_put(l, place_at(head, offsetof(struct packet_head, sent)), 4, ir_reg(size));
	lower_put(l, place_at(head, offsetof(struct packet_head, whole)), 4, ir_reg(whole));
	return head;
}

static void count_failure(struct lower *l, vreg result)
{
	struct ir_block *failed = cold_block(l), *full = cold_block(l), *other = cold_block(l), *next = new_block(l);

	ir_branch(F, COND_EQ, ir_reg(result), ir_imm(0), next, failed);
	ir_at(F, failed);
	ir_branch(F, COND_EQ, ir_reg(result), ir_imm(-ENOSPC), full, other);
	ir_at(F, full);
	ir_count_loss(F, l->prog, LOSS_PACKETS_FULL);
	ir_jump(F, next);
	ir_at(F, other);
	ir_count_loss(F, l->prog, LOSS_RETURN_DATA);
	ir_jump(F, next);
	ir_at(F, next);
}

struct ir_val lower_skboutput(struct lower *l, const struct node *n)
{
	const struct type *skb_type = n->list.v[1]->type->elem;
	vreg result = ir_mov(F, ir_imm(-EINVAL)), skb, whole, size, sent;
	struct ir_block *send = new_block(l), *next = new_block(l);
	struct ir_val offset, want;
	struct memory head;
	struct field len;

	if (!lower_path_field(l, skb_type, (const char *const[]){"len", NULL}, &len)) {
		diag_add(l->script->diags, DIAG_UNKNOWN_TYPE, n->span,
			 "skboutput() needs struct sk_buff, and this kernel has no BTF to describe it");
		return ir_imm(0);
	}
	for (const struct node *skb_node = n->list.v[1]; skb_node; skb_node = skb_node->b) /* behind casts */
		if (skb_node->kind == NODE_VAR && lower_local(l, skb_node->ref.variable)->shared) {
			diag_add(l->script->diags, DIAG_ARGUMENT_TYPE, n->span,
				 "the kernel does not vouch for $%s, which a loop or & uses: give args.skb itself",
				 skb_node->name);
			return ir_imm(0);
		}
	plan_packets(l);
	skb = ir_mov(F, lower_scalar(l, n->list.v[1]));
	offset = lower_scalar(l, n->list.v[3]);
	want = lower_alu(ADD, ir_reg(at_most(l, lower_number(l, n->list.v[2]), ir_imm(PACKET_MAX))), offset);
	whole = ir_mov(F, ir_reg(ir_load(F, SPACE_BTF, skb, len.offset, 4, false)));
	size = at_most(l, ir_reg(at_most(l, want, ir_imm(PACKET_MAX))), ir_reg(whole));
	ir_branch(F, COND_GT, ir_reg(size), offset, send, next); /* else nothing is left of it */
	ir_at(F, send);
	head = packet_head(l, n, offset, size, whole);
	sent = ir_call(F, HELPER_SKB_OUTPUT,
		       IR_ARGS(ir_reg(skb), ir_reg(ir_map(F, KMAP_PACKETS)),
			       /* BPF_F_CURRENT_CPU, above it the packet's size */
			       lower_alu(OR, lower_alu(SHL, ir_reg(size), ir_imm(32)), ir_imm(UINT32_MAX)),
			       ir_reg(lower_address(l, head)), ir_imm(sizeof(struct packet_head))));
	ir_set(F, result, ir_reg(sent));
	count_failure(l, result);
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}
