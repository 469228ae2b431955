/*
 * lower_library.c - functions of lang/check_library.c: tasks, memory, strings joined, find(),
 * and what changes the system. Scalars in lower_library_scalar, strings in lower_library_string.
 */
#include "ir/lower_int.h"

/* ---- tasks ---- */

struct ir_val lower_init_pid_tgid(struct lower *l)
{
	return ir_reg(ir_call(F, HELPER_GET_CURRENT_PID_TGID, 0, NULL));
}

/* The task asked about: the argument, or the current one. */
static vreg task_of(struct lower *l, const struct node *n, enum ir_space *space)
{
	struct ir_val v;

	if (n->kind != NODE_CALL || !n->list.n)
		return lower_current_task(l, space);
	*space = SPACE_KERNEL;
	v = lower_scalar(l, n->list.v[0]);
	return v.reg ? v.reg : ir_mov(F, v);
}

/* The task that `member` of the task asked about points to. */
static vreg relative(struct lower *l, const struct node *n, const char *member, enum ir_space *space)
{
	vreg task = task_of(l, n, space);

	if (*space == SPACE_BTF)
		task = lower_only_read(l, task, lower_task_struct(l));
	return lower_field_of_task(l, task, *space, (const char *const[]){member, NULL}, 8).reg;
}

static struct ir_val relative_number(struct lower *l, const struct node *n, const char *member, const char *number)
{
	enum ir_space space;
	vreg task = relative(l, n, member, &space);

	return lower_field_of_task(l, task, space, (const char *const[]){number, NULL}, 4);
}

static struct ir_val relative_comm(struct lower *l, const struct node *n, const char *member, struct memory dst,
				   uint32_t cap, bool pad)
{
	enum ir_space space;
	vreg task = relative(l, n, member, &space);
	struct memory name = {SPACE_KERNEL, task, lower_task_offset(l, (const char *const[]){"comm", NULL})};

	if (space == SPACE_BTF)
		name.base = lower_untyped(l, ir_reg(task)).reg;
	return lower_string_at(l, name, dst, cap, pad, false);
}

/* Whether the registers the probe interrupted are those of user code. */
static struct ir_val user_mode(struct lower *l)
{
	struct ir_val mode;

	switch (l->probe->provider) {
	case PROVIDER_PROFILE: case PROVIDER_SOFTWARE: case PROVIDER_HARDWARE: case PROVIDER_INTERVAL:
	case PROVIDER_WATCHPOINT:
		break;
	case PROVIDER_UPROBE: case PROVIDER_URETPROBE: case PROVIDER_USDT: case PROVIDER_BEGIN: case PROVIDER_END:
	case PROVIDER_SELF:
		return ir_imm(1);
	default:
		return ir_imm(0);
	}
	if (l->arch == &arch_x86_64) { /* the ring in the code segment */
		mode = ir_reg(ir_load(F, SPACE_CTX, l->ctx, arch_register_offset(l->arch, "cs"), 8, false));
		return lower_not_zero(l, lower_alu(AND, mode, ir_imm(3)));
	}
	mode = ir_reg(ir_load(F, SPACE_CTX, l->ctx, arch_register_offset(l->arch, "pstate"), 8, false));
	return lower_alu(XOR, lower_not_zero(l, lower_alu(AND, mode, ir_imm(15))), ir_imm(1)); /* EL0t */
}

/* The variable on a CPU as a number: what the kernel gives has a type, or is nothing. */
static struct ir_val percpu_address(struct lower *l, const struct node *n)
{
	struct ir_block *there = new_block(l), *next = new_block(l);
	vreg var, address, result = ir_mov(F, ir_imm(0));
	struct ir_val cpu = ir_imm(0);

