/*
 * lower_call.c - builtin variables and functions: what each row of lang/builtin.def computes.
 * Scalars in lower_builtin_scalar, values in memory in lower_builtin_store, strings in
 * lower_builtin_string.
 */
#include "ir/lower_int.h"

#include <arpa/inet.h>

static vreg call0(struct lower *l, enum ir_helper helper)
{
	return ir_call(F, helper, 0, NULL);
}

/* Whether plain numbers are addresses of the process: the probe is in its code. */
static bool at_user_code(const struct lower *l)
{
	return l->probe->provider == PROVIDER_UPROBE || l->probe->provider == PROVIDER_URETPROBE ||
	       l->probe->provider == PROVIDER_USDT;
}

/* ---- the current task ---- */

struct ir_val lower_pid_tgid(struct lower *l)
{
	const struct world *w = l->script->world;
	struct memory info;

	if (w->in_init_pidns)
		return ir_reg(call0(l, HELPER_GET_CURRENT_PID_TGID));
	/* struct bpf_pidns_info {u32 pid, u32 tgid}: thread low, process high, as above */
	info = lower_temp(l, 8, "pid namespace info");
	lower_put(l, info, 8, ir_imm(0));
	ir_call(F, HELPER_GET_NS_CURRENT_PID_TGID,
		IR_ARGS(ir_imm(w->pidns_dev), ir_imm(w->pidns_ino), ir_reg(lower_address(l, info)), ir_imm(8)));
	return lower_load(l, info, 8, false);
}

vreg lower_current_task(struct lower *l, enum ir_space *space)
{
	if (l->plan->features.btf && l->plan->features.task_storage) {
		*space = SPACE_BTF;
		return call0(l, HELPER_GET_CURRENT_TASK_BTF);
	}
	*space = SPACE_KERNEL;
	return call0(l, HELPER_GET_CURRENT_TASK);
}

bool lower_path_field(struct lower *l, const struct type *t, const char *const *path, struct field *out)
{
	uint32_t offset = 0;

	for (; *path; path++) {
		if (t->kind != TYPE_STRUCT)
			return false;
		if (!t->complete)
			l->script->world->complete(l->script->world, (struct type *)t);
		if (!type_field(t, *path, out))
			return false;
		offset += out->offset;
		t = out->type;
	}
	out->offset = offset;
	return true;
}

const struct type *lower_task_struct(struct lower *l)
{
	return l->script->world->type_named(l->script->world, OP_STRUCT, "task_struct");
}

uint32_t lower_task_offset(struct lower *l, const char *const *path)
{
	const struct type *t = lower_task_struct(l);
	struct field field;

	if (!t || !lower_path_field(l, t, path, &field))
		BUG("task_struct has no %s", path[0]);
	return field.offset;
}

struct ir_val lower_field_of_task(struct lower *l, vreg task, enum ir_space space,
				  const char *const *path, unsigned size)
{
	return ir_reg(ir_load(F, space, task, (int32_t)lower_task_offset(l, path), size, false));
}

bool lower_task_has(struct lower *l, const char *const *path)
{
	const struct type *t = lower_task_struct(l);
	struct field field;

	return t && lower_path_field(l, t, path, &field);
}

struct ir_val lower_task_field(struct lower *l, const char *const *path, unsigned size)
{
	enum ir_space space;
	vreg task = lower_current_task(l, &space);

	return lower_field_of_task(l, task, space, path, size);
}

vreg lower_only_read(struct lower *l, vreg pointer, const struct type *target)
{
	struct world *w = l->script->world;
	struct plan *plan = l->plan;

	if (l->keeps_types || !target->btf_id || target->btf_id >> TYPE_ID_BITS)
		return pointer;
	if (!plan->cast_sought)
		plan->cast_id = plan->features.kernel >= 0x0604 ? w->function_id(w, "bpf_rdonly_cast") : 0;
	plan->cast_sought = true;
	if (!plan->cast_id)
		return pointer;
	return ir_call(F, IR_KFUNC + plan->cast_id, IR_ARGS(ir_reg(pointer), ir_imm(target->btf_id)));
}

