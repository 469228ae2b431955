/*
 * check_int.h - inside the checker: its state and the functions its files share.
 *
 * Types are inferred over the whole script by repeating one pass (with diagnostics held
 * back) until nothing changes; a last pass then speaks.
 */
#ifndef SONDE_CHECK_INT_H
#define SONDE_CHECK_INT_H

#include "lang/builtin.h"
#include "lang/ctype.h"
#include "lang/script.h"

struct scope {
	struct scope *parent;
	VEC(struct variable *) variables;
};

struct checker {
	struct script *script;
	struct arena *arena;
	struct types *types;
	struct world *world;
	struct probe *probe;       /* the one being checked */
	struct scope *scope;
	struct hmap maps;          /* name -> struct map */
	struct ctypes ctypes;      /* C definitions of the script */
	unsigned nvariables;
	unsigned loops;            /* around the statement being checked */
	bool speak;                /* the last pass: diagnostics are given */
	bool changed;              /* a type grew in this pass */
	unsigned undecided;        /* questions about types that are not known yet: check_meta.c */
	bool allow_aggregation;    /* the expression is the right side of a map assignment */
	/* maps printed so far in the action block, for after_print */
	VEC(const struct map *) printed;
};

/* A diagnostic, only in the last pass. */
#define complain(c, id, span, ...) \
	do { if ((c)->speak) diag_add((c)->script->diags, DIAG_##id, (span), __VA_ARGS__); } while (0)
/* Whether an error inside the span was given: what follows from it is not worth saying. */
bool check_said(const struct checker *c, struct span span);
#define advise(c, ...) \
	do { if ((c)->speak) diag_hint((c)->script->diags, __VA_ARGS__); } while (0)

/* check_probe.c */
void check_probe_targets(struct checker *c, struct probe *probe);
/* check_split.c: after the targets are known, blocks of their own for those with other arguments */
void check_split(struct checker *c);
/* check_select.c: probes that take no part in this run are left out */
void check_select(struct checker *c);
/* check_stmt.c */
void check_block(struct checker *c, struct node *block);
struct variable *check_declare(struct checker *c, struct node *n); /* by NODE_VAR, _LET or _FOR */
void check_condition(struct checker *c, struct node *n);
/* check_loop.c */
void check_for(struct checker *c, struct node *n);
void check_while(struct checker *c, struct node *n);
void check_jump(struct checker *c, const struct node *n); /* break, continue */
/* check_stmt.c */
struct variable *check_variable(struct checker *c, const char *name);
/* $x = value of type t, by something else than an assignment. */
void check_give_variable(struct checker *c, struct node *var, const struct type *t, const struct node *value);
/* check_expr.c: type of the node, set on it; never NULL (NONE when unknown or wrong). */
const struct type *check_expr(struct checker *c, struct node *n);
/* The same, used as a value: aggregations become integers. */
const struct type *check_value(struct checker *c, struct node *n);
/* The same of an argument whose letter left the look at it to the function: a wrong one has no type yet. */
static inline const struct type *check_known(struct checker *c, struct node *n)
{
	return n->type && n->type->kind != TYPE_NONE ? n->type : check_value(c, n);
}
const struct type *check_type(struct checker *c, struct node *n); /* NODE_TYPE */
/* Whether a value of this type can be kept in a variable, map, key or tuple; says why not. */
bool check_storable(struct checker *c, const struct node *n, const struct type *t);
/* A constant integer; false when it is none. */
bool check_constant(const struct node *n, int64_t *value);
/* What `was` must become to hold `now` as well; NULL when they do not go together. */
const struct type *check_merge(struct checker *c, const struct type *was, const struct type *now);
bool check_plain_literal(const struct node *n);
bool check_result_signed(const struct node *a, const struct node *b);
void check_complete_deep(struct checker *c, const struct type *t, unsigned depth);
const struct type *check_merge_value(struct checker *c, const struct type *was, const struct type *now,
				     const struct node *value, bool *only_literals);
void check_step_variable(struct checker *c, struct variable *v, bool down);
/* Integers as they are kept in maps and variables: 64 bits. */
const struct type *check_widen(struct checker *c, const struct type *t);
enum type_space check_default_space(const struct checker *c);
/* check_map.c */
struct map *check_map(struct checker *c, struct node *n, unsigned uses); /* with its key, if any */
void check_map_value(struct checker *c, struct map *map, const struct type *t, const struct node *value);
void check_map_key(struct checker *c, struct map *map, struct node *key);
/* check_call.c */
const struct type *check_call(struct checker *c, struct node *n);
const struct type *check_variable_builtin(struct checker *c, struct node *n, const struct builtin *b);
/* check_meta.c: what is known when the script is compiled; NULL: not one of its calls */
const struct type *check_meta_call(struct checker *c, struct node *n, const struct builtin *b);
/* Named parameters that no getopt() asks for. */
void check_unused_params(struct checker *c);
const struct type *check_comptime(struct checker *c, struct node *n);
/* One more element `name`, a literal of that kind that the caller fills. */
struct node *check_record_field(struct checker *c, struct node *record, const char *name, enum node_kind kind);
const struct type *check_typeinfo(struct checker *c, struct node *n);
bool check_literal(const struct node *n);
/* A condition that is known: also of texts (probetype == "kprobe") and with && and ||. */
bool check_decided(const struct checker *c, const struct node *n, int64_t *value);
/* check_library.c: the other functions whose type is not a row's; NULL: not one of its calls */
const struct type *check_library_call(struct checker *c, struct node *n, const struct builtin *b);
const struct type *check_tseries(struct checker *c, struct node *n);
/* Whether the verifier knows what this points to: a typed argument, or what is reached from one. */
bool check_vouched(const struct node *n);
const char *check_probe_type(enum provider provider);
/* check_action.c: calls that send a record */
const struct type *check_action_call(struct checker *c, struct node *n, const struct builtin *b);
/* check_format.c: parses a->format_text and holds it against the arguments */
void check_format(struct checker *c, const struct node *n, struct action *a);
/* check_config.c */
void check_config(struct checker *c, const struct node *n);
/* `config` as a value: the record of all settings that have an effect. */
const struct type *check_config_record(struct checker *c, struct node *n);

static inline const struct type *simple(struct checker *c, enum type_kind kind)
{
	return type_simple(c->types, kind);
}

#endif
