# One kernel stack is one row, although run-time statistics are switched on and off meanwhile
# (the kernel then runs programs from another place), and wherever in the script it is taken.
. tests/lib.sh
# Somebody else who attaches to the same tracepoint meanwhile adds a frame: another try.
for try in 1 2 3; do
	trace -f folded -e 'tracepoint:sched:sched_process_fork /pid == cpid/ {
		if (nsecs % 2) { @[kstack] = count() } else { @[kstack] = count() } }' \
		-c "sh -c 'i=0; while [ \$i -lt $(few 2000) ]; do (:); i=\$((i + 1)); done'"
	expect_nothing_lost
	rows=$(grep -c '^[^ ]*;[^ ]* [0-9]*$' "$out")
	[ "$rows" -ne 1 ] || exit 0
	echo "try $try: $rows rows"
done
fail "$rows rows of one stack"