/* ---- scalars ---- */

/* Of the current task, which comm and others want as well; or by a helper of its own. */
static struct ir_val own_id(struct lower *l, const char *member, bool process)
{
	const char *const path[] = {member, NULL};

	if (l->script->world->in_init_pidns && l->plan->features.btf && l->plan->features.task_storage &&
	    lower_task_has(l, path))
		return lower_task_field(l, path, 4);
	return process ? lower_alu(SHR, lower_pid_tgid(l), ir_imm(32)) : ir_reg(ir_ext(F, lower_pid_tgid(l), 4, false));
}

/* base + index * scale + value, of registers of the context. */
static struct ir_val usdt_address(struct lower *l, const struct usdt_arg *a)
{
	struct ir_val sum = ir_imm(a->value), index;

	if (a->index != USDT_NO_REGISTER) {
		index = ir_reg(ir_load(F, SPACE_CTX, l->ctx, a->index, 8, false));
		if (a->index_bytes < 8)
			index = ir_reg(ir_ext(F, index, a->index_bytes, a->index_signed));
		if (a->scale > 1)
			index = lower_alu(MUL, index, ir_imm(a->scale));
		sum = lower_alu(ADD, index, sum);
	}
	if (a->base != USDT_NO_REGISTER)
		sum = lower_alu(ADD, ir_reg(ir_load(F, SPACE_CTX, l->ctx, a->base, 8, false)), sum);
	return sum.reg ? sum : ir_reg(ir_mov(F, sum));
}

/* Argument n of a static probe; all sites of this program have it at the same place. */
static struct ir_val usdt_argument(struct lower *l, uint64_t n)
{
	const struct usdt_arg *a = &l->program->attachments.v[0].target->usdt_args[n];
	struct ir_val v;

	switch (a->kind) {
	case USDT_CONSTANT:
		v = ir_reg(ir_mov(F, ir_imm(a->value)));
		break;
	case USDT_REGISTER:
		v = ir_reg(ir_load(F, SPACE_CTX, l->ctx, a->base, 8, false));
		if (a->shift)
			v = lower_alu(SHR, v, ir_imm(a->shift));
		break;
	case USDT_ADDRESS:
		v = usdt_address(l, a);
		break;
	case USDT_MEMORY:
		return ir_reg(ir_load(F, SPACE_USER, usdt_address(l, a).reg, 0, a->size, a->is_signed));
	default:
		BUG("argument %llu was let through", (unsigned long long)n);
	}
	return a->size == 8 ? v : ir_reg(ir_ext(F, v, a->size, a->is_signed));
}

/* Word n >= nargs is on the stack, above the return address where there is one (x86-64). */
struct memory lower_argument_place(struct lower *l, uint64_t n)
{
	enum ir_space space = l->probe->provider == PROVIDER_KPROBE ? SPACE_KERNEL : SPACE_USER;
	vreg sp = ir_load(F, SPACE_CTX, l->ctx, l->arch->sp, 8, false);

	return (struct memory){space, sp, 8 * (n - l->arch->nargs + (l->arch == &arch_x86_64))};
}

/* Word n of the arguments: registers of a function call, or a raw tracepoint's words. */
struct ir_val lower_argument(struct lower *l, uint64_t n)
{
	struct memory p;

	if (l->probe->provider == PROVIDER_USDT)
		return usdt_argument(l, n);
	if (l->program->carrier == CARRIER_FENTRY || l->program->carrier == CARRIER_FEXIT)
		return lower_function_word(l, n);
	if (l->probe->provider == PROVIDER_RAWTRACEPOINT) {
		struct ir_val v = ir_reg(ir_load(F, SPACE_CTX, l->ctx, 8 * n, 8, false));

		return l->program->carrier == CARRIER_BTF_TRACEPOINT ? lower_untyped(l, v) : v;
	}
	if (n < l->arch->nargs)
		return ir_reg(ir_load(F, SPACE_CTX, l->ctx, l->arch->args[n], 8, false));
	p = lower_argument_place(l, n);
	return ir_reg(ir_load(F, p.space, p.base, p.off, 8, false));
}

