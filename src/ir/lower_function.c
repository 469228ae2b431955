/*
 * lower_function.c - what probes of kernel functions get: argument words, typed arguments,
 * results.
 *
 *   carrier          argN                            args.NAME, retval
 *   kprobe           register or stack               - , register
 *   fentry, fexit    word N, as a number             word by BTF: pointers may be followed
 *
 * A typed program's word is, to the verifier, a typed pointer wherever the prototype has one;
 * bpf_get_func_arg gives the same bits as a number, and reaches also what the verifier would
 * not let be loaded (pointers to pointers, enums and functions).
 */
#include "ir/lower_int.h"

bool lower_is_function_probe(enum provider provider)
{
	return provider == PROVIDER_KPROBE || provider == PROVIDER_KRETPROBE || provider == PROVIDER_FENTRY ||
	       provider == PROVIDER_FEXIT;
}

/*
 * Text and bytes at an argument of a function may be the user's as well as the kernel's, and the
 * prototype mostly does not say (char *buf of vfs_read): the address itself tells.
 */
bool lower_is_any_address(const struct lower *l, const struct node *source)
{
	const struct type *t = source->type;
	bool argument = source->kind == NODE_FIELD && source->a->kind == NODE_IDENT && source->a->ref.builtin &&
			source->a->ref.builtin->id == BUILTIN_ARGS;

	if (!lower_is_function_probe(l->probe->provider) || !type_is_scalar(t))
		return false;
	if (t->kind != TYPE_POINTER || !t->space)
		return true;
	return argument && t->space == TYPE_SPACE_KERNEL && (t->elem->kind == TYPE_VOID || t->elem->size == 1);
}

static bool is_typed(const struct lower *l)
{
	return l->program->carrier == CARRIER_FENTRY || l->program->carrier == CARRIER_FEXIT;
}

/* The target as fentry has it: a kprobe that rides it asks for the same arguments. */
static struct target typed_target(const struct lower *l)
{
	struct target t = *l->program->attachments.v[0].target;

	t.provider = l->program->carrier == CARRIER_FEXIT ? PROVIDER_FEXIT : PROVIDER_FENTRY;
	return t;
}

static const struct type *typed_args(const struct lower *l)
{
	struct world *w = l->script->world;
	struct target *t = arena_new_of(l->arena, struct target);

	*t = typed_target(l);
	return w->args(w, t);
}

static const struct field *field_at(const struct type *args, uint32_t word)
{
	for (uint32_t i = 0; args && i < args->nfields; i++)
		if (args->fields[i].offset == word)
			return &args->fields[i];
	return NULL;
}

static struct ir_val word(struct lower *l, uint32_t n)
{
	return ir_reg(ir_load(F, SPACE_CTX, l->ctx, 8 * n, 8, false));
}

/* The word as a number, whatever the prototype says. */
static struct ir_val untyped_word(struct lower *l, uint32_t n)
{
	struct memory value;

	if (!l->plan->features.func_arg)
		return lower_untyped(l, word(l, n));
	value = lower_temp(l, 8, "argument");
	lower_put(l, value, 8, ir_imm(0));
	ir_call(F, HELPER_GET_FUNC_ARG, IR_ARGS(ir_reg(l->ctx), ir_imm(n), ir_reg(lower_address(l, value))));
	return lower_load(l, value, 8, false);
}

/* Before Linux 5.17 the verifier lets nobody look at a pointer to a number. */
static bool lacks_argument(struct lower *l, const struct field *field)
{
	const struct type *t = field ? field->type : NULL;

	if (l->plan->features.func_arg || !t || t->kind != TYPE_POINTER ||
	    t->elem->kind == TYPE_VOID || (t->elem->kind == TYPE_INT && t->elem->size == 1 && t->elem->is_signed) ||
	    (t->elem->kind == TYPE_STRUCT && t->elem->btf_id))
		return false;
	diag_add(l->script->diags, DIAG_KERNEL_TOO_OLD, F->span,
		 "%s is a pointer to what is no struct: fentry and fexit can read it since Linux 5.17, "
		 "kprobe always", field->name);
	return true;
}

struct ir_val lower_function_word(struct lower *l, uint32_t n)
{
	const struct field *field = field_at(typed_args(l), n);

	if (lacks_argument(l, field))
		return ir_imm(0);
	if (field && type_is_int(field->type))
		return word(l, n);
	return untyped_word(l, n);
}

/* Only pointers to structs (and to void and integers, as numbers) may be loaded from the context. */
static bool is_loadable(const struct type *t)
{
	if (t->kind != TYPE_POINTER)
		return true;
	switch (t->elem->kind) {
	case TYPE_VOID: case TYPE_INT: case TYPE_BOOL: return true;
	case TYPE_STRUCT: return t->elem->btf_id != 0; /* 0: only declared */
	default: return false;
	}
}

static struct ir_val typed_word(struct lower *l, const struct field *field)
{
	bool is_result = str_eq(field->name, "retval") && l->program->carrier == CARRIER_FEXIT;

	if (lacks_argument(l, field))
		return ir_imm(0);
	/* a function pointer is a pointer to void to us, and the kernel tells them apart */
	if (!is_result && field->type->kind == TYPE_POINTER && l->plan->features.func_arg &&
	    (!is_loadable(field->type) || field->type->elem->kind == TYPE_VOID))
		return untyped_word(l, field->offset);
	return lower_canonical(l, word(l, field->offset), field->type);
}

/* By name: functions of one probe may have the argument at different places. */
struct ir_val lower_function_field(struct lower *l, const char *name)
{
	const struct type *args = typed_args(l);

	for (uint32_t i = 0; args && i < args->nfields; i++)
		if (str_eq(args->fields[i].name, name))
			return typed_word(l, &args->fields[i]);
	BUG("%s has no argument %s", l->program->name, name);
}

struct memory lower_function_struct(struct lower *l, const struct field *field)
{
	uint32_t size = ROUND_UP(field->type->size, 8u);
	struct memory copy = lower_temp(l, size, "struct argument");

	for (uint32_t at = 0; at < size; at += 8)
		lower_put(l, place_at(copy, at), 8, word(l, field->offset + at / 8));
	return copy;
}

struct ir_val lower_retval(struct lower *l)
{
	const struct type *args;
	struct ir_val v;

	if (!is_typed(l))
		return ir_reg(ir_load(F, SPACE_CTX, l->ctx, l->arch->result, 8, false));
	args = typed_args(l);
	if (!args || !args->nfields)
		BUG("%s returns nothing", l->program->name);
	const struct field *result = &args->fields[args->nfields - 1];
	if (l->probe->provider == PROVIDER_FEXIT)
		return typed_word(l, result);
	/* a kretprobe's is the register, as a number */
	v = word(l, result->offset);
	return result->type->kind == TYPE_POINTER ? lower_untyped(l, v) : v;
}