	if (n->list.n > 1)
		cpu = ir_reg(ir_mov(F, lower_number(l, n->list.v[1])));
	var = ir_kernel_var(F, (uint32_t)n->num);
	if (n->list.n > 1)
		address = ir_call(F, HELPER_PER_CPU_PTR, IR_ARGS(ir_reg(var), cpu));
	else
		address = ir_call(F, HELPER_THIS_CPU_PTR, IR_ARGS(ir_reg(var)));
	ir_branch(F, COND_NE, ir_reg(address), ir_imm(0), there, next);
	ir_at(F, there);
	ir_set(F, result, lower_untyped(l, ir_reg(address)));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

/* ---- memory ---- */

void lower_addressed(struct lower *l, const struct node *n)
{
	const struct variable *v;

	if (!n)
		return;
	v = n->kind == NODE_UNARY && n->op == OP_ADDRESS && n->a->kind == NODE_VAR ? n->a->ref.variable : NULL;
	if (v && !lower_local(l, v)->shared)
		lower_local(l, v)->shared = lower_scratch(l, ROUND_UP(MAX_OF(type_stored_size(v->type), 8u), 8u)).off;
	lower_addressed(l, n->a);
	lower_addressed(l, n->b);
	lower_addressed(l, n->c);
	for (size_t i = 0; i < n->list.n; i++)
		lower_addressed(l, n->list.v[i]);
}

/* Both strings in a place of our own: the second where the first one ends. */
static struct ir_val concat(struct lower *l, const struct node *n, struct memory dst, uint32_t cap, bool pad)
{
	const struct node *a = n->list.v[0], *b = n->list.v[1];
	uint32_t size_a = a->type->size, size_b = b->type->size;
	struct memory whole = lower_temp(l, MAX_OF(ROUND_UP(size_a + size_b, 8u), (uint32_t)FRAME_LIMIT + 8), "joined");
	struct memory second = lower_temp(l, MAX_OF(ROUND_UP(size_b, 8u), (uint32_t)FRAME_LIMIT + 8), "second"), end;
	struct ir_val len = lower_string_measured(l, a, whole, size_a);
	vreg at = ir_mov(F, len);

	lower_string(l, b, second, size_b, false);
	/* bounded here and not before: 6.1 forgets the bounds of what it has spilled */
	at = lower_bounded(l, lower_alu(SUB, ir_reg(at), ir_imm(1)), size_a, false);
	end = (struct memory){whole.space, ir_alu(F, IR_ADD, ir_reg(lower_address(l, whole)), ir_reg(at)), 0};
	lower_string_at(l, second, end, size_b, false, false);
	return lower_string_at(l, whole, dst, MIN_OF(cap, n->type->size), pad, false);
}

/* The kernel writes the path; what it could not is counted, and empty. */
static struct ir_val path(struct lower *l, const struct node *n, struct memory dst, uint32_t cap, bool pad)
{
	const struct node *arg = n->list.v[0];
	uint32_t size = n->type->size;
	struct memory text = lower_temp(l, MAX_OF(ROUND_UP(size, 8u), (uint32_t)FRAME_LIMIT + 8), "path");
	struct ir_block *bad = cold_block(l), *good = new_block(l);
	vreg r, at;

	lower_put(l, text, 8, ir_imm(0));
	l->keeps_types = true;
	at = arg->type->kind == TYPE_POINTER ? lower_scalar(l, arg).reg : lower_address(l, lower_place(l, arg));
	l->keeps_types = false;
	r = ir_call(F, HELPER_D_PATH, IR_ARGS(ir_reg(at), ir_reg(lower_address(l, text)), ir_imm(size)));
	ir_branch(F, COND_SLT, ir_reg(r), ir_imm(0), bad, good);
	ir_at(F, bad);
	ir_count_loss(F, l->prog, LOSS_STRING_UNREADABLE);
	lower_put(l, text, 1, ir_imm(0));
	ir_jump(F, good);
	ir_at(F, good);
	return lower_string_at(l, text, dst, MIN_OF(cap, size), pad, false);
}

/* The name of another process: its task is found, read and given back. */
static struct ir_val comm_of(struct lower *l, const struct node *n, struct memory dst, uint32_t cap, bool pad)
{
	struct world *w = l->script->world;
	uint32_t find = w->function_id(w, "bpf_task_from_pid"), release = w->function_id(w, "bpf_task_release");
	int32_t offset = (int32_t)lower_task_offset(l, (const char *const[]){"comm", NULL});
	struct memory name = lower_temp(l, 16, "name of a task");
	struct ir_block *there = new_block(l), *next = new_block(l);
	vreg task;