static struct ir_val tai_clock(struct lower *l)
{
	if (l->plan->features.tai_clock)
		return ir_reg(call0(l, HELPER_KTIME_GET_TAI_NS));
	vreg boot = call0(l, HELPER_KTIME_GET_BOOT_NS);
	vreg ahead = ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, offsetof(struct control, tai)), 0, 8, false);
	return lower_alu(ADD, ir_reg(boot), ir_reg(ahead));
}

static struct ir_val clock(struct lower *l, uint64_t mode)
{
	switch (mode) {
	case NSECS_BOOT: return ir_reg(call0(l, HELPER_KTIME_GET_BOOT_NS));
	case NSECS_TAI: case NSECS_SW_TAI: return tai_clock(l);
	default: return ir_reg(call0(l, HELPER_KTIME_GET_NS));
	}
}

static struct ir_val elapsed(struct lower *l)
{
	vreg start = ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, offsetof(struct control, start)), 0, 8, false);

	return lower_alu(SUB, ir_reg(call0(l, HELPER_KTIME_GET_NS)), ir_reg(start));
}

static struct ir_val cgroup_id(struct lower *l)
{
	return ir_reg(call0(l, HELPER_GET_CURRENT_CGROUP_ID));
}

static struct ir_val variable(struct lower *l, const struct node *n)
{
	const struct world *w = l->script->world;
	enum ir_space space;
	struct ir_val v;

	if (lower_library_scalar(l, n, &v))
		return v;
	switch (n->ref.builtin->id) {
	case BUILTIN_PID: return own_id(l, "tgid", true);
	case BUILTIN_TID: return own_id(l, "pid", false);
	case BUILTIN_UID: case BUILTIN_USERNAME:
		return ir_reg(ir_ext(F, ir_reg(call0(l, HELPER_GET_CURRENT_UID_GID)), 4, false));
	case BUILTIN_GID: return lower_alu(SHR, ir_reg(call0(l, HELPER_GET_CURRENT_UID_GID)), ir_imm(32));
	case BUILTIN_NSECS: return clock(l, NSECS_MONOTONIC);
	case BUILTIN_ELAPSED: return elapsed(l);
	case BUILTIN_JIFFIES: return ir_reg(call0(l, HELPER_JIFFIES64));
	case BUILTIN_CPU: return ir_reg(call0(l, HELPER_GET_SMP_PROCESSOR_ID));
	case BUILTIN_NCPUS: return ir_imm(w->ncpus);
	case BUILTIN_NUMAID: return ir_reg(call0(l, HELPER_GET_NUMA_NODE_ID));
	case BUILTIN_RAND: return ir_reg(ir_ext(F, ir_reg(call0(l, HELPER_GET_PRANDOM_U32)), 4, false));
	case BUILTIN_CGROUP: return cgroup_id(l);
	case BUILTIN_CURTASK: return ir_reg(lower_current_task(l, &space));
	case BUILTIN_CTX: return ir_reg(ir_mov(F, ir_reg(l->ctx)));
	case BUILTIN_CPID: return ir_imm(w->cpid);
	case BUILTIN_HAS_CPID: return ir_imm(w->cpid != 0);
	case BUILTIN_ARGN: return lower_argument(l, n->num);
	case BUILTIN_RETVAL: return lower_retval(l);
	default: BUG("builtin %s as a number", n->name);
	}
}

static struct ir_val call_reg(struct lower *l, const struct node *n)
{
	int offset = arch_register_offset(l->arch, n->list.v[0]->text.data);

	if (offset < 0) {
		diag_add(l->script->diags, DIAG_UNKNOWN_IDENTIFIER, n->list.v[0]->span,
			 "there is no register '%s' on %s", n->list.v[0]->text.data, l->arch->name);
		return ir_imm(0);
	}
	return ir_reg(ir_load(F, SPACE_CTX, l->ctx, offset, 8, false));
}

