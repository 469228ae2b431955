# sonde profile: whose stacks, and of which event. What is asked for is there, exactly where an event
# can be counted, and nothing else is.
. tests/lib.sh
need_root
own tasks
command -v taskset >/dev/null || skip 'no taskset'

# samples KEY: of that entry of @samples
samples() { sed -n "s/^@samples\\[$1\\]: //p" "$out"; }

# A command and what it starts, with its words as they are; nothing else, but with -a.
trace profile -F 499 --by comm -- sh -c "$own spin 300; echo 'a  b'"
grep -qx 'a  b' "$out" || fail 'words of the command were changed'
[ "$(samples "$comm")" -ge "$(few 4)" ] || fail 'nothing of the command'
grep '^@samples' "$out" | grep -v "\\[$comm\\]\|\\[sh\\]\|\\[sonde\\]" && fail 'others than the command'
"$sonde" profile -- >"$out" 2>"$err" && fail 'no command behind -- was taken'
grep -q 'no command behind --' "$err" || fail 'no reason'

# Some CPUs.
trace profile -F 499 -C 0 --by comm,cpu -- taskset -c 0 "$own" spin 300
[ "$(samples "$comm, 0")" -ge "$(few 4)" ] || fail '-C 0: nothing'
if [ "$(getconf _NPROCESSORS_ONLN)" -gt 1 ]; then
	trace profile -F 499 -C 1-7 --by comm,cpu -- taskset -c 0 "$own" spin 300
	[ -z "$(samples "$comm, 0")" ] || fail '-C 1-7: CPU 0'
fi
for wrong in x 1- 7-1 -1 1,,2; do
	"$sonde" profile "--cpu=$wrong" --dry-run >"$out" 2>"$err" && fail "--cpu=$wrong was taken"
	grep -q 'wants numbers and ranges' "$err" || fail "--cpu=$wrong: no reason"
done

# Events: page faults, each of them; a tracepoint; what there is not.
pages=$(few 1000)
trace profile -e page-faults --by comm -g -- "$own" touch "$pages"
n=$(samples "$comm")
[ "$n" -ge "$pages" ] && [ "$n" -le $((pages + 1500)) ] || fail "-e page-faults: $n of $pages"
trace profile -e faults -c 10 --by comm -- "$own" touch "$pages"
n=$(samples "$comm")
[ "$n" -ge $((pages / 10)) ] && [ "$n" -le $((pages / 10 + 150)) ] || fail "-e faults -c 10: $n of $((pages / 10))"
trace profile -f -e sched:sched_switch --comm "$comm" -- "$own" nap 12
n=$(awk -v c="$comm;" 'index($0, c) == 1 && /do_nanosleep/ { n += $NF } END { print n + 0 }' "$out")
expect_eq '-e sched:sched_switch: naps' "$n" 12
trace profile -e "uprobe:$own:nap_here" --by comm --comm "$comm" -a -- "$own" nap 1
expect_eq '-e uprobe' "$(samples "$comm")" 1
"$sonde" profile -e nonsense >"$out" 2>"$err" && fail '-e nonsense was taken'
grep -q "knows no event 'nonsense'" "$err" || fail '-e nonsense: no reason'
"$sonde" profile -e no:such >"$out" 2>"$err" && fail '-e no:such was taken'

# Every process of a name, each from its exec on.
cat >"$TMPDIR/run" <<E2
$own spin 150
$BUILD/workload/tasks spin 150
$own spin 150
E2
trace profile -F 499 --exec "$comm" --by comm,pid -a -- sh "$TMPDIR/run"
expect_eq '--exec: processes' "$(grep -c "^@samples\\[$comm, " "$out")" 2
expect_eq '--exec: others' "$(grep -c '^@samples' "$out")" 2
