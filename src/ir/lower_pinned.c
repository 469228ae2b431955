/* lower_pinned.c - has_pinned(): a look-up in a map of others, which the kernel part opens by its path. */
#include "ir/lower_int.h"

#include <string.h>

/* The path's number among the plan's maps: one for each path. */
static uint32_t pinned_map(struct lower *l, const char *path)
{
	struct plan *plan = l->plan;

	for (uint32_t i = KMAP_USER; i < plan->kmaps.n; i++)
		if (plan->kmaps.v[i].pinned && str_eq(plan->kmaps.v[i].pinned, path))
			return i;
	avec_push(plan->arena, &plan->kmaps, ((struct kmap){.name = "pinned", .type = BPF_MAP_TYPE_HASH,
		.key_size = 8, .pinned = path}));
	return plan->kmaps.n - 1;
}

struct ir_val lower_has_pinned(struct lower *l, const struct node *n)
{
	struct ir_block *there = new_block(l), *next = new_block(l);
	struct memory key = lower_temp(l, 8, "pinned key");
	vreg result, found;

	lower_put(l, key, 8, lower_number(l, n->list.v[1]));
	result = ir_mov(F, ir_imm(0));
	found = ir_call(F, HELPER_MAP_LOOKUP_ELEM,
			IR_ARGS(ir_reg(ir_map(F, pinned_map(l, n->list.v[0]->text.data))),
				ir_reg(lower_address(l, key))));
	ir_branch(F, COND_NE, ir_reg(found), ir_imm(0), there, next);
	ir_at(F, there);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}
