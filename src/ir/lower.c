/*
 * lower.c - one program: prologue, the code of each probe it carries, epilogue.
 *
 *     entry      context, engine filters, scratch claimed (only if the body uses it)
 *     dispatch   system-call programs: which probes want this number?
 *     probe 1    predicate, statements   -- `return` goes to the next probe, not to the end
 *     probe 2    ...
 *     exit       scratch given back
 */
#include "ir/lower_int.h"

/* ---- statements ---- */

struct local *lower_local(struct lower *l, const struct variable *v)
{
	while (l->locals.n <= v->number)
		avec_push(l->arena, &l->locals, ((struct local){0}));
	return &l->locals.v[v->number];
}

static void empty(struct lower *l, const struct variable *v)
{
	if (type_is_scalar(v->type) || v->type->kind == TYPE_NONE)
		lower_variable_set(l, v, ir_imm(0));
	else
		lower_zero(l, lower_variable_place(l, v), ROUND_UP(type_stored_size(v->type), 8u));
}

static void define(struct lower *l, const struct variable *v)
{
	struct local *local = lower_local(l, v);

	if (local->defined)
		return;
	local->defined = true;
	if (type_is_scalar(v->type) || v->type->kind == TYPE_NONE) {
		if (!local->shared)
			local->reg = ir_mov(F, ir_imm(0));
	} else if (!local->shared) {
		local->place = lower_temp(l, ROUND_UP(type_stored_size(v->type), 8u), v->name);
	}
	/* paths that never set it read an empty value, not somebody else's */
	empty(l, v);
}

struct ir_val lower_variable(struct lower *l, const struct variable *v)
{
	const struct local *local = lower_local(l, v);

	return local->shared ? lower_load(l, lower_variable_place(l, v), 8, false) : ir_reg(local->reg);
}

void lower_variable_set(struct lower *l, const struct variable *v, struct ir_val value)
{
	const struct local *local = lower_local(l, v);

	if (local->shared)
		lower_put(l, lower_variable_place(l, v), 8, value);
	else
		ir_set(F, local->reg, value);
}

struct memory lower_variable_place(struct lower *l, const struct variable *v)
{
	const struct local *local = lower_local(l, v);

	/* each function has the scratch in a register of its own */
	return local->shared ? (struct memory){SPACE_MAP, l->scratch, local->shared} : local->place;
}

/* Variables keep their place to the end of the probe; made before any temporary. */
static void define_all(struct lower *l, const struct node *n)
{
	if (!n)
		return;
	if ((n->kind == NODE_VAR || n->kind == NODE_LET || n->kind == NODE_FOR) && n->ref.variable)
		define(l, n->ref.variable);
	define_all(l, n->a);
	define_all(l, n->b);
	define_all(l, n->c);
	for (size_t i = 0; i < n->list.n; i++)
		define_all(l, n->list.v[i]);
}

static void assign_variable(struct lower *l, const struct variable *v, enum op op, const struct node *value)
{
	struct memory place = lower_variable_place(l, v);
	bool is_signed = v->type->is_signed;
	struct ir_val a, b;

	if (!type_is_scalar(v->type) && v->type->kind != TYPE_NONE) {
		struct memory fresh;

		/* $t = (1, $t): build apart, then copy */
		if (value->kind == NODE_STRING || (value->kind == NODE_CALL && value->type->kind == TYPE_STRING) ||
		    value->kind == NODE_IDENT) {
			lower_store(l, value, v->type, place);
			return;
		}
		fresh = lower_temp(l, ROUND_UP(type_stored_size(v->type), 8u), "new value");
		lower_store(l, value, v->type, fresh);
		lower_copy(l, place, fresh, ROUND_UP(type_stored_size(v->type), 8u));
		return;
	}
	if (op == OP_NONE) {
		struct ir_val given = lower_scalar(l, value);

		if (v->declared && value->kind != NODE_INT)
			given = lower_canonical(l, given, v->type);
		lower_variable_set(l, v, given);
		return;
	}
	if (op != OP_SHR && op != OP_SHL) /* as $x op value: a declared type cuts what is computed */
		is_signed |= value->type->is_signed && !lower_plain_literal(value);
	b = lower_scalar(l, value);
	if ((op == OP_ADD || op == OP_SUB) && type_is_int(value->type))
		b = lower_steps(l, v->type, b);
	a = lower_variable(l, v);
	if (v->type->kind == TYPE_POINTER && l->plan->features.btf)
		a = lower_untyped(l, a);
	a = lower_arithmetic(l, op, a, b, is_signed);
	lower_variable_set(l, v, v->type->kind == TYPE_BOOL ? lower_not_zero(l, a) : lower_canonical(l, a, v->type));
}

