# What the options promise: -c, -p, ^C once and twice, SIGTERM, self:signal, --no-self, -o, -q,
# -B, -f json with typed keys, -f folded.
. tests/lib.sh
need_root
own writers
writes='tracepoint:syscalls:sys_enter_write'

# -c: nothing of the command is missed, it runs until its end and sonde ends with it, with
# status 0 unless exit() says another; what -v adds is how it ended.
trace -e "$writes /pid == cpid/ { @ = count() }" -c "$own -n 1000"
expect_eq '-c: writes' "$(map_value '')" 1000
expect_line 'total 1000'
trace -e 'tracepoint:syscalls:sys_enter_execve,tracepoint:sched:sched_process_exec /pid == cpid/ { @[probe] = count() }' -c "$own -n 1"
for probe in tracepoint:syscalls:sys_enter_execve tracepoint:sched:sched_process_exec; do
	expect_eq "-c: $probe of the command itself" "$(map_value '' $probe)" 1
done
trace -v -e "$writes /pid == cpid/ { @ = count() }" -c "sh -c 'exit 3'"
expect_line 'the command exited with status 3' "$err"
trace -v -e "$writes /pid == cpid/ { @ = count() }" -c "sh -c 'kill -9 \$\$'"
expect_line 'the command was killed by signal 9 \(Killed\)' "$err"
timeout 10 "$sonde" -e "$writes /pid == cpid/ { exit(5) }" -c "$own -n 10" >"$out" 2>"$err"
expect_eq '-c: status of exit(5)' $? 5
timeout 10 "$sonde" -e 'begin { @ = 1 }' -c /no/such/program >"$out" 2>"$err"
expect_eq '-c: status without a program' $? 1
expect_eq '-c: what is said without a program' "$(cat "$out" "$err")" 'sonde: there is no program "/no/such/program"'
# A command that is still running when sonde ends is ended, too; one that was never let go never ran.
name=sleeper$$
cp "$(command -v sleep)" "$TMPDIR/$name"
trace --duration 0.2 -e 'interval:ms:10 { @ = count() }' -c "$TMPDIR/$name 60"
[ -z "$(pidof "$name")" ] || fail '-c: the command outlives sonde'
trace -e 'begin { exit() }' -c "touch $TMPDIR/touched"
[ ! -e "$TMPDIR/touched" ] || fail '-c: ran although begin said exit'

# -p: every kind of probe sees this process alone, and sonde ends when it does.
start "$own" -n 300000 -c 0
other=$started
mkfifo "$TMPDIR/go"
exec 9<>"$TMPDIR/go"
"$own" -w -n 300000 <&9 >"$TMPDIR/target" &
target=$!
started_pids="$started_pids $target"
trace_start -p $target -e "$writes { @w[pid] = count() } tracepoint:raw_syscalls:sys_exit { @r[pid] = count() }
	rawtracepoint:sys_enter { @raw[pid] = count() } profile:hz:999 { @p[pid] = count() }
	software:page-faults:1 { @f[pid] = count() } uprobe:libc:write { @u[pid] = count() }
	uretprobe:libc:write { @ur[pid] = count() } tracepoint:syscalls:sys_exit_write { @x[pid] = count() }"
printf g >&9
wait $target
wait_for 5 sh -c "! kill -0 $tracer 2>/dev/null" || fail '-p: sonde outlives the process'
wait $tracer
expect_eq '-p: status' $? 0
for name in w x u ur; do
	expect_eq "-p: @$name" "$(map_value $name $target)" 300000
done
for name in r raw p; do
	[ "$(map_value $name $target)" -gt 0 ] || fail "-p: nothing in @$name"
done
expect_eq '-p: values of others' "$(grep '^@' "$out" | grep -vc "^@[a-z]*\[$target\]: ")" 0
kill -s KILL $other 2>/dev/null

# ^C and SIGTERM print the maps and run end; a second ^C does not wait for a reader that has gone away.
for signal in INT TERM; do
	trace_start -e 'begin { @x = 5 } interval:s:100 { @y = 1 } end { printf("end\n") } self:signal:SIGUSR1 { printf("user 1\n") }
		self:signal:SIGUSR2 { printf("user 2\n") }'
	kill -s USR1 $tracer
	wait_for 5 grep -q 'user 1' "$out" || fail 'no self:signal'
	kill -s $signal $tracer
	wait $tracer
	expect_eq "$signal: status" $? 0
	expect_line end
	expect_line '@x: 5'
	expect_no_line 'user 2'
