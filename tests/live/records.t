# JSON: one object a line, of every kind.
. tests/lib.sh

trace --unsafe -f json -e 'begin {
	printf("%d %s\n", 1, "x"); print((1, "y")); time("%Y\n"); cat("/proc/sys/kernel/ostype"); system("echo hello");
	errorf("bad %d", 1); warnf("odd %d", 2);
	@ = 1; @m["a"] = 2; @h = hist(3); @l = lhist(3, 0, 10, 5); @s = stats(4); @a = avg(6); @t = tseries(5, 1s, 2) }'
expect_line '\{"type": "attached_probes", "count": 1, "data": \{"probes": 1\}\}'
expect_line '\{"type": "printf", "data": "1 x\\n"\}'
expect_line '\{"type": "value", "data": \[1,"y"\]\}'
expect_line '\{"type": "time", "data": "20[0-9][0-9]\\n"\}'
expect_line '\{"type": "cat", "data": "Linux\\n"\}'
expect_line '\{"type": "syscall", "data": "hello\\n"\}'
expect_line '\{"type": "errorf", "msg": "bad 1", "filename": "stdin", "line": 3, "col": 2\}'
expect_line '\{"type": "warnf", "msg": "odd 2", "filename": "stdin", "line": 3, "col": [0-9]+\}'
expect_line '\{"type": "map", "data": \{"@": 1\}\}'
expect_line '\{"type": "map", "data": \{"@m": \[\{"key": \["a"\], "value": 2\}\]\}\}'
expect_line '\{"type": "hist", "data": \{"@h": \[\{"min": 2, "max": 3, "count": 1\}\].*\}'
expect_line '\{"type": "hist", "data": \{"@l": .*\}'
expect_line '\{"type": "stats", "data": \{"@s": \{"count": 1, "average": 4, "total": 4\}\}\}'
expect_line '\{"type": "stats", "data": \{"@a": .*\}'
expect_line '\{"type": "tseries", "data": \{"@t": .*\}'
expect_line '\{"type": "lost_events", "data": \{\}\}'
expect_line '\{"type": "cost", "data": \{.*\}\}'

trace -f json -e 'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { join(args.argv); exit() }' -c 'true one two'
expect_line '\{"type": "join", "data": "true one two"\}'
"$sonde" --test -f json -e 'test:good { return 0 } test:bad { return 1 }' >"$out" 2>"$err"
expect_line '\{"type": "test_result", "data": \{.*good.*\}\}'
"$sonde" --bench -f json -e 'bench:some { @ = 1 }' >"$out" 2>"$err"
expect_line '\{"type": "benchmark_result", "data": \{.*some.*\}\}'

# operators and conversions that no other test runs
trace -q -e 'begin { $x = 64; $x >>= 2; printf("%td %d\n", $x, $x--); printf("%d %gr\n", $x, 0xcc0) }'
expect_line '16 16'
expect_line '15 GFP_KERNEL'

trace filetop -C --comm "nobody$$" --json 1 1
expect_line '\{"type": "table", "data": \{"@io": \[\]\}, "keys": \["tid", "comm", "type", "file"\]\}'
