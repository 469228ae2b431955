# A raw tracepoint that the kernel does not have, unknown beforehand without type information:
# said in one plain line at its place, exit status 1, and what was attached before is gone.
. tests/lib.sh
SONDE_BTF=/no/such/file timeout 20 "$sonde" \
	-e 'rawtracepoint:sys_exit { @ = count() } rawtracepoint:no_such_event { @n = count() }' >"$out" 2>"$err" </dev/null
expect_eq "exit status" $? 1
grep -q '\[hook-missing\]' "$err" || fail "no hook-missing diagnostic"
grep -q 'no_such_event' "$err" || fail "the hook is not named"
! grep -qi 'errno\|ENOENT\|EINVAL' "$err" || fail "a raw errno is shown"
! grep -q '^Attached' "$err" || fail "says Attached"
