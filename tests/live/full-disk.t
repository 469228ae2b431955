# Results that cannot be written end the run, are told in one line, and the exit status is not 0.
. tests/lib.sh

[ -c /dev/full ] || skip 'no /dev/full'
says='cannot write /dev/full: '

# refused ARGUMENTS...: long before its time is over
refused() {
	timeout $((20 * ${SONDE_SLOW:-1})) "$sonde" "$@" >"$out" 2>"$err" </dev/null
	expect_eq "status of $*" $? 1
	expect_eq "lines about $*" "$(grep -c "$says" "$err")" 1
}

refused -o /dev/full -e 'interval:ms:10 { printf("x\n") }'
refused -o /dev/full -B line -e 'interval:ms:10 { printf("x\n") }'
refused -o /dev/full -f json -e 'interval:ms:10 { printf("x\n") }'
refused -o /dev/full -e 'BEGIN { printf("x\n"); exit() }'
refused -o /dev/full --duration 1 -e 'interval:ms:100 { @ = count() }'
refused -o /dev/full -f svg --duration 1 -e 'interval:ms:100 { @ = hist(5); print(@) }'
refused bpftrace -o /dev/full -e 'interval:ms:10 { printf("x\n") }'
refused strace -o /dev/full true
refused strace -c -o /dev/full true
says='cannot write standard output: '
timeout 20 "$sonde" -e 'interval:ms:10 { printf("x\n") }' >/dev/full 2>"$err"
expect_eq 'status' $? 1
grep -q "$says" "$err" || fail 'not told'
