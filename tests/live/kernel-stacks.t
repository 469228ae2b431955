# One kernel stack is one row, although run-time statistics are switched on and off meanwhile
# (the kernel then runs programs from another place), and wherever in the script it is taken.
. tests/lib.sh
own storm
# Somebody else who attaches to the same tracepoint meanwhile adds a frame: another try.
for try in 1 2 3; do
	trace -f folded -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
		if (nsecs % 2) { @[kstack] = count() } else { @[kstack] = count() } @all = count() }' \
		"$comm" -c "$own -m 1500"
	expect_nothing_lost
	rows=$(grep -c '^[^ ]*;[^ ]* [0-9]*$' "$out")
	[ "$rows" -ne 1 ] || exit 0
	echo "try $try: $rows rows"
done
fail "$rows rows of one stack"