	lower_zero(l, name, 16);
	task = ir_call(F, IR_KFUNC + find, IR_ARGS(lower_number(l, n->list.v[0])));
	ir_branch(F, COND_NE, ir_reg(task), ir_imm(0), there, next);
	ir_at(F, there);
	for (int32_t at = 0; at < 16; at += 8)
		lower_put(l, place_at(name, at), 8, ir_reg(ir_load(F, SPACE_BTF, task, offset + at, 8, false)));
	ir_call(F, IR_KFUNC + release, IR_ARGS(ir_reg(task)));
	ir_jump(F, next);
	ir_at(F, next);
	return lower_string_at(l, name, dst, MIN_OF(cap, 16u), pad, false);
}

/* The last 4095 addresses are errors. */
static struct ir_val is_error(struct lower *l, struct ir_val v)
{
	struct ir_block *yes = new_block(l), *next = new_block(l);
	vreg result = ir_mov(F, ir_imm(0));

	ir_branch(F, COND_GE, ir_reg(ir_mov(F, v)), ir_imm(-4095), yes, next);
	ir_at(F, yes);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

/* ---- what changes the system ---- */

static void count_error(struct lower *l, vreg r, enum ir_loss loss)
{
	struct ir_block *bad = cold_block(l), *next = new_block(l);

	ir_branch(F, COND_NE, ir_reg(r), ir_imm(0), bad, next);
	ir_at(F, bad);
	ir_count_loss(F, l->prog, loss);
	ir_jump(F, next);
	ir_at(F, next);
}

static void call_signal(struct lower *l, const struct node *n, enum ir_helper helper)
{
	count_error(l, ir_call(F, helper, IR_ARGS(lower_number(l, n->list.v[0]))), LOSS_RETURN_DATA);
}

static void call_write_user(struct lower *l, const struct node *n)
{
	uint32_t count = (uint32_t)n->list.v[2]->num;
	struct ir_val to = lower_number(l, n->list.v[0]);
	struct memory from;

	to = ir_reg(ir_mov(F, to));
	from = lower_bytes_of(l, n->list.v[1], count);
	count_error(l, ir_call(F, HELPER_PROBE_WRITE_USER,
			       IR_ARGS(to, ir_reg(lower_address(l, from)), ir_imm(count))), LOSS_RETURN_DATA);
}

/* The format in the frame or scratch, numbers as they are, strings by their address. */
static void call_debugf(struct lower *l, const struct node *n)
{
	const struct node *format = n->list.v[0];
	uint32_t size = format->text.len + 1;
	struct memory text = lower_temp(l, ROUND_UP(size, 8u), "format");
	struct ir_val args[5] = {{0}};

	lower_string(l, format, text, size, false);
	for (size_t i = 1; i < n->list.n; i++) {
		const struct node *arg = n->list.v[i];

		if (type_is_scalar(arg->type))
			args[i + 1] = ir_reg(ir_mov(F, lower_number(l, arg)));
		else
			args[i + 1] = ir_reg(lower_address(l, lower_materialise(l, arg, arg->type)));
	}
	args[0] = ir_reg(lower_address(l, text));
	args[1] = ir_imm(size);
	ir_call(F, HELPER_TRACE_PRINTK, n->list.n + 1, args);
}

/* The number the kernel gave the socket; 0: it has given none yet. */
static struct ir_val call_cookie(struct lower *l, const struct node *n)
{
	static const char *const path[] = {"__sk_common", "skc_cookie", NULL};
	const struct type *sock = l->script->world->type_named(l->script->world, OP_STRUCT, "sock");
	struct field cookie;
	struct ir_val address;

