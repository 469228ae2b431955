# --max-cpu under a storm of system calls, every one of them traced: detached by itself within
# two seconds, with the reason, the maps printed, exit status 0. A limit that is not reached
# changes nothing.
. tests/lib.sh
need_root
own storm

# run LIMIT ARGUMENTS...: $ms from the release of the storm until sonde has ended
run() {
	limit=$1
	shift
	start "$own" -m 20000
	trace_start --max-cpu "$limit" "$@"
	before=$(date +%s%N)
	wait "$tracer"
	status=$?
	ms=$((($(date +%s%N) - before) / 1000000))
	stop_all
	echo "--max-cpu $limit: ended after $ms ms with status $status; $(grep -o 'took .*' "$err")"
	expect_eq 'exit status' $status 0
}

for script in 'tracepoint:raw_syscalls:sys_enter,tracepoint:raw_syscalls:sys_exit { @[comm] = count() }' \
	'tracepoint:syscalls:sys_enter_*,tracepoint:syscalls:sys_exit_* { @[comm] = count() }'; do
	for mode in planned classic; do
		# Hundreds of perf tracepoints take the kernel half a minute to let go of.
		case $mode$script in classic*syscalls:sys_enter_\**) continue ;; esac
		run 2 --attach $mode -e "$script"
		[ $ms -le $((2000 * ${SONDE_SLOW:-1})) ] || fail "--max-cpu held after $ms ms only"
		expect_line 'sonde: detached: probes and sonde took [0-9.]*% of a CPU over the last [a-z0-9. ]*, --max-cpu is 2' "$err"
		[ "$(map_value '' "$comm")" -gt 1000 ] || fail "the maps were not printed"
	done
done

trace --max-cpu 95 --duration 1.5 -e 'interval:ms:100 { @ = count() }'
[ "$(map_value '')" -ge 12 ] || fail "ended before its time"
! grep -q detached "$err" || fail "detached below the limit"
