# CPython's functions in user stacks, with file and line, among the native frames that they are
# called from and call: every call of calls.py, with the interpreter's lock and without it, in the
# first thread and in another. Each interpreter from 3.8 on that is found is asked.
. tests/lib.sh
"$sonde" --info | grep -q '^ *unwind tables *yes' || skip "stacks are not walked by tables here"

script=tests/workload/calls.py
# The functions of a stack that are in the script, outermost first, without paths and classes.
functions() { # getppid or sleeping
	grep "^$1;" "$out" | tr ';' '\n' |
		sed -nE 's/^(Deep\.|decorated\.<locals>\.)?([^ ]*) \((.*\/calls.py|<string>):([0-9]+)\)$/\2:\4/p
			s/.* ([0-9]+)$/= \1/p' | tr '\n' ' ' | sed 's/= \([0-9]*\) */= \1\n/g' |
		awk '{ n = $NF; sub(/ = [0-9]+$/, ""); sum[$0] += n } END { for (s in sum) print s " = " sum[s] }' | sort
}

chain='wrapper:33 work:42 generator:28 first:10 second:15 second:15 second:17 third:22'
in_eval='wrapper:33 work:43 <module>:1'
expected_getppid="<module>:50 $chain = 3
<module>:50 $in_eval = 1
$chain = 3
$in_eval = 1"
expected_sleep="<module>:46 = 1
<module>:50 $chain = 3
<module>:51 = 1
$chain = 3"

probes='tracepoint:syscalls:sys_enter_getppid,tracepoint:syscalls:sys_enter_clock_nanosleep,tracepoint:syscalls:sys_enter_select,tracepoint:syscalls:sys_enter_pselect6'
asked=0
for python in /usr/bin/python3.[0-9]* "$HOME"/.pyenv/versions/3.*/bin/python3; do
	case $python in *-config) continue ;; esac
	[ -x "$python" ] && "$python" -c 'import sys; sys.exit(not (3, 8) <= sys.version_info < (3, 15))' 2>/dev/null || continue
	trace -f folded -e "$probes /pid == cpid/ { @[ustack, probe == \"tracepoint:syscalls:sys_enter_getppid\" ? \"getppid\" : \"sleeping\"] = count() }" \
		-c "$python $script"
	asked=$((asked + 1)) last=$python
	echo "$python: $(grep -c . "$out") stacks"
	expect_nothing_lost
	expect_eq "with the lock, $python" "$(functions getppid)" "$expected_getppid"
	expect_eq "without the lock, $python" "$(functions sleeping)" "$expected_sleep"
	# functions of the C library have no names where its debugging symbols are not installed
	grep -Eq '^[a-z]+;(clone3?|0x[0-9a-f]+);(start_thread|0x[0-9a-f]+);' "$out" || fail "no stack begins at a thread's start"
	! grep -Ev '^[a-z]+;(_start|clone3?|0x[0-9a-f]+);' "$out" || fail 'a stack does not reach the start'
	grep -q 'builtin_exec\|PyEval_EvalCode' "$out" || fail 'no C function between'
done
[ $asked -gt 0 ] || skip 'no python3 from 3.8 to 3.14 is installed'

# What C code calls back stands behind it: sorted(), qsort(), a signal, __del__, a profiler, asyncio...
trace -f folded -e 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @[ustack] = count() }' \
	-c "$last tests/workload/callbacks.py"
expect_nothing_lost
tr ';' '\n' <"$out" | sed -nE 's/^([^ ]*\.)?([^ .]*) \(.*\/callbacks.py:[0-9]+\)$/\2/p
	s/.* ([0-9]+)$/= \1/p' | tr '\n' ' ' | sed 's/= \([0-9]*\) */= \1\n/g' | LC_ALL=C sort >"$TMPDIR/chains"
cat >"$TMPDIR/expected" <<'end'
<module> main <lambda> leaf = 1
<module> main by_attributes __getattr__ leaf = 1
<module> main by_attributes known leaf = 1
<module> main by_cache leaf = 1
<module> main by_class Body leaf = 1
<module> main by_ctypes compare leaf = 1
<module> main by_del __del__ leaf = 1
<module> main by_manager manager leaf = 1
<module> main by_profiler on_call leaf = 1
<module> main by_signal on_signal leaf = 1
<module> main by_sort <lambda> leaf = 1
<module> main by_yield outer inner leaf = 1
<module> main in_coroutine leaf = 1
end
diff "$TMPDIR/expected" "$TMPDIR/chains" >"$err" || fail 'callbacks: other functions (>) than were called (<)'
grep -Eq 'by_ctypes [^;]*;.*;qsort[^;]*;.*;compare ' "$out" || fail 'not qsort() between by_ctypes and compare'

# As text: the place in the script is behind the name.
trace -e 'tracepoint:syscalls:sys_enter_getppid /pid == cpid && !@seen/ { @seen = 1; print(ustack) }' -c "$last $script"
grep -Eq "^ *Deep\.third \(.*/calls.py:22\)$|^ *third \(.*/calls.py:22\)$" "$out" || fail 'no place behind the name'
# As many frames as were asked for.
trace -e 'tracepoint:syscalls:sys_enter_getppid /pid == cpid && !@seen/ { @seen = 1; print((stack_len(ustack(3)), stack_len(ustack))); print(ustack(3)) }' -c "$last $script"
expect_line '\(3, [0-9]+\)'
expect_eq 'frames of ustack(3)' "$(grep -c '^ *[^ (@]' "$out")" 3

# More functions than there is room for: the inner ones are there, and it is said, and counted.
cat >"$TMPDIR/deep.py" <<'end'
import os, time
def down(n): return down(n - 1) if n else os.getppid()
down(100)
time.sleep(0.3)
end
trace -f json -e 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { print(ustack) }' -c "$last $TMPDIR/deep.py"
grep -q "\[cut short: no room for more of Python's functions\]" "$out" || fail 'the cut is not marked'
[ "$(grep -o 'down (' "$out" | wc -l)" -ge 15 ] || fail 'the inner functions are not there'
grep -q '"unwind_python_cut"' "$out" "$err" || fail 'the cut is not counted'

# More native frames than are kept beside Python's: counted, too.
cat >"$TMPDIR/nested.py" <<'end'
import json, os, time
deep = object()
for i in range(60): deep = [deep]
for i in range(5): # until the process is known
	time.sleep(0.6)
	json.dumps(deep, default=lambda o: os.getppid())
end
trace -f json -e 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { print(ustack) }' -c "$last $TMPDIR/nested.py"
grep -q 'nested.py:6' "$out" || fail 'the functions around are not there'
grep -q '"stack_cut": [1-5]' "$out" "$err" || fail 'that native frames are missing is not counted'
