# @m[tid] left in the map: printed at exit, cleared and zeroed in END, for every live thread.
. tests/lib.sh
need_root
"$sonde" --dump=maps -e 'tracepoint:syscalls:sys_enter_write { @m[tid] = 1 }' | grep -q 'task storage' ||
	skip "this kernel keeps @m[tid] in a hash"
run() { # END-BLOCK
	trace -e "tracepoint:syscalls:sys_enter_write /args.count == 17/ { @m[tid] = 40 + args.fd }
		interval:ms:300 { exit() } $1" \
		-c 'sh -c "(printf 12345678901234567; sleep 1) >/dev/null & (printf 12345678901234567; sleep 1) >/dev/null & wait"'
}
run ''
expect_eq "threads with a value" "$(grep -cE '^@m\[[0-9]+\]: 41$' "$out")" 2
run 'end { clear(@m) }'
expect_no_line '@m.*'
run 'end { zero(@m) }'
expect_eq "threads with a zero" "$(grep -cE '^@m\[[0-9]+\]: 0$' "$out")" 2
