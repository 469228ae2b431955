# A string of a program that is empty is that, and no loss: kernels before 6.15 say 0 of it.
. tests/lib.sh
need_root
comm=sh$$
cp "$(readlink -f "$(command -v sh)")" "$TMPDIR/$comm"
trace -e 'tracepoint:syscalls:sys_enter_openat, tracepoint:syscalls:sys_enter_open /comm == str($1)/ {
	$name = str(args.filename);
	if (strlen($name) == 0) { @empty[$name] = count() }
}' "$comm" -c "$TMPDIR/$comm -c '(: <\"\"); (: <\"\"); (: <\"\")'" 2>/dev/null
expect_line '@empty\[\]: 3'
expect_nothing_lost
