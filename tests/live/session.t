# A session's ends: ^C, duration, exit code, signals as probes, output that goes away.
. tests/lib.sh
need_root

# ^C: maps are printed, and the prompt is back within 100 ms
trace_start -e 'tracepoint:syscalls:sys_enter_read { @start[tid] = nsecs }
	tracepoint:syscalls:sys_exit_read /@start[tid]/ { @ = hist(nsecs - @start[tid]); delete(@start[tid]) }
	begin { @x = 5 } self:signal:SIGUSR1 { printf("signal\n") } end { printf("end\n") }'
kill -s USR1 "$tracer"
wait_for 5 grep -q signal "$out" || fail "self:signal did not run"
before=$(date +%s%N)
trace_stop
took=$((($(date +%s%N) - before) / 1000000))
limit=$((${SONDE_SLOW:-1} == 1 ? 100 : 2000)) # an emulated machine's time is not its own
[ $took -le $limit ] || fail "^C took $took ms"
expect_line end
expect_line '@x: 5'
grep -q '^cost: ' "$err" || fail "no cost was reported"

trace --duration 0.3 -e 'interval:ms:50 { @ = count() }'
ticks=$(map_value '')
[ "$ticks" -ge 3 ] && [ "$ticks" -le 7 ] || fail "$ticks ticks of 50 ms in 0.3 s"

timeout 10 "$sonde" -e 'begin { printf("x\n"); exit(7) } end { printf("y\n") }' >"$out" 2>"$err"
expect_eq "exit status" $? 7
expect_eq "output" "$(cat "$out")" "x
y"

# nobody reads any more
{ timeout 10 "$sonde" -e 'interval:ms:5 { printf("line\n") }' 2>"$err"; echo $? >"$TMPDIR/status"; } | head -n 2 >"$out"
expect_eq "lines read" "$(grep -c line "$out")" 2
expect_eq "status after the reader left" "$(cat "$TMPDIR/status")" 0

# ^C goes to the command, too, and what it counted is printed all the same; likewise when it
# comes while sonde is ending by itself.
own writers
for pause in 0 0 0 0 0.001 0.002 0.005 0.01; do
	trace_start -e 'tracepoint:syscalls:sys_enter_write /pid == cpid/ { @ = count() }' -c "$own -n 100000000"
	child=$(cat /proc/$tracer/task/$tracer/children)
	sleep 0.05
	case $pause in
	0) kill -s INT $child $tracer 2>/dev/null ;;
	*) kill -s INT $child; sleep $pause; kill -s INT $tracer 2>/dev/null ;;
	esac
	wait $tracer
	expect_eq "status of ^C to the command and to sonde, after $pause s" $? 0
	[ "$(map_value '')" -gt 0 ] || fail "^C to the command and to sonde, after $pause s: no maps"
done
