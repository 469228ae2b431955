# Two stacks with one hash: the second is not taken for the first, and it is counted.
. tests/lib.sh
need_root
[ "$(uname -m)" = x86_64 ] || skip 'the frames are made for x86-64'
own collide

trace -e "tracepoint:syscalls:sys_enter_getppid /comm == \"$comm\"/ { @[ustack(fp)] = count(); @calls++ }" -c "$own 5"
expect_eq calls "$(map_value calls)" 10
expect_eq 'one is kept' "$(grep -c '0x401000' "$out")" 1
expect_no_line '.*0xa54ff53a5f5d46f1'
expect_eq 'the other is none' "$(grep -A1 '^@\[$' "$out" | grep -c '^]: 5$')" 1
expect_line 'LOST: 5 stacks not kept: .*' "$err"

trace --json -e "tracepoint:syscalls:sys_enter_getppid /comm == \"$comm\"/ { @[ustack(fp)] = count() }" -c "$own 5"
expect_eq 'in JSON' "$(lost stack_collision)" 5