static void lower_if(struct lower *l, const struct node *n)
{
	struct ir_block *yes = new_block(l), *no = new_block(l), *next = new_block(l);

	lower_condition(l, n->a, yes, no);
	ir_at(F, yes);
	lower_block(l, n->b);
	ir_jump(F, next);
	ir_at(F, no);
	if (n->c && n->c->kind == NODE_IF)
		lower_if(l, n->c);
	else if (n->c)
		lower_block(l, n->c);
	ir_jump(F, next);
	ir_at(F, next);
}

/* An expression for its effect: a multiword one is not built at all. */
static void effect(struct lower *l, const struct node *n)
{
	if (n->kind == NODE_BLOCK)
		lower_block(l, n);
	else if (n->type && type_is_multiword(n->type))
		lower_materialise(l, n, n->type);
	else if (n->kind == NODE_CALL || n->kind == NODE_UNARY || n->kind == NODE_TERNARY ||
		 n->kind == NODE_BINARY)
		lower_scalar(l, n);
}

void lower_return(struct lower *l)
{
	ir_jump(F, l->done);
	ir_at(F, new_block(l)); /* what follows is unreachable */
}

static void statement(struct lower *l, const struct node *n)
{
	uint32_t top = l->scratch_top;
	int64_t count;

	F->span = n->span;
	switch ((enum node_kind)n->kind) {
	case NODE_EXPR: case NODE_DISCARD: effect(l, n->a); break;
	case NODE_ASSIGN:
		if (n->a->kind == NODE_MAP)
			lower_map_assign(l, n);
		else
			assign_variable(l, n->a->ref.variable, n->op, n->b);
		break;
	case NODE_LET:
		if (n->b)
			assign_variable(l, n->ref.variable, OP_NONE, n->b);
		else if (l->loop_next) /* empty again in each round */
			empty(l, n->ref.variable);
		break;
	case NODE_WHILE: case NODE_FOR: lower_loop(l, n); break;
	case NODE_BREAK: case NODE_CONTINUE: lower_jump(l, n); break;
	case NODE_IF: lower_if(l, n); break;
	case NODE_BLOCK: lower_block(l, n); break;
	case NODE_UNROLL:
		for (count = n->a->num; count > 0; count--)
			lower_block(l, n->b);
		break;
	case NODE_RETURN:
		if (n->a && l->result && type_is_scalar(n->a->type))
			ir_set(F, l->result, lower_not_zero(l, lower_scalar(l, n->a)));
		else if (n->a)
			effect(l, n->a);
		lower_return(l);
		break;
	default: BUG("statement of kind %s", node_kind_name(n->kind));
	}
	l->scratch_top = top; /* temporaries of a statement end with it */
}

void lower_block(struct lower *l, const struct node *block)
{
	vec_each(it, &block->list)
		statement(l, *it);
}

/* -p where a walk over tasks cannot be told of which process (Linux 6.0). */
static void walk_one_process(struct lower *l)
{
	static const char *const path[] = {"tgid", NULL};
	vreg task = lower_walked_task(l);
	struct ir_block *wanted;

	if (!l->plan->filter_pid || l->plan->features.kernel >= 0x0600 || !task)
		return;
	wanted = new_block(l);
	ir_branch(F, COND_NE, lower_field_of_task(l, task, SPACE_BTF, path, 4), ir_imm(l->plan->filter_pid), l->done,
		  wanted);
	ir_at(F, wanted);
}

static void lower_probe(struct lower *l, const struct probe *probe)
{
	struct ir_block *body;

	l->probe = probe;
	l->done = new_block(l);
	l->locals.n = 0;
	l->scratch_top = SCRATCH_HEADER;
	F->span = probe->node->span;
	l->loop_end = l->loop_next = NULL;
	lower_forget_task_slots(l);
	lower_share(l);
	define_all(l, probe->predicate);
	define_all(l, probe->body);
	if (probe->provider == PROVIDER_ITER) {
		lower_walk_ends(l);
		walk_one_process(l);
		lower_walked_objects(l, probe->predicate);
		lower_walked_objects(l, probe->body);
	}
	if (probe->predicate) {
		lower_task_slots(l, probe->predicate);
		body = new_block(l);
		lower_condition(l, probe->predicate, body, l->done);
		ir_at(F, body);
	}
	lower_task_slots(l, probe->body); /* only now: a thread that the predicate leaves out is given none */
	lower_block(l, probe->body);
	ir_jump(F, l->done);
	ir_at(F, l->done);
}