done
mkfifo "$TMPDIR/pipe"
exec 8<>"$TMPDIR/pipe" # nobody reads
"$sonde" -e 'interval:ms:1 { printf("%64s %64s %64s %64s\n", "a", "b", "c", "d"); @ = count() }' >"$TMPDIR/pipe" 2>"$err" &
tracer=$!
started_pids="$started_pids $tracer"
wait_for 5 grep -q Attached "$err" || fail 'not attached'
sleep 1 # more than a pipe holds
kill -s INT $tracer
sleep 0.3
kill -0 $tracer 2>/dev/null || fail 'the first ^C did not wait for what was printed: nothing was tested'
kill -s INT $tracer
before=$(date +%s%N)
wait $tracer
status=$?
took=$((($(date +%s%N) - before) / 1000000))
[ $status -ne 0 ] && [ $took -lt $((500 * ${SONDE_SLOW:-1})) ] || fail "second ^C: status $status after $took ms"
exec 8<&-

# --no-self
for option in '' --no-self; do
	trace_start $option -e 'tracepoint:raw_syscalls:sys_enter { @[pid] = count() } interval:ms:5 { printf("x\n") }'
	self=$tracer
	sleep 0.3
	trace_stop
	seen=$(map_value '' $self)
	case $option in
	'') [ "$seen" -gt 0 ] || fail 'sonde does not trace itself' ;;
	*) expect_eq '--no-self' "$seen" 0 ;;
	esac
done

# -o: all of the output, and nothing else; -q: no word of sonde's own.
trace -o "$TMPDIR/file" -e 'begin { printf("line\n"); @x = 1; exit() }'
expect_eq '-o: elsewhere' "$(cat "$out" "$err")" ''
expect_eq '-o: the file' "$(grep -v '^$' "$TMPDIR/file")" "line
@x: 1"
trace -q --duration 0.1 -e 'begin { printf("line\n"); @x = 1 } interval:ms:10 { @y = count() }'
expect_eq '-q: messages' "$(cat "$err")" ''
expect_eq '-q: output' "$(grep -v '^$' "$out" | head -n 2)" "line
@x: 1"

# -B: a line comes at once (none, and line), or when there is enough or the end (full).
for how in none line full; do
	: >"$TMPDIR/file"
	trace_start -B $how -o "$TMPDIR/file" -e 'begin { printf("begun\n") } interval:ms:50 { printf("tick\n") }'
	case $how in
	full) sleep 0.5; expect_eq '-B full: ticks' "$(grep -c tick "$TMPDIR/file")" 0 ;;
	*) wait_for 2 grep -q tick "$TMPDIR/file" || fail "-B $how: nothing came" ;;
	esac
	trace_stop
	grep -q tick "$TMPDIR/file" || fail "-B $how: nothing came at the end"
done

# -f json: keys are arrays of typed values, quotes and control bytes escaped; each line is JSON.
trace -f json -e 'begin { @k["a\"b\n", 1, (2, "c")] = 7; @n[-1] = count(); @b[(uint8)200, true] = 1;
	@s = stats(3); @h[1] = hist(5); @t = (1, "x"); @neg = -5; printf("%d \"quoted\"\n", 1); print((1, "y")); exit() }'
expect_line '\{"type": "map", "data": \{"@k": \[\{"key": \["a\\"b\\n",1,\[2,"c"\]\], "value": 7\}\]\}\}'
expect_line '\{"type": "map", "data": \{"@n": \[\{"key": \[-1\], "value": 1\}\]\}\}'
expect_line '\{"type": "map", "data": \{"@b": \[\{"key": \[200,true\], "value": 1\}\]\}\}'
expect_line '\{"type": "stats", "data": \{"@s": \{"count": 1, "average": 3, "total": 3\}\}\}'
expect_line '\{"type": "hist", "data": \{"@h": \[\{"key": \[1\], "value": \[\{"min": 4, "max": 7, "count": 1\}\]\}\]\}\}'
expect_line '\{"type": "map", "data": \{"@t": \[1,"x"\]\}\}'
expect_line '\{"type": "map", "data": \{"@neg": -5\}\}'
expect_line '\{"type": "printf", "data": "1 \\"quoted\\"\\n"\}'
expect_line '\{"type": "value", "data": \[1,"y"\]\}'
expect_line '\{"type": "lost_events", "data": \{.*\}\}'
if command -v python3 >/dev/null; then
	python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$out" || fail 'not JSON'
fi

# -f folded: a line a stack, outermost frame first; what is not a stack goes elsewhere.
own stacks
trace -f folded -e "uprobe:$own:stack_leaf { @[ustack] = count(); @by[ustack, comm] = sum(2) } end { printf(\"words\n\") }" -c "$own -r 2"
expect_eq 'folded: other lines' "$(grep -v '^stacks ' "$out" | grep -vc '^[^ ]*;stack_leaf [0-9]*$')" 0
expect_eq 'folded: stacks twice' "$(grep -c "walk_all;.*stack_leaf 2$" "$out")" 10000
expect_eq 'folded: with a key before' "$(grep -c "^$comm;.*;stack_leaf 4$" "$out")" 10000
expect_line words "$err"
