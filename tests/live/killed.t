# kill -9 while attached: nothing stays. Programs, maps and links that sonde held are gone from
# the kernel's lists, the probed program's instructions are what they were, and tracefs is as
# before; with perf tracepoints, raw ones, samples, uprobes one by one and in one link, threads'
# values, and five hundred probes.
. tests/lib.sh
need_root
own uprobe_target
mkfifo "$TMPDIR/go"
exec 9<>"$TMPDIR/go" # both ends, so that opening waits for nobody
"$own" -w -n 1000 <&9 >"$TMPDIR/target" &
target=$!
started_pids="$started_pids $target"
wait_for 5 grep -q "r-xp .*$comm" /proc/$target/maps || fail "the target does not run"

# The instructions of the target as they are in memory: a probe is another byte there.
text() {
	awk -v name="$comm" '$2 == "r-xp" && index($0, name) { print $1; exit }' /proc/$target/maps | tr - ' ' | {
		read -r from to
		from=$(printf %d "0x$from") to=$(printf %d "0x$to")
		dd if=/proc/$target/mem bs=4096 skip=$((from / 4096)) count=$(((to - from) / 4096)) 2>"$TMPDIR/dd" |
			cksum
	}
}

gone() {
	"$helpers/bpf_ids" | sort >"$TMPDIR/now"
	[ -z "$(comm -12 "$TMPDIR/held" "$TMPDIR/now")" ]
}

clean=$(text)
cat /sys/kernel/tracing/uprobe_events >"$TMPDIR/events" 2>/dev/null

check() { # WHAT LEAST-HELD MODE SCRIPT
	trace_start --attach "$3" -e "$4"
	"$helpers/bpf_ids" $tracer | sort -u >"$TMPDIR/held"
	held=$(wc -l <"$TMPDIR/held")
	"$helpers/bpf_ids" | sort >"$TMPDIR/now"
	[ "$(comm -12 "$TMPDIR/held" "$TMPDIR/now" | wc -l)" -ge "$2" ] || fail "$1: only $held objects held"
	case $4 in *uprobe*) [ "$(text)" != "$clean" ] || fail "$1: no probe is in the target" ;; esac
	kill -s KILL $tracer
	before=$(date +%s%N)
	wait $tracer 2>/dev/null
	wait_for 20 gone || fail "$1: stayed: $(comm -12 "$TMPDIR/held" "$TMPDIR/now" | tr '\n' ' ')"
	echo "$1: $held objects, gone after $((($(date +%s%N) - before) / 1000000)) ms"
	expect_eq "$1: instructions of the target" "$(text)" "$clean"
	cat /sys/kernel/tracing/uprobe_events 2>/dev/null | cmp -s - "$TMPDIR/events" ||
		fail "$1: left in uprobe_events"
}

mixed="tracepoint:syscalls:sys_enter_write,tracepoint:sched:sched_switch { @m[tid] = nsecs; @[comm] = hist(nsecs) }
	tracepoint:syscalls:sys_exit_write { delete(@m[tid]); @s[ustack] = count() } profile:hz:99 { @p[kstack] = count() }
	interval:ms:10 { print(@p); clear(@p) } uprobe:$own:target_* { @u[probe] = count() }
	uretprobe:$own:target_fast { printf(\"%s\", comm) }"
check 'planned' 10 planned "$mixed"
check 'classic' 10 classic "$mixed"
many=
for i in $(seq 250); do many="$many uprobe:$own:target_fast { @a$((i % 50)) = count() } tracepoint:syscalls:sys_enter_read { @b$((i % 50)) = count() }"; done
check 'five hundred probes' 5 planned "$many"

# The target runs on as if nothing had been.
printf g >&9
wait_for 10 grep -q '^target_fast 1000$' "$TMPDIR/target" || fail "the target did not end as it should"