/* ---- the engine's filters ---- */

static void engine_filters(struct lower *l, struct ir_block *out)
{
	const struct plan *p = l->plan;
	const struct probe *first = p->script && l->program->probes.n ? l->program->probes.v[0] : NULL;
	enum provider provider = first ? first->provider : PROVIDER_BEGIN;
	struct ir_block *next;

	if (l->program->carrier == CARRIER_RUN || provider == PROVIDER_INTERVAL ||
	    provider == PROVIDER_ITER || (first && first->node && first->node->flags & NODE_OURS))
		return;
	if (p->filter_pid || p->no_self_pid) {
		struct ir_val pid = lower_alu(SHR, lower_pid_tgid(l), ir_imm(32));

		next = new_block(l);
		if (p->filter_pid)
			ir_branch(F, COND_NE, pid, ir_imm(p->filter_pid), out, next);
		else
			ir_branch(F, COND_EQ, pid, ir_imm(p->no_self_pid), out, next);
		ir_at(F, next);
	}
	if (p->filter_tid) {
		next = new_block(l);
		ir_branch(F, COND_NE, ir_reg(ir_ext(F, lower_pid_tgid(l), 4, false)), ir_imm(p->filter_tid), out, next);
		ir_at(F, next);
	}
	if (p->filter_uid >= 0) {
		next = new_block(l);
		vreg ids = ir_call(F, HELPER_GET_CURRENT_UID_GID, 0, NULL);
		ir_branch(F, COND_NE, ir_reg(ir_ext(F, ir_reg(ids), 4, false)), ir_imm(p->filter_uid),
			  out, next);
		ir_at(F, next);
	}
	if (p->filter_cgroup) {
		next = new_block(l);
		ir_branch(F, COND_NE, ir_reg(ir_call(F, HELPER_GET_CURRENT_CGROUP_ID, 0, NULL)),
			  ir_imm((int64_t)p->filter_cgroup), out, next);
		ir_at(F, next);
	}
}

/* ---- system-call programs: one for all sys_enter_*, one for all sys_exit_* ---- */

/* The system call's number: the word given at entry, the register at exit. */
static struct ir_val syscall_number(struct lower *l)
{
	l->regs = ir_load(F, SPACE_CTX, l->ctx, 0, 8, false);
	l->regs_btf = l->program->carrier == CARRIER_BTF_TRACEPOINT;
	if (str_eq(l->program->event, "sys_enter"))
		return ir_reg(ir_load(F, SPACE_CTX, l->ctx, 8, 8, false));
	return ir_reg(ir_load(F, l->regs_btf ? SPACE_BTF : SPACE_KERNEL, l->regs, l->arch->syscall_number,
			      l->arch->syscall_number_size, true));
}

/* 32-bit calls have other numbers: perf tracepoints do not report them, nor do we. */
static void skip_compat(struct lower *l, struct ir_block *out)
{
	struct ir_block *native = new_block(l), *doubt = new_block(l), *look = new_block(l);
	const char *path[4] = {l->arch->compat_field[0], l->arch->compat_field[1], NULL};
	enum ir_space space = l->regs_btf ? SPACE_BTF : SPACE_KERNEL;
	struct ir_val status;

	if (!l->plan->features.btf || !lower_task_has(l, path))
		return;
	if (l->arch == &arch_x86_64) {
		/*
		 * The SYSCALL instruction leaves the return address in rcx and comes from the
		 * 64-bit code segment; only where either differs (int 0x80, sigreturn, a 32-bit
		 * task) is the task asked, which costs a helper call.
		 */
		vreg ip = ir_load(F, space, l->regs, l->arch->ip, 8, false);
		vreg cx = ir_load(F, space, l->regs, arch_register_offset(l->arch, "cx"), 8, false);
		vreg cs;

		ir_branch(F, COND_EQ, ir_reg(ip), ir_reg(cx), look, doubt);
		ir_at(F, look);
		cs = ir_load(F, space, l->regs, arch_register_offset(l->arch, "cs"), 2, false);
		ir_branch(F, COND_EQ, ir_reg(cs), ir_imm(0x33), native, doubt); /* __USER_CS */
		doubt->unlikely = true;
		ir_at(F, doubt);
	} else {
		ir_jump(F, doubt);
		ir_at(F, doubt);
		ir_jump(F, look);
		ir_at(F, look);
	}
	status = lower_task_field(l, path, l->arch == &arch_x86_64 ? 4 : 8);
	ir_branch(F, COND_SET, status, ir_imm((int64_t)l->arch->compat_mask), out, native);
	ir_at(F, native);
}

