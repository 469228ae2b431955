# Pointers of the kernel's structs, one through another, from the current task and from arguments: the
# values are those that /proc knows, and the verifier is not asked to trust what is only read.
. tests/lib.sh
need_root
own tasks
namespace() { readlink "/proc/self/ns/$1" | tr -dc 0-9; }

trace -e "tracepoint:sched:sched_process_exec /comm == \"$comm\"/ {
	@mnt = curtask->nsproxy->mnt_ns->ns.inum; @uts = (*curtask->nsproxy).uts_ns->ns.inum;
	@parent = curtask->real_parent->tgid; @ppid = ppid; @leader = curtask->group_leader->pid - pid
}" -c "$own spin 1"
expect_eq 'mount namespace' "$(map_value mnt)" "$(namespace mnt)"
expect_eq 'UTS namespace' "$(map_value uts)" "$(namespace uts)"
expect_eq 'parent' "$(map_value parent)" "$(map_value ppid)"
[ "$(map_value parent)" -gt 0 ] || fail 'no parent'
expect_eq 'leader' "$(map_value leader)" 0
expect_nothing_lost

# An argument; and a variable that holds one
trace -e "rawtracepoint:sched_process_exit /comm == \"$comm\"/ { \$t = args.p; @a = args.p->real_parent->tgid; @v = \$t->real_parent->tgid; @p = ppid }" \
	-c "$own spin 1"
expect_eq 'through an argument' "$(map_value a)" "$(map_value p)"
expect_eq 'through a variable' "$(map_value v)" "$(map_value p)"
expect_nothing_lost

trace --dump=bpf -e 'BEGIN { @ = (uint64)curtask->nsproxy }'
if grep -q ' bpf_rdonly_cast$' /proc/kallsyms && grep -q get_current_task_btf "$out"; then
	grep -q 'call kernel function' "$out" || fail 'the pointer is not cast'
fi