static struct ir_val call_bswap(struct lower *l, const struct node *n)
{
	vreg dst = ir_vreg(F);
	unsigned size = n->type->size;
	struct ir_val v = lower_scalar(l, n->list.v[0]);

	if (size == 1)
		return v;
	ir_emit(F, (struct ir_insn){.op = IR_BSWAP, .size = size, .dst = dst, .a = v});
	return ir_reg(ir_ext(F, ir_reg(dst), size, n->type->is_signed));
}

/* A call that sends a record: its node refers to the action, no longer to the builtin. */
static bool sends(enum builtin_id id)
{
	switch (id) {
	case BUILTIN_PRINTF: case BUILTIN_ERRORF: case BUILTIN_WARNF: case BUILTIN_PRINT: case BUILTIN_CAT:
	case BUILTIN_SYSTEM: case BUILTIN_JOIN: case BUILTIN_TIME: case BUILTIN_EXIT: case BUILTIN_CLEAR:
	case BUILTIN_ZERO: case BUILTIN_UNWATCH:
		return true;
	default:
		return false;
	}
}

bool lower_sends(const struct node *n, const void *unused)
{
	const struct builtin *b = n->kind == NODE_CALL ? builtin_function(n->name) : NULL;

	(void)unused;
	return b && sends(b->id);
}

static struct ir_val function(struct lower *l, const struct node *n)
{
	enum builtin_id id = builtin_function(n->name)->id;
	struct ir_val v;

	if (n->flags & NODE_KNOWN)
		return ir_imm((int64_t)n->num);
	if (sends(id)) {
		lower_action(l, n);
		if (id == BUILTIN_EXIT)
			lower_return(l);
		return ir_imm(0);
	}
	if (lower_library_scalar(l, n, &v))
		return v;
	switch (n->ref.builtin->id) {
	case BUILTIN_STRNCMP: return lower_strncmp(l, n);
	case BUILTIN_STRCONTAINS: return lower_strcontains(l, n);
	case BUILTIN_STRLEN: return lower_strlen(l, n);
	case BUILTIN_DELETE: return lower_map_delete(l, n);
	case BUILTIN_HAS_KEY: return lower_map_has_key(l, n);
	case BUILTIN_HAS_PINNED: return lower_has_pinned(l, n);
	case BUILTIN_LEN:
		return n->list.v[0]->kind == NODE_MAP && !n->list.v[0]->a ? lower_map_len(l, n)
									  : lower_stack_len(l, n->list.v[0]);
	case BUILTIN_NSECS_CALL: return clock(l, n->num);
	case BUILTIN_KADDR: case BUILTIN_UADDR: case BUILTIN_CGROUPID: return ir_imm((int64_t)n->num);
	case BUILTIN_REG: return call_reg(l, n);
	case BUILTIN_SYSCALL_NAME: case BUILTIN_KSYM: case BUILTIN_KPTR: case BUILTIN_UPTR:
		return lower_scalar(l, n->list.v[0]);
	case BUILTIN_BSWAP: return call_bswap(l, n);
	default: BUG("function %s as a number", n->name);
	}
}

struct ir_val lower_builtin_scalar(struct lower *l, const struct node *n)
{
	return n->kind == NODE_IDENT ? variable(l, n) : function(l, n);
}

/* ---- values in memory ---- */

static void store_inet(struct lower *l, const struct node *n, struct memory dst)
{
	const struct node *address = n->list.v[n->list.n - 1];
	const struct type *t = address->type;
	bool in_memory = !type_is_scalar(t), six = in_memory && t->size >= 16;
	struct ir_val family = ir_imm(six ? 10 : 2);

	if (n->list.n == 2)
		family = lower_scalar(l, n->list.v[0]);
	lower_zero(l, dst, 24);
	lower_put(l, dst, 4, family);
	if (in_memory)
		lower_copy(l, place_at(dst, 4), lower_place(l, address), six ? 16 : 4);
	else
		lower_put(l, place_at(dst, 4), 4, lower_scalar(l, address));
}

