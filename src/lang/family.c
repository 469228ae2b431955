/* family.c - see family.h. */
#include "lang/family.h"

#include "lang/parse.h"

/*
 * Processes by their number in the initial namespace, which tells them apart. The command adds
 * itself when it executes its program: before that no code runs that a probe could be in. A
 * process is taken out when none of its threads is left.
 */
static const char keepers[] =
	"let @" FAMILY_MAP " = hash(65536);\n"
	"rawtracepoint:sched_process_exec /pid == cpid/ { @" FAMILY_MAP "[pid(init)] = 1 }\n"
	"rawtracepoint:sched_process_fork /has_key(@" FAMILY_MAP ", (uint32)args.parent.tgid)/ {"
	" @" FAMILY_MAP "[(uint32)args.child.tgid] = 1 }\n"
	"rawtracepoint:sched_process_exit /curtask.signal.live.counter == 0/ {"
	" delete(@" FAMILY_MAP ", pid(init)) }\n"
	"begin /has_key(@" FAMILY_MAP ", pid(init))/ { }\n";

static bool is_user(const struct node *ap)
{
	static const char *const words[] = {"uprobe", "u", "uretprobe", "ur", "usdt"};
	const char *word = ap->list.n ? ap->list.v[0]->text.data : "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(words[i], word))
			return true;
	return false;
}

/* `condition`, and then the probe's own. */
static void require(struct arena *arena, struct node *probe, const struct node *condition)
{
	struct node *is_family = node_copy(arena, condition, probe->span), *both;

	if (!probe->a) {
		probe->a = is_family;
		return;
	}
	both = node_new(arena, NODE_BINARY, probe->a->span);
	both->op = OP_LOGICAL_AND;
	both->a = is_family;
	both->b = probe->a;
	probe->a = both;
}

/* A block of user probes alone is narrowed; a mixed one becomes two. */
static void split(struct script *script, struct node *probe, const struct node *condition, node_list *out)
{
	node_list user = {0}, rest = {0};
	struct node *other;

	vec_each(ap, &probe->list)
		avec_push(script->arena, is_user(*ap) ? &user : &rest, *ap);
	avec_push(script->arena, out, probe);
	if (!user.n)
		return;
	if (rest.n) {
		other = node_clone(script->arena, probe);
		other->list = rest;
		avec_push(script->arena, out, other);
	}
	probe->list = user;
	require(script->arena, probe, condition);
	script->family = true;
}

void family_rewrite(struct script *script)
{
	struct source *source = source_add(script->diags->sources, "children of -c", keepers, strlen(keepers));
	struct node *root = source ? parse_library(script->arena, script->diags, source, NULL) : NULL, *last;
	node_list out = {0};

	if (!root || !root->list.n)
		return;
	last = root->list.v[--root->list.n]; /* there for its condition alone */
	vec_each(it, &script->root->list)
		if ((*it)->kind == NODE_PROBE)
			split(script, *it, last->a, &out);
		else
			avec_push(script->arena, &out, *it);
	script->root->list = out;
	if (!script->family)
		return;
	vec_each(it, &root->list) {
		(*it)->flags |= NODE_OURS;
		avec_push(script->arena, &script->root->list, *it);
	}
}