enum { FEW_NUMBERS = 6 }; /* so many are compared one after the other */

/* Whether nr is one of the probe's targets'. */
static void match_few(struct lower *l, const struct probe *probe, struct ir_val nr, struct ir_block *yes,
		      struct ir_block *no)
{
	vec_each(it, &probe->targets) {
		struct ir_block *next = new_block(l);

		ir_branch(F, COND_EQ, nr, ir_imm((*it)->number), yes, next);
		ir_at(F, next);
	}
	ir_jump(F, no);
}

/*
 * Many targets: a row of KMAP_NAMES per number: u64 set of the program's probes that want it,
 * then the name. The lookup checks the number's range.
 */
static bool wants_table(const struct program *p)
{
	vec_each(it, &p->probes)
		if ((*it)->targets.n > FEW_NUMBERS || ((*it)->uses_probe_name && (*it)->targets.n > 1))
			return true;
	return false;
}

static vreg table_row(struct lower *l, struct ir_val nr, struct ir_block *out)
{
	struct ir_block *inside = new_block(l), *low = new_block(l);
	struct memory key = lower_temp(l, 4, "row");
	vreg row;

	ir_branch(F, COND_GE, nr, ir_imm(l->program->name_rows), out, low);
	ir_at(F, low);
	lower_put(l, key, 4, lower_alu(ADD, nr, ir_imm(l->program->first_name_row)));
	row = ir_call(F, HELPER_MAP_LOOKUP_ELEM,
		      IR_ARGS(ir_reg(ir_map(F, KMAP_NAMES)), ir_reg(lower_address(l, key))));
	ir_branch(F, COND_EQ, ir_reg(row), ir_imm(0), out, inside);
	ir_at(F, inside);
	return row;
}

/* Whether a later probe of the program wants one of the calls that probe i wants, too. */
static bool shares_later(const struct program *p, size_t i)
{
	for (size_t k = i + 1; k < p->probes.n; k++)
		vec_each(a, &p->probes.v[i]->targets)
			vec_each(b, &p->probes.v[k]->targets)
				if ((*a)->number == (*b)->number)
					return true;
	return false;
}

/* `end` leaves at once; after the dispatch the scratch is claimed, and `out` gives it back. */
static void lower_syscalls(struct lower *l, struct ir_block *end, struct ir_block *out)
{
	struct ir_val nr = syscall_number(l);
	bool table = wants_table(l->program);
	vreg row = 0, set = 0;

	if (table) {
		row = table_row(l, nr, end);
		set = ir_load(F, SPACE_MAP, row, 0, 8, false);
		struct ir_block *wanted = new_block(l);
		ir_branch(F, COND_EQ, ir_reg(set), ir_imm(0), end, wanted);
		ir_at(F, wanted);
	} else {
		struct ir_block *some = new_block(l);

		/* a call nobody traces leaves at once */
		vec_each(it, &l->program->probes) {
			struct ir_block *next = new_block(l);

			match_few(l, *it, nr, some, next);
			ir_at(F, next);
		}
		ir_jump(F, end);
		ir_at(F, some);
	}
	skip_compat(l, end);
	engine_filters(l, end);
	ir_jump(F, l->claim);
	ir_at(F, l->claimed);
	for (size_t i = 0; i < l->program->probes.n; i++) {
		struct ir_block *yes = new_block(l), *no = new_block(l);

		l->name_row = 0;
		if (table) {
			ir_branch(F, COND_SET, ir_reg(set), ir_imm((int64_t)(1ull << i)), yes, no);
			ir_at(F, yes);
			l->name_row = ir_alu(F, IR_ADD, ir_reg(row), ir_imm(8));
		} else if (l->program->probes.n > 1) {
			match_few(l, l->program->probes.v[i], nr, yes, no);
			ir_at(F, yes);
		} else {
			ir_jump(F, yes);
			ir_at(F, yes);
		}
		lower_probe(l, l->program->probes.v[i]);
		/* The verifier follows each number by itself through all that comes: nothing, if possible. */
		ir_jump(F, shares_later(l->program, i) ? no : out);
		ir_at(F, no);
	}
	ir_jump(F, out);
}