/* Whose memory an address that is handed over as a number or pointer is in. */
static enum ir_space address_space(const struct lower *l, const struct node *address)
{
	const struct probe *p = l->probe;

	if (lower_is_any_address(l, address))
		return SPACE_ANY;
	if (address->type->kind == TYPE_POINTER && address->type->space)
		return address->type->space == TYPE_SPACE_USER ? SPACE_USER : SPACE_KERNEL;
	return at_user_code(l) || (p->provider == PROVIDER_TRACEPOINT && p->targets.n &&
				   str_eq(p->targets.v[0]->category, "syscalls")) ? SPACE_USER : SPACE_KERNEL;
}

static void store_mac(struct lower *l, const struct node *n, struct memory dst)
{
	const struct node *address = n->list.v[0];

	lower_zero(l, dst, 8);
	if (type_is_scalar(address->type)) {
		struct ir_val v = lower_scalar(l, address);

		lower_copy(l, dst, (struct memory){address_space(l, address), v.reg ? v.reg : ir_mov(F, v), 0}, 6);
		return;
	}
	lower_copy(l, dst, lower_place(l, address), MIN_OF(address->type->size, 6u));
}

/* The length, at most the room: clamped where the verifier sees it, and counted. */
static vreg at_most_room(struct lower *l, struct ir_val len, uint32_t room)
{
	struct ir_block *large, *fits;
	vreg size = ir_mov(F, lower_forget(l, len));

	if (!len.reg)
		return size;
	large = cold_block(l);
	fits = new_block(l);
	ir_branch(F, COND_GT, ir_reg(size), ir_imm(room), large, fits);
	ir_at(F, large);
	ir_count_loss(F, l->prog, LOSS_STRING_CUT);
	ir_set(F, size, ir_imm(room));
	ir_jump(F, fits);
	ir_at(F, fits);
	return size;
}

/* u32 length, then the bytes of buf(address[, length]). */
static void store_buffer(struct lower *l, const struct node *n, struct memory dst)
{
	const struct node *source = n->list.v[0];
	const struct type *t = source->type;
	uint32_t room = n->type->size - 4;
	enum ir_space space = type_is_scalar(t) ? address_space(l, source) : SPACE_KERNEL;
	struct ir_block *bad, *good, *next;
	struct ir_val len = ir_imm(room), address;
	vreg r, size;

	lower_zero(l, dst, ROUND_UP(n->type->size, 8u));
	if (n->list.n > 1 && n->list.v[1]->kind != NODE_INT)
		len = lower_scalar(l, n->list.v[1]);
	if (!type_is_scalar(t)) {
		lower_copy(l, place_at(dst, 4), lower_place(l, source), MIN_OF(room, t->size));
		lower_put(l, dst, 4, ir_reg(at_most_room(l, len, room)));
		return;
	}
	address = lower_scalar(l, source);
	bad = cold_block(l);
	good = new_block(l);
	next = new_block(l);
	size = at_most_room(l, len, room);
	r = ir_call(F, space == SPACE_ANY ? HELPER_PROBE_READ
		    : space == SPACE_USER ? HELPER_PROBE_READ_USER : HELPER_PROBE_READ_KERNEL,
		    IR_ARGS(ir_reg(lower_address(l, place_at(dst, 4))), ir_reg(size), address));
	ir_branch(F, COND_NE, ir_reg(r), ir_imm(0), bad, good);
	ir_at(F, bad);
	ir_count_loss(F, l->prog, LOSS_READ_FAILED);
	lower_put(l, dst, 4, ir_imm(0));
	ir_jump(F, next);
	ir_at(F, good);
	lower_put(l, dst, 4, ir_reg(size));
	ir_jump(F, next);
	ir_at(F, next);
}

/* The number of a string known to the reader. */
static uint32_t string_number(struct lower *l, const char *text)
{
	for (size_t i = 0; i < l->script->strings.n; i++)
		if (str_eq(l->script->strings.v[i], text))
			return i;
	avec_push(l->arena, &l->script->strings, text);
	return l->script->strings.n - 1;
}