	if (!sock || !lower_path_field(l, sock, path, &cookie)) {
		diag_add(l->script->diags, DIAG_UNKNOWN_TYPE, n->span,
			 "socket_cookie() needs struct sock, and this kernel has no BTF to describe it");
		return ir_imm(0);
	}
	address = lower_number(l, n->list.v[0]);
	if (!address.reg)
		address = ir_reg(ir_mov(F, address));
	return ir_reg(ir_load(F, SPACE_KERNEL, address.reg, cookie.offset, 8, false));
}

/* ---- all of them ---- */

bool lower_library_scalar(struct lower *l, const struct node *n, struct ir_val *out)
{
	*out = ir_imm(0);
	switch (n->ref.builtin->id) {
	case BUILTIN_PID_CALL:
		*out = lower_alu(SHR, n->num ? lower_init_pid_tgid(l) : lower_pid_tgid(l), ir_imm(32));
		return true;
	case BUILTIN_TID_CALL:
		*out = ir_reg(ir_ext(F, n->num ? lower_init_pid_tgid(l) : lower_pid_tgid(l), 4, false));
		return true;
	case BUILTIN_PPID: case BUILTIN_PPID_CALL: *out = relative_number(l, n, "real_parent", "tgid"); return true;
	case BUILTIN_LEADER_TID: case BUILTIN_LEADER_TID_CALL:
		*out = relative_number(l, n, "group_leader", "pid");
		return true;
	case BUILTIN_USERMODE: *out = user_mode(l); return true;
	case BUILTIN_PERCPU_KADDR: *out = percpu_address(l, n); return true;
	case BUILTIN_STRERROR: case BUILTIN_SIGNAL_NAME: *out = lower_number(l, n->list.v[0]); return true;
	case BUILTIN_STRSTR: *out = lower_strstr(l, n); return true;
	case BUILTIN_MEMCMP: *out = lower_memcmp(l, n); return true;
	case BUILTIN_IS_ERR:
		*out = is_error(l, lower_number(l, n->list.v[0]));
		return true;
	case BUILTIN_CONTAINER_OF:
		*out = lower_alu(SUB, lower_number(l, n->list.v[0]), ir_imm((int64_t)n->num));
		return true;
	case BUILTIN_STACK_LEN: *out = lower_stack_len(l, n->list.v[0]); return true;
	case BUILTIN_OVERRIDE:
		ir_call(F, HELPER_OVERRIDE_RETURN, IR_ARGS(ir_reg(l->ctx), lower_number(l, n->list.v[0])));
		return true;
	case BUILTIN_FIND: *out = lower_map_find(l, n); return true;
	case BUILTIN_STATIC_ASSERT: case BUILTIN_ASSERT_STR: case BUILTIN_FAIL: return true;
	case BUILTIN_SIGNAL: call_signal(l, n, HELPER_SEND_SIGNAL); return true;
	case BUILTIN_SIGNAL_THREAD: call_signal(l, n, HELPER_SEND_SIGNAL_THREAD); return true;
	case BUILTIN_WRITE_USER: call_write_user(l, n); return true;
	case BUILTIN_DEBUGF: call_debugf(l, n); return true;
	case BUILTIN_NAME_FRAME: lower_name_frame(l, n); return true;
	case BUILTIN_SOCKET_COOKIE: *out = call_cookie(l, n); return true;
	case BUILTIN_SKBOUTPUT: *out = lower_skboutput(l, n); return true;
	default: return false;
	}
}

bool lower_library_string(struct lower *l, const struct node *n, struct memory dst, uint32_t cap, bool pad,
			  struct ir_val *len)
{
	switch (n->ref.builtin->id) {
	case BUILTIN_PCOMM: case BUILTIN_PCOMM_CALL:
		*len = relative_comm(l, n, "real_parent", dst, cap, pad);
		return true;
	case BUILTIN_LEADER_COMM: case BUILTIN_LEADER_COMM_CALL:
		*len = relative_comm(l, n, "group_leader", dst, cap, pad);
		return true;
	case BUILTIN_PATH: *len = path(l, n, dst, cap, pad); return true;
	case BUILTIN_COMM_CALL: *len = comm_of(l, n, dst, cap, pad); return true;
	case BUILTIN_STR_CONCAT: *len = concat(l, n, dst, cap, pad); return true;
	default: return false;
	}
}
