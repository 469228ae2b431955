# Accesses to a variable: each write counted, in the process, its threads and its children; reads
# and writes; a running process by -p; the neighbour of the variable is not counted.
. tests/lib.sh
own watched
at=0x20000000
grep -q 'WATCHED_ADDRESS 0x20000000ul' tests/workload/watched.c || fail 'the address was changed'

trace -e "watchpoint:$at:8:w { @ = count(); @ip[reg(\"ip\") > 0 ? 1 : 0] = count(); @by[comm, probe] = count() }" \
	-c "$own -n 200 -t -f"
expect_line 'writes 600'
expect_eq writes "$(map_value '')" 600
expect_eq 'with registers' "$(map_value ip 1)" 600
expect_eq 'named' "$(map_value by "$comm, watchpoint:$at:8:w")" 600
expect_nothing_lost

[ "$(uname -m)" = x86_64 ] || exit 0
trace -e "asyncwatchpoint:$at:8:rw { @ = count() }" -c "$own -n 200"
expect_eq 'reads and writes' "$(map_value '')" 400
if [ "${SONDE_SLOW:-1}" -eq 1 ]; then # an emulated processor reports one of the two only
	trace -e "w:$at:4:w { @low = count() } w:$at:8:w { @all = count() }" -c "$own -n 30"
	expect_eq 'two at one place' "$(map_value low) $(map_value all)" '30 30'
fi

mkfifo "$TMPDIR/go"
: >"$TMPDIR/said"
"$own" -w -n 70 -f <"$TMPDIR/go" >"$TMPDIR/said" &
victim=$!
started_pids="$started_pids $victim"
exec 9>"$TMPDIR/go"
wait_for 5 grep -q READY "$TMPDIR/said" || fail 'the workload does not start'
trace_start -e "watchpoint:$at:8:w { @ = count() }" -p "$victim"
"$own" -n 1000 >"$TMPDIR/other"
echo >&9
wait_for 10 grep -q writes "$TMPDIR/said" || fail 'the workload does not end'
wait "$tracer" || fail 'sonde does not end with the process'
expect_eq 'of a running process' "$(map_value '')" 70

# More than the processor has registers for.
"$sonde" -e "w:$at:8:w { } w:0x20000008:8:w { } w:0x20000010:8:w { } w:0x20000018:8:w { } w:0x20000020:8:w { }" \
	-c "$own" >"$out" 2>"$err" && fail 'five watchpoints were taken'
grep -q 'every breakpoint register is taken' "$err" || fail 'no plain line'

# unwatch() ends it for every thread and child; the others stay.
trace -e "w:$at:8:w { @n++; if (@n == 50) { unwatch($at) } } w:$((at + 8)):8:w { @other = count() }" \
	-c "$own -n 20000 -t -f"
[ "$(map_value n)" -ge 50 ] && [ "$(map_value n)" -lt 60000 ] || fail "unwatch ended nothing: $(map_value n) hits"
if [ "${SONDE_SLOW:-1}" -eq 1 ]; then # an emulated processor reports a hit of the first as one of both
	expect_eq 'the other one' "$(map_value other)" 60000
else
	[ "$(map_value other)" -ge 60000 ] || fail "the other one is not counted: $(map_value other)"
fi
