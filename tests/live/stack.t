# sonde stack: where each thread of a process is, without stopping it: one that sleeps and one that runs in
# a known chain of calls; threads of CPython in known functions at known lines.
. tests/lib.sh
need_root
"$sonde" --info | grep -q '^ *unwind tables *yes' || skip "stacks are not walked by tables here"
kernel_before 6.1 && skip 'memory of another task can be read since Linux 6.1'
own frameless

# thread TID: the functions of its user stack, the leaf first, joined; before them its state.
thread() {
	awk -v tid="$1" '
		$1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+$/ { on = $2 == tid; part = 0; if (on) state = $4; next }
		!NF { part++; next }
		on && part == 1 { sub(/^ +/, ""); sub(/\+[0-9]+$/, ""); all = all ";" $0 }
		END { print state all }' "$out"
}

start "$own" asleep 600
victim=$started
chain=frameless_leaf
for i in 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1; do chain="$chain;chain_$i"; done
both() { [ "$(ls "/proc/$victim/task" | wc -l)" = 2 ] && grep -q nanosleep "/proc/$victim/wchan"; }
wait_for 5 both || fail 'it has no second thread'
other=$(ls "/proc/$victim/task" | grep -vx "$victim")
in_leaf='0x[0-9a-f]+;|[a-z_]*clock_gettime;|is_over;|frameless_leaf;'
in_chain='chain_20;.*;chain_1|chain_[0-9]*;.*chain_1|chain_1'
start_of_thread='(0x[0-9a-f]+|start_thread);(0x[0-9a-f]+|clone3?)'
for _ in 1 2; do
	trace stack -p "$victim"
	thread "$victim" | grep -Eqx "interruptible;[^;]*nanosleep[^;]*;(0x[0-9a-f]+;)?$chain;run_asleep;main;.*;_start" ||
		fail "what sleeps: $(thread "$victim")"
	thread "$other" | grep -Eqx "(running|runnable);($in_leaf)*($in_chain|spin);(spin;)?$start_of_thread" ||
		fail "what runs: $(thread "$other")"
	expect_eq 'each thread once' "$(grep -c "^$victim " "$out")" 2
	! grep -q '^LOST: .* stacks' "$err" || fail 'a stack was lost'
done
trace stack -K -p "$victim"
grep -q 'nanosleep' "$out" || fail 'no kernel stack'
! grep -q 'chain_1' "$out" || fail '-K shows the program'
trace stack -f -L "$victim"
expect_eq 'stacks of a thread' "$(grep -c . "$out")" 1
grep -q ';chain_19;chain_20;frameless_leaf;' "$out" || fail 'not folded'

# In an iterator of a script's own, too.
trace -e "iter:task / ctx.task.pid == $victim / { print((stack_len(ustack(3)), stack_len(ustack))); @[ustack(4)] = count() }"
grep -q '^(3, 2[0-9])$\|^(3, 3[0-9])$' "$out" || fail 'stack_len is not of the task that is walked'
expect_line ' +frameless_leaf\+[0-9]+'

tool_is_here python3
/usr/bin/python3 tests/workload/threads.py >"$TMPDIR/ready" &
victim=$!
started_pids="$started_pids $victim"
wait_for 5 grep -q READY "$TMPDIR/ready" || fail 'python does not start'
trace stack -p "$victim"
expect_eq 'threads' "$(grep -c "^$victim " "$out")" 5
functions() { # of each thread those in the script, the leaf first
	for tid in $(ls "/proc/$victim/task"); do
		thread "$tid" | tr ';' '\n' | sed -n 's/^\([^ ]*\) (.*threads.py:\([0-9]*\))$/\1:\2/p' | tr '\n' ' '
		echo
	done | sort
}
expect_eq 'asleep' "$(functions | grep -cx 'sleeps:7 ')" 1
expect_eq 'asleep, the first thread' "$(functions | grep -cx 'sleeps:7 <module>:29 ')" 1
expect_eq 'waiting' "$(functions | grep -cx 'waits:11 ')" 1
expect_eq 'running, or waiting for their turn' "$(functions | grep -cx '\(computes.<locals>.<genexpr>:21 \)\?computes:21 runs:17 \|runs:17 ')" 2
! grep -q 'cut short' "$out" || fail 'a stack is cut short'
trace stack --json -p "$victim"
expect_eq 'rows' "$(grep -c '"type": "row".*"state": "[a-z]*", "kstack": \[.*\], "ustack": \[' "$out")" 5
