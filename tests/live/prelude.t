# file_of() and sock_of(): what a descriptor of the current process stands for; nothing for a
# number that is none of them; and a script's own of the name take their place.
. tests/lib.sh
need_root
comm=dd$$ own=$TMPDIR/dd$$
cp "$(command -v dd)" "$own" || skip "no dd"
[ -r /proc/version ] || skip 'no /proc'

trace -e "tracepoint:syscalls:sys_enter_read /comm == \"$comm\"/ {
	@[str(file_of(args.fd)->f_path.dentry->d_name.name)] = count()
}
tracepoint:syscalls:sys_enter_close /comm == \"$comm\"/ {
	@known[file_of(args.fd) != 0] = count();
	@behind[file_of(-1) != 0 || file_of(1048575) != 0] = count()
}" -c "$own if=/proc/version bs=4096 of=/dev/null status=none"
expect_line '^@\[version\]: 2$'
expect_line '^@known\[true\]: [0-9]*$'
expect_line '^@behind\[false\]: [0-9]*$'
expect_no_line '^@known\[false\]'
expect_no_line '^@behind\[true\]'
expect_nothing_lost

trace -e 'macro file_of(fd) { fd + 1 } fn sock_of($fd : int64) : int64 { return $fd + 2; }
	BEGIN { print((file_of(40), sock_of(40))) }'
expect_line '\(41, 42\)'
