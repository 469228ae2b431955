# Forms that bpftrace's documents show, run: one block for probes whose arguments are laid out
# differently, args as a value, the rest of a parameter, units of sub-buckets, tests that print only
# when they fail; and 10000 functions behind one wildcard, each hit once.
. tests/lib.sh
need_root
own compat

trace -e 'tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat /pid == cpid/
	{ @[str(args.filename)] = count() }' -c "$own opens"
expect_eq "one block, two layouts" "$(map_value '' /nonexistent/file)" 1

trace -e 'tracepoint:syscalls:sys_enter_write /pid == cpid && args.count == 8/ { @ = args; print(args) }' -c "$own writes"
expect_line '{ .__syscall_nr = 1, .fd = [0-9]*, .buf = 0x[0-9a-f]*, .count = 8 }'
expect_line '@: { .__syscall_nr = 1, .*, .count = 8 }'

trace -e 'begin { printf("%s %s %s.\n", str($1), str($1 + 2), str($1 + 9)); @ = hist(2040, 1) }' hello
expect_line 'hello llo \.'
expect_line '.1536, 2K. .*'

"$sonde" bpftrace --test -e 'test:good { print("hidden") } test:bad { print("shown"); return 1 }' >"$out" 2>"$err"
expect_eq "a test failed" $? 1
expect_line shown
! grep -q hidden "$out" || fail "what a test prints that passes is shown"

own many_functions
# Before 6.6 they are attached one by one.
some='*' count=10000
[ "${SONDE_SLOW:-1}" -eq 1 ] || ! kernel_before 6.6 || some='01*' count=100
trace -e "uprobe:$own:many_$some { @calls = count(); @[probe] = count() }" -c "$own"
expect_eq "calls" "$(map_value calls)" $count
expect_eq "probes" "$(grep -c '^@\[uprobe:.*many_[0-9]*\]: 1$' "$out")" $count
