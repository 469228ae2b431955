# Many probes come and go quickly: every system call's entry attached within 100 ms and gone
# within 200; five hundred probes in one script attached within a second and gone within
# another. Where perf tracepoints are needed, -v says beforehand how long letting go will take.
. tests/lib.sh
need_root
own keys

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# A machine that is busy with something else may need another try.
within() { # ATTACH-MS DETACH-MS ARGUMENTS...
	# an emulated machine's time is not its own
	factor=$((${SONDE_SLOW:-1} == 1 ? 1 : 20))
	attach_limit=$(($1 * factor)) detach_limit=$(($2 * factor))
	shift 2
	for try in 1 2 3 4 5; do
		began=$(now_ms)
		trace_start "$@"
		attached=$(($(now_ms) - began))
		began=$(now_ms)
		trace_stop
		stopped=$(($(now_ms) - began))
		echo "$(grep -o 'Attached [0-9]* probes' "$err"): attached after $attached ms, gone after $stopped ms"
		[ $attached -gt $attach_limit ] || [ $stopped -gt $detach_limit ] || return 0
	done
	fail "not within $attach_limit and $detach_limit ms in five tries"
}

within 100 200 -e 'tracepoint:syscalls:sys_enter_* { @[probe] = count() }'

uprobes= tracepoints=
for i in $(seq 250); do
	uprobes="$uprobes uprobe:$own:key_event { @a$((i % 50)) = count() }"
	tracepoints="$tracepoints tracepoint:syscalls:sys_enter_read { @b$((i % 50)) = count() }"
done
if "$sonde" --info | grep -q 'uprobes many at once  *yes'; then
	within 1000 1000 -e "$uprobes $tracepoints"
	grep -q '^Attached 500 probes' "$err" || fail "not five hundred"
	trace -e "$uprobes $tracepoints" -c "$own -n 1000"
	expect_eq 'programs on one function' "$(map_value a7)" 5000
fi
within 1000 1000 -e "$tracepoints $tracepoints"
grep -q '^Attached 500 probes' "$err" || fail "not five hundred"

perf=
for i in $(seq 12); do perf="$perf tracepoint:syscalls:sys_enter_read { @b$i = count() }"; done
trace_start -v --attach classic -e "$perf"
began=$(now_ms)
trace_stop
stopped=$(($(now_ms) - began))
said=$(sed -n 's/^detaching will take about \([0-9.]*\) s (12 perf tracepoints)$/\1/p' "$err")
[ "$said" ] || fail "-v does not say how long detaching will take"
echo "12 perf tracepoints: said $said s, took $stopped ms"
awk "BEGIN { exit !($stopped < $said * 4000) }" || fail "said $said s, took $stopped ms"