static void store_timestamp(struct lower *l, const struct node *n, struct memory dst)
{
	const struct node *when = n->list.v[1];
	uint64_t mode = when->kind == NODE_CALL && when->ref.builtin &&
			when->ref.builtin->id == BUILTIN_NSECS_CALL ? when->num : NSECS_MONOTONIC;

	lower_put(l, dst, 8, lower_scalar(l, when));
	lower_put(l, place_at(dst, 8), 4, ir_imm(mode));
	lower_put(l, place_at(dst, 12), 4, ir_imm(string_number(l, n->list.v[0]->text.data)));
}

static void store_pton(struct lower *l, const struct node *n, struct memory dst)
{
	const char *text = n->list.v[0]->text.data;
	unsigned char bytes[16] = {0};

	inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, bytes);
	for (uint32_t i = 0; i < n->type->size; i++)
		lower_put(l, place_at(dst, i), 1, ir_imm(bytes[i]));
}

bool lower_builtin_store(struct lower *l, const struct node *n, struct memory dst)
{
	if (n->type->kind == TYPE_STRING) {
		lower_builtin_string(l, n, dst, n->type->size, true);
		return true;
	}
	switch (n->ref.builtin->id) {
	case BUILTIN_KSTACK: case BUILTIN_KSTACK_CALL: lower_stack(l, n, false, dst); return true;
	case BUILTIN_USTACK: case BUILTIN_USTACK_CALL:
	case BUILTIN_DW_USTACK: case BUILTIN_DW_USTACK_CALL: lower_stack(l, n, true, dst); return true;
	case BUILTIN_USYM:
		lower_put(l, dst, 8, lower_scalar(l, n->list.v[0]));
		lower_put(l, place_at(dst, 8), 4, lower_alu(SHR, lower_pid_tgid(l), ir_imm(32)));
		lower_put(l, place_at(dst, 12), 4, ir_imm(0));
		return true;
	case BUILTIN_NTOP: store_inet(l, n, dst); return true;
	case BUILTIN_MACADDR: store_mac(l, n, dst); return true;
	case BUILTIN_BUF: store_buffer(l, n, dst); return true;
	case BUILTIN_ARGV: lower_argv(l, n, dst); return true;
	case BUILTIN_STRFTIME: store_timestamp(l, n, dst); return true;
	case BUILTIN_PTON: store_pton(l, n, dst); return true;
	case BUILTIN_CONTAINER_NAME:
		lower_put(l, dst, 8, lower_scalar(l, n->list.v[0]));
		lower_put(l, place_at(dst, 8), 8, ir_imm(CGROUP_CONTAINER));
		return true;
	case BUILTIN_CGROUP_PATH:
		lower_put(l, dst, 8, lower_scalar(l, n->list.v[0]));
		lower_put(l, place_at(dst, 8), 8,
			  ir_imm(n->list.n > 1 ? string_number(l, n->list.v[1]->text.data) + 1 : 0));
		return true;
	default: return false;
	}
}

/* ---- strings ---- */

static struct ir_val constant_string(struct lower *l, const char *text, struct memory dst, uint32_t cap,
				     bool pad)
{
	struct node n = {.kind = NODE_STRING, .text = {text, strlen(text)}};

	return lower_string(l, &n, dst, cap, pad);
}

/*
 * The name is 16 bytes, zero-padded by the kernel since 5.17 (strscpy_pad in set_task_comm):
 * two loads from the task itself cost less than the helper.
 */
static bool comm_by_task(struct lower *l, struct memory dst)
{
	static const char *const path[] = {"comm", NULL};
	enum ir_space space;
	vreg task;

	if (!l->plan->features.btf || l->plan->features.kernel < 0x0511 || !lower_task_has(l, path))
		return false;
	task = lower_current_task(l, &space);
	if (space != SPACE_BTF)
		return false;
	struct field field;
	lower_path_field(l, lower_task_struct(l), path, &field);
	if (field.type->size != 16)
		return false;
	for (int at = 0; at < 16; at += 8)
		lower_put(l, place_at(dst, at), 8, ir_reg(ir_load(F, SPACE_BTF, task, field.offset + at, 8, false)));
	return true;
}