/* ---- other programs ---- */

/* One program for several targets: the attach cookie is the row of the name table, from `first` on. */
static void lower_named(struct lower *l, uint32_t first, struct ir_block *out)
{
	struct ir_val row = ir_reg(ir_call(F, HELPER_GET_ATTACH_COOKIE, IR_ARGS(ir_reg(l->ctx))));

	if (first)
		row = lower_alu(ADD, row, ir_imm(first));
	l->name_row = ir_alu(F, IR_ADD, ir_reg(table_row(l, row, out)), ir_imm(8));
}

/*
 * One program at both ends of functions; the kernel knows at which it is. The places of the second
 * probe are attached with the cookies of the first's.
 */
static void lower_session(struct lower *l, struct ir_block *end, struct ir_block *out)
{
	struct world *w = l->script->world;
	const struct program *p = l->program;
	struct ir_block *at[2] = {new_block(l), new_block(l)};
	bool first_returns = p->probes.v[0]->provider == PROVIDER_KRETPROBE;
	vreg is_return;

	engine_filters(l, end);
	ir_jump(F, l->claim);
	ir_at(F, l->claimed);
	is_return = ir_call(F, IR_KFUNC + w->function_id(w, KFUNC_SESSION_IS_RETURN), IR_ARGS(ir_reg(l->ctx)));
	ir_branch(F, COND_SET, ir_reg(is_return), ir_imm(1), at[!first_returns], at[first_returns]);
	for (uint32_t i = 0; i < 2; i++) {
		ir_at(F, at[i]);
		if (p->name_rows)
			lower_named(l, i * (p->attachments.n / 2), out);
		lower_probe(l, p->probes.v[i]);
		ir_jump(F, out);
	}
}

/* ---- scratch ---- */

/*
 * The claim: rows cpu * levels ... + levels - 1 of KMAP_SCRATCH; the first whose word 0 goes
 * from 0 to 1. A program that interrupts another on the same CPU finds that one's row taken
 * and gets the next; when all are, the run is dropped and counted.
 */
static void claim_scratch(struct lower *l, struct ir_block *start, struct ir_block *body)
{
	struct ir_block *lost = cold_block(l), *out = cold_block(l);
	struct ir_val first;
	struct memory key;

	ir_at(F, start);
	key = (struct memory){SPACE_STACK, ir_frame(F, ir_object_new(F, 8, 8, "scratch row"), 0), 0};
	first = lower_alu(AND, ir_reg(ir_call(F, HELPER_GET_SMP_PROCESSOR_ID, 0, NULL)),
			  ir_imm(l->plan->ncpus_pow2 - 1));
	first = lower_alu(MUL, first, ir_imm(l->plan->scratch_levels));
	for (uint32_t i = 0; i < l->plan->scratch_levels; i++) {
		struct ir_block *got = new_block(l), *next = cold_block(l);
		vreg row, was = ir_vreg(F);

		lower_put(l, key, 4, i ? lower_alu(ADD, first, ir_imm(i)) : first);
		row = ir_call(F, HELPER_MAP_LOOKUP_ELEM,
			      IR_ARGS(ir_reg(ir_map(F, KMAP_SCRATCH)), ir_reg(lower_address(l, key))));
		ir_branch(F, COND_EQ, ir_reg(row), ir_imm(0), out, got);
		ir_at(F, got);
		ir_set(F, l->scratch, ir_reg(row));
		if (!l->plan->features.fetch_atomics) {
			/*
			 * Before Linux 5.12 no program is preempted: who comes between look and claim
			 * has given the row back before we go on.
			 */
			struct ir_block *mine = new_block(l);

			ir_branch(F, COND_EQ, ir_reg(ir_load(F, SPACE_MAP, row, 0, 8, false)), ir_imm(0), mine, next);
			ir_at(F, mine);
			ir_store(F, SPACE_MAP, row, 0, 8, ir_imm(1));
			ir_jump(F, body);
			ir_at(F, next);
			continue;
		}
		ir_emit(F, (struct ir_insn){.op = IR_CMPXCHG, .size = 8, .space = SPACE_MAP, .dst = was,
					    .a = ir_reg(row), .b = ir_imm(0), .c = ir_imm(1)});
		ir_branch(F, COND_EQ, ir_reg(was), ir_imm(0), body, next);
		ir_at(F, next);
	}
	ir_jump(F, lost);
	ir_at(F, lost);
	ir_count_loss(F, l->prog, LOSS_SCRATCH_BUSY);
	ir_jump(F, out);
	ir_at(F, out);
	ir_return(F, ir_imm(0));
}

