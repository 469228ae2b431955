/*
 * lower_frame_name.c - name_frame(): the maps of ir/frame_name.h, and what a uprobe's program hands to
 * the function of the library that fills them (bpf/frame_name.bpf.h).
 */
#include "ir/frame_name.h"
#include "ir/lower_int.h"

/* What name_frame() keeps and walks look up: next to nothing where no function has names. */
void lower_plan_frame_names(struct plan *plan)
{
	bool named = plan->script->names_frames;

	plan->kmaps.v[KMAP_NAMED_FRAMES] = (struct kmap){
		.name = "named_frames", .type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct frame_name_key),
		.value_size = sizeof(struct named_frame), .entries = named ? FRAME_NAMED_FRAMES : 1};
	plan->kmaps.v[KMAP_NAMED_TEXTS] = (struct kmap){
		.name = "named_texts", .type = BPF_MAP_TYPE_HASH, .key_size = 8,
		.value_size = sizeof(struct named_text), .entries = named ? FRAME_NAMED_TEXTS : 1};
}

static uint32_t longest_function(const struct probe *probe)
{
	uint32_t size = 0;

	vec_each(it, &probe->targets)
		size = MAX_OF(size, (*it)->size);
	return size;
}

/*
 * The task is at the function's first instruction: of its frame there is nothing but the return address.
 * Of several functions the longest one's size is given: who reads the name looks at the symbol, too.
 */
void lower_name_frame(struct lower *l, const struct node *n)
{
	uint32_t return_address = l->arch == &arch_x86_64 ? 8 : 0; /* elsewhere it is in a register */
	struct ir_block *full, *done;
	struct memory naming, name;
	vreg sp, ip, failed;

	if (!l->plan->features.unwind_tables) {
		diag_add(l->script->diags, DIAG_FRAMES_UNNAMED, n->span, "name_frame() has no effect: it needs stacks "
			 "walked by unwind tables, that is Linux 5.17 with BTF, and a sonde built with clang");
		return;
	}
	lower_plan_frame_names(l->plan);
	naming = lower_temp(l, sizeof(struct frame_naming), "frame name");
	sp = ir_load(F, SPACE_CTX, l->ctx, l->arch->sp, 8, false);
	ip = ir_load(F, SPACE_CTX, l->ctx, l->arch->ip, 8, false);
	lower_put(l, place_at(naming, offsetof(struct frame_naming, key.cfa)), 8,
		  lower_alu(ADD, ir_reg(sp), ir_imm(return_address)));
	lower_put(l, place_at(naming, offsetof(struct frame_naming, frame.start)), 8, ir_reg(ip));
	lower_put(l, place_at(naming, offsetof(struct frame_naming, frame.size)), 4,
		  ir_imm(longest_function(l->probe)));
	name = place_at(naming, offsetof(struct frame_naming, text.name));
	lower_string(l, n->list.v[0], name, FRAME_NAME_BYTES, true);
	failed = ir_call(F, HELPER_NAME_FRAME, IR_ARGS(ir_reg(lower_address(l, naming))));
	full = cold_block(l);
	done = new_block(l);
	ir_branch(F, COND_NE, ir_reg(failed), ir_imm(0), full, done);
	ir_at(F, full);
	ir_count_loss(F, l->prog, LOSS_FRAME_NAME_FULL);
	ir_jump(F, done);
	ir_at(F, done);
}
