# One kernel stack is one row, although run-time statistics are switched on and off meanwhile
# (the kernel then runs programs from another place), somebody else attaches to the same
# tracepoint (that adds a frame), and wherever in the script it is taken.
. tests/lib.sh
own storm
trace_start -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
	if (nsecs % 2) { @[kstack] = count() } else { @[kstack] = count() }
	@two[kstack(2), 7] = sum(1); @all = count() }' "$comm"
start "$own" -m 1500
sleep 0.5
timeout 20 "$sonde" -q --duration 0.3 -e 'rawtracepoint:sys_enter { @ = count() }' >"$TMPDIR/other" 2>&1 ||
	fail "the other one: $(cat "$TMPDIR/other")"
wait $started
trace_stop
expect_nothing_lost
all=$(map_value all)
[ "$all" -gt 100 ] || fail "only $all events"
expect_eq 'rows' "$(grep -c '^@\[$' "$out") $(grep -c '^@two\[$' "$out")" '1 1'
expect_eq 'counts' "$(sed -n 's/^\(, 7\)*\]: //p' "$out" | tr '\n' ' ')" "$all $all "
expect_eq 'frames of kstack(2)' "$(sed -n '/^@two/,/7\]/p' "$out" | grep -c '+')" 2