/*
 * Since Linux 6.13 a program with more than 64 bytes of stack runs on a stack of the CPU's. Uprobes
 * may be preempted there, and another task's run of the same program then overwrites what the
 * first has built (measured: keys of one map in another). A program that may make a tail call
 * stays on its task's own stack; this one never does, which the verifier does not know.
 */
static void keep_own_stack(struct lower *l)
{
	struct kmap *calls = &l->plan->kmaps.v[KMAP_CALLS];
	enum carrier carrier = l->program->carrier;
	struct ir_block *call, *next;

	if (!l->plan->features.shared_stacks || (carrier != CARRIER_UPROBE && carrier != CARRIER_UPROBE_MULTI))
		return;
	*calls = (struct kmap){.name = "calls", .type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4,
			       .entries = 1};
	call = cold_block(l);
	next = new_block(l);
	ir_branch(F, COND_NE, lower_load(l, lower_zeros(l), 8, false), ir_imm(0), call, next);
	ir_at(F, call);
	ir_call(F, HELPER_TAIL_CALL, IR_ARGS(ir_reg(l->ctx), ir_reg(ir_map(F, KMAP_CALLS)), ir_imm(0)));
	ir_jump(F, next);
	ir_at(F, next);
}

/*
 * After exit() no probe does anything more, however long detaching takes. Only scripts that
 * call it pay for the look.
 */
static void leave_when_stopping(struct lower *l, struct ir_block *end)
{
	struct ir_block *next;
	vreg stopping;
	bool exits = false;

	vec_each(it, &l->script->actions)
		exits |= (*it)->kind == ACTION_EXIT;
	if (!exits || l->program->carrier == CARRIER_RUN)
		return;
	next = new_block(l);
	stopping = ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, offsetof(struct control, stopping)), 0, 4,
			   false);
	ir_branch(F, COND_NE, ir_reg(stopping), ir_imm(0), end, next);
	ir_at(F, next);
}

bool lower_program(struct plan *plan, struct program *program)
{
	struct lower state = {.plan = plan, .script = plan->script, .arena = plan->arena,
			      .types = plan->script->types, .arch = arch_native(), .program = program};
	struct lower *l = &state;
	struct ir_block *out, *end;
	unsigned before = plan->script->diags->errors;

	l->prog = arena_new_of(plan->arena, struct ir_prog);
	*l->prog = (struct ir_prog){.arena = arena_below(plan->arena), .name = program->name,
				    .control_map = KMAP_CONTROL};
	F = ir_func_new(l->prog, program->name, 0);
	F->span = program->probes.v[0]->node->span;
	l->claim = new_block(l);
	l->claimed = new_block(l);
	out = new_block(l);
	end = new_block(l);
	l->scratch = ir_vreg(F);
	l->scratch_top = l->scratch_max = SCRATCH_HEADER;
	l->ctx = ir_vreg(F);
	ir_emit(F, (struct ir_insn){.op = IR_CTX, .dst = l->ctx});
	if (program->probes.v[0]->provider == PROVIDER_TEST)
		l->result = ir_mov(F, ir_imm(0));
	if (program->is_syscalls) {
		lower_syscalls(l, end, out);
	} else if (program->carrier == CARRIER_KPROBE_SESSION) {
		lower_session(l, end, out);
	} else {
		engine_filters(l, end);
		if (program->name_rows)
			lower_named(l, 0, end);
		ir_jump(F, l->claim);
		ir_at(F, l->claimed);
		for (size_t i = 0; i < program->probes.n; i++)
			lower_probe(l, program->probes.v[i]);
		ir_jump(F, out);
	}
	ir_at(F, out);
	if (l->uses_scratch)
		ir_store(F, SPACE_MAP, l->scratch, 0, 8, ir_imm(0));
	ir_jump(F, end);
	ir_at(F, end);
	ir_return(F, l->result ? ir_reg(l->result) : ir_imm(0));
	ir_at(F, l->claim);
	keep_own_stack(l);
	leave_when_stopping(l, end);
	if (l->uses_scratch)
		claim_scratch(l, F->at, l->claimed);
	else
		ir_jump(F, l->claimed);
	plan->scratch_size = MAX_OF(plan->scratch_size, l->uses_scratch ? l->scratch_max : 0);
	program->ir = l->prog;
	return plan->script->diags->errors == before;
}