static struct ir_val string_comm(struct lower *l, struct memory dst, uint32_t cap, bool pad)
{
	struct memory own = cap >= 16 ? dst : lower_temp(l, 16, "comm");

	if (!comm_by_task(l, own))
		ir_call(F, HELPER_GET_CURRENT_COMM, IR_ARGS(ir_reg(lower_address(l, own)), ir_imm(16)));
	if (cap < 16)
		return lower_string_at(l, own, dst, cap, pad, false);
	if (pad && cap > 16)
		lower_zero(l, place_at(dst, 16), cap - 16);
	return ir_imm(16);
}

/* str(address[, n]): n may be computed; the capacity bounds it. */
static struct ir_val string_str(struct lower *l, const struct node *n, struct memory dst, uint32_t cap,
				bool pad)
{
	const struct node *source = n->list.v[0];
	const struct type *t = source->type;
	struct ir_val address;
	bool limited = n->list.n > 1;

	if (!type_is_scalar(t)) { /* an array of characters, or a string to be cut */
		uint32_t most = MIN_OF(cap, MIN_OF(t->size, n->type->size));
		struct memory at = lower_place(l, source);

		if (most < cap && (pad || dst.space == SPACE_STACK))
			lower_zero(l, place_at(dst, ROUND_DOWN(most, 8u)), cap - ROUND_DOWN(most, 8u));
		if (!limited || n->list.v[1]->kind == NODE_INT)
			return lower_string_at(l, at, dst, most, pad, false);
		if (pad)
			lower_zero(l, dst, cap);
		/* of a string, n counts no end's byte */
		return lower_string_of(l, at, dst, most, lower_alu(ADD, lower_scalar(l, n->list.v[1]), ir_imm(1)),
				       false);
	}
	address = lower_scalar(l, source);
	struct memory src = {address_space(l, source), address.reg ? address.reg : ir_mov(F, address), 0};
	if (!limited || n->list.v[1]->kind == NODE_INT)
		return lower_string_at(l, src, dst, MIN_OF(cap, n->type->size), pad, !limited);
	return lower_string_of(l, src, dst, cap, lower_scalar(l, n->list.v[1]), pad);
}

/* The name of the target: constant, or by the row of the merged program's table. */
static struct ir_val string_probe(struct lower *l, struct memory dst, uint32_t cap, bool pad)
{
	if (l->name_row)
		return lower_string_at(l, (struct memory){SPACE_MAP, l->name_row, 0}, dst, cap, pad, false);
	return constant_string(l, l->probe->targets.n ? l->probe->targets.v[0]->name : "", dst, cap, pad);
}

static struct ir_val string_func(struct lower *l, struct memory dst, uint32_t cap, bool pad)
{
	if (l->name_row)
		return lower_string_at(l, (struct memory){SPACE_MAP, l->name_row, (int32_t)l->plan->func_offset},
				       dst, cap, pad, false);
	const char *symbol = l->probe->targets.n ? l->probe->targets.v[0]->symbol : NULL;
	return constant_string(l, symbol ? symbol : "", dst, cap, pad);
}

struct ir_val lower_builtin_string(struct lower *l, const struct node *n, struct memory dst,
				   uint32_t cap, bool pad)
{
	struct ir_val len;

	if (lower_library_string(l, n, dst, cap, pad, &len))
		return len;
	switch (n->ref.builtin->id) {
	case BUILTIN_COMM: return string_comm(l, dst, cap, pad);
	case BUILTIN_STR: return string_str(l, n, dst, cap, pad);
	case BUILTIN_PROBE: return string_probe(l, dst, cap, pad);
	case BUILTIN_FUNC: return string_func(l, dst, cap, pad);
	case BUILTIN_PROBETYPE:
		return constant_string(l, l->probe->provider <= PROVIDER_SELF ? "special"
					: provider_name(l->probe->provider), dst, cap, pad);
	default: BUG("builtin %s as a string", n->name);
	}
}
