# What the script names and what carries it are two things, but the output is one: `planned`
# and `classic` print the same for exec, clone's children, sigreturn, `int $0x80`, kernel stacks.
. tests/lib.sh
own int80
times=10

# Two runs of the same program are not always the same: a fork may be tried again when a signal
# comes. What differs for the planner's sake differs in each of three tries.
formats='text json'
[ "${SONDE_SLOW:-1}" -eq 1 ] || formats=json # perf tracepoints leave slowly there

same() { # WHAT SCRIPT
	for format in $formats; do
		for try in 1 2 3; do
			for mode in planned classic; do
				trace --attach $mode -f $format -e "$2" -c "$own -n $times"
				expect_nothing_lost
				grep -v '"type": "cost"' "$out" >"$TMPDIR/$mode"
			done
			diff "$TMPDIR/classic" "$TMPDIR/planned" && break
			[ $try -lt 3 ] || fail "$1: planned is not as classic"
		done
	done
	[ "$(grep -c '"@' "$TMPDIR/planned")" -gt 0 ] || fail "$1: nothing printed"
}

# One frame is left out: the kernel adds it while somebody else is attached to the tracepoint.
same_stacks() { # WHAT SCRIPT
	for mode in planned classic; do
		trace --attach $mode -f folded -e "$2" -c "$own -n $times"
		# Before 6.8 or so the kernel walks no stack from a perf tracepoint of system calls.
		if [ $mode = classic ] && grep -q '^LOST: .* stacks that could not be walked' "$err"; then
			echo "$1: this kernel walks no stack for a perf tracepoint"
			[ -s "$TMPDIR/planned" ] || fail "$1: nothing printed"
			return
		fi
		expect_nothing_lost
		# Before 5.12 or so a walk from a perf tracepoint has the function of the event twice.
		sed -n 's/;__traceiter_[^; ]*//; s/;\([^; ]*\);\1 /;\1 /; /;/p' "$out" |
			awk '{ n[$1] += $2 } END { for (stack in n) print stack, n[stack] }' | sort >"$TMPDIR/$mode"
	done
	diff "$TMPDIR/classic" "$TMPDIR/planned" || fail "$1: planned is not as classic"
	[ -s "$TMPDIR/planned" ] || fail "$1: nothing printed"
}

ours='/pid == cpid || (curtask.real_parent.tgid == cpid && pid != cpid)/'
calls=
for call in write writev newstat getpid clone rt_sigreturn execve exit_group kill wait4; do
	calls="$calls,tracepoint:syscalls:sys_enter_$call,tracepoint:syscalls:sys_exit_$call"
done

same 'system calls' "${calls#,} $ours { @[probe] = count(); @order[comm, probe]++ }"
same 'arguments' "
tracepoint:syscalls:sys_enter_write $ours { @w[args.count, args.__syscall_nr] = count() }
tracepoint:syscalls:sys_exit_write $ours { @r[args.ret, args.__syscall_nr] = count() }
tracepoint:syscalls:sys_exit_clone $ours { @child[args.ret == 0] = count() }
tracepoint:syscalls:sys_enter_execve $ours { @exec[args.filename != 0, comm] = count() }
tracepoint:syscalls:sys_exit_execve $ours { @execd[args.ret, comm] = count() }
tracepoint:syscalls:sys_exit_exit_group $ours { @never = count() }"
same 'raw system calls' "
tracepoint:raw_syscalls:sys_enter $ours { @in[args.id] = count() }
tracepoint:raw_syscalls:sys_exit $ours { @out[args.id, args.ret < 0] = count() }"
same 'other tracepoints' "
tracepoint:sched:sched_process_exec $ours { @e[str(args.filename)] = count() }
tracepoint:sched:sched_process_fork $ours { @f[args.parent_comm, args.child_comm] = count() }
tracepoint:sched:sched_process_exit $ours { @x[args.comm, args.prio] = count() }
tracepoint:signal:signal_generate $ours { @s[args.sig, args.comm] = count() }"
for probe in sys_enter_write sys_exit_write sys_exit_clone sys_exit_execve sys_enter_execve sys_enter_rt_sigreturn; do
	same_stacks "kernel stack of $probe" "tracepoint:syscalls:$probe $ours { @[kstack] = count() }"
done
same_stacks 'kernel stack of fork' "tracepoint:sched:sched_process_fork $ours { @[kstack] = count() }"
same_stacks 'kernel stack of a raw system call' "tracepoint:raw_syscalls:sys_enter /pid == cpid && args.id == 62/ { @[kstack] = count() }"

# And what is printed is right; one execve is that which started the program.
trace -e "${calls#,} $ours { @[probe] = count() }" -c "$own -n $times"
writes=$(sed -n 's/^write64 //p' "$out")
for want in "write $writes $writes" "clone $((2 * times)) $((4 * times))" "rt_sigreturn $times 0" \
	"execve $((times + 1)) $((times + 1))"; do
	set -- $want
	expect_eq "sys_enter_$1" "$(map_value '' "tracepoint:syscalls:sys_enter_$1")" "$2"
	expect_eq "sys_exit_$1" "$(map_value '' "tracepoint:syscalls:sys_exit_$1")" "$3"
done
