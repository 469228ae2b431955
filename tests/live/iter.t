# Iterators: every task once and no more, the open files and mappings of one process as /proc has
# them, fields through pointers, and whatever other iterators this kernel has.
. tests/lib.sh
"$sonde" -l 'iter:*' >"$out"
grep -qx iter:task "$out" || skip 'this kernel has no iterators'
cp "$out" "$TMPDIR/all"

mkfifo "$TMPDIR/go"
: >"$TMPDIR/said"
"$BUILD/workload/watched" -w <"$TMPDIR/go" >"$TMPDIR/said" &
victim=$!
started_pids="$started_pids $victim"
exec 9>"$TMPDIR/go"
wait_for 5 grep -q READY "$TMPDIR/said" || fail 'the workload does not start'

trace -e "iter:task { if (ctx->task->pid == $victim) { printf(\"%s %d\\n\", ctx->task->comm, ctx.task.tgid); @ = count() } }"
expect_line "watched $victim"
expect_eq 'each task once' "$(map_value '')" 1
trace -e 'iter:task { @tasks = count(); @no = sum(ctx->task == 0); @[ctx->task->pid] = count() }'
expect_eq 'calls without a task' "$(map_value no)" 0
expect_eq 'the task' "$(map_value '' "$victim")" 1
expect_nothing_lost

# Of one process: sonde then ends by itself.
if grep -qx iter:task_vma "$TMPDIR/all"; then
	trace -q -e 'iter:task_vma { @ = count(); @x[ctx->vma->vm_end > ctx->vma->vm_start] = count() }' -p "$victim"
	mappings=$(grep -vc vsyscall "/proc/$victim/maps")
	expect_eq mappings "$(map_value '')" "$mappings"
	expect_eq 'mappings that are not empty' "$(map_value x true)" "$mappings"
fi
trace -q -e 'iter:task_file { @[ctx->fd] = count(); @f[str(ctx->file->f_path.dentry->d_name.name)] = count() }' \
	-p "$victim"
expect_eq 'standard output' "$(map_value '' 1)" 1
expect_eq 'its file' "$(map_value f said)" 1

# The others: each runs, or says in one line why it does not.
while read -r probe; do
	timeout $((20 * ${SONDE_SLOW:-1})) "$sonde" -q -e "$probe { @ = max(ctx->meta->seq_num) }" >"$out" 2>"$err" && continue
	expect_eq "$probe: errors" "$(grep -c 'ERROR: cannot attach to' "$err")" 1
	case $probe in
	*:bpf_map_elem|*:sockmap|*:bpf_sk_storage_map) ;;
	*) fail "$probe does not run" ;;
	esac
done <"$TMPDIR/all"

"$sonde" -e 'iter:taks { }' >"$out" 2>"$err" && fail 'iter:taks was taken'
grep -q 'did you mean "task"' "$err" || fail 'no hint'

# Pinned: read by somebody else, as often as wanted, after sonde has ended.
[ "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs ] || exit 0
name=sonde_test_$$
trap 'rm -f "/sys/fs/bpf/$name"; stop_all' EXIT
trace -q -e "iter:task:$name { if (ctx->task->pid == $victim) {
	printf(\"%s|%5d|%x|%u%%\\n\", ctx->task->comm, -5, 255, ctx->task->tgid) } }"
expect_eq 'nothing printed by sonde itself' "$(grep -c watched "$out")" 0
for _ in 1 2; do
	expect_eq 'the pinned file' "$(cat "/sys/fs/bpf/$name")" "watched|   -5|ff|$victim%"
done
"$sonde" -e "iter:task:$name { }" >"$out" 2>"$err" && fail 'it was pinned twice'
grep -q 'exists already' "$err" || fail 'no reason'
"$sonde" -e "iter:task:${name}_2 { print(1) }" >"$out" 2>"$err" && fail 'print() of a pinned iterator'
grep -q 'not supported in a pinned iterator' "$err" || fail 'no reason for print'
