# --info names what this kernel offers and, of each thing it lacks, why and what that costs; -l
# and -lv list probes, by pattern, as scripts name them.
. tests/lib.sh
need_root
own keys

trace --info
expect_line 'sonde [0-9.]+ on kernel .*'
for feature in bpf tracefs 'ring buffer' 'raw tracepoints' 'perf tracepoints' uprobes; do
	expect_line "  $feature +yes"
done
# Each "no" is followed by a reason and a cost.
awk '/^  [^ ].* no$/ { no = $0; next } no && /^      why:   [a-zA-Z]/ { why = 1; next }
	no && why && /^      costs: [a-zA-Z]/ { no = ""; why = 0; next } no { print no; exit 1 }' "$out" ||
	fail 'something is lacking without a reason and a cost'
# What it says is so: a script that needs one of them loads where --info says yes.
grep -q '^  typed raw tracepoints *yes' "$out" && {
	"$sonde" --dry-run -e 'tracepoint:sched:sched_switch { @[curtask->pid] = count() }' 2>"$err" || fail 'no typed tracepoint'
}
trace --info --json
if command -v python3 >/dev/null; then
	python3 -c 'import json, sys; json.load(sys.stdin)' <"$out" || fail '--info --json is not JSON'
fi

trace -l 'tracepoint:syscalls:sys_enter_write*'
for call in write writev; do expect_line "tracepoint:syscalls:sys_enter_$call"; done
expect_no_line '.*sys_enter_read.*'
trace -l
[ "$(wc -l <"$out")" -gt 500 ] || fail '-l lists too little'
for probe in begin end interval:s:N; do expect_line "$probe"; done
trace -l '*sched_switch*'
expect_line 'tracepoint:sched:sched_switch'
expect_line 'rawtracepoint:sched_switch'
trace -l "uprobe:$own:key*"
expect_eq '-l of a program' "$(cat "$out")" "uprobe:$own:key_event"
trace -lv tracepoint:sched:sched_switch
expect_line 'tracepoint:sched:sched_switch'
expect_line '    char prev_comm\[16\]'
expect_line '    pid_t next_pid'
trace -lv tracepoint:syscalls:sys_enter_write
expect_line '    size_t count'
# What is listed can be attached to: of each category one.
"$sonde" -l 'tracepoint:*' | awk -F : '!seen[$2]++' | head -n 40 | while read -r probe; do
	"$sonde" --dry-run -e "$probe { @ = count() }" >"$out" 2>"$err" || fail "$probe is listed and does not load"
done || exit 1
"$sonde" -l 'nosuch:*' >"$out" 2>"$err" && fail 'status 0 although nothing matches'
expect_eq 'nothing matches' "$(cat "$err")" 'sonde: nothing matches "nosuch:*"'
