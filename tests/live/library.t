# What each function of the library gives, one case a paragraph: the script, then what it prints.
. tests/lib.sh

check() { # SCRIPT, EXPECTED...
	script=$1
	shift
	trace -q -e "$script"
	printf '%s\n' "$@" >"$TMPDIR/expected"
	diff "$TMPDIR/expected" "$out" || fail "$script"
}

# strings
check 'begin { $s = "hello"; print(strstr("hello", "llo")); print(strstr($s, "lo")); print(strstr($s, "xx"));
	print(strstr($s, "")); print(strstr($s, $s)); print(strstr("abcdefghijklmnop", "nop")) }' 2 3 -1 0 0 13
check 'begin { print(strcontains("abc", "b")); print(strncmp("abx", "aby", 2)); print(strlen("hello")) }' true 0 5
# more rounds of a loop than there are before bpf_loop
kernel_before 5.17 || check 'begin { $s = "abcdefghijklm"; $t = "abcdefghijkXm"; for ($i : 0..16) {
		$d = memcmp($s, $t, $i); if ($i == 11) { @ = $d } else if ($i == 12) { @ += $d }; @n[strncmp($s, $t, $i)]++ }
	print(@); print(@n[0]); print(@n[1]); $m = -1; print(memcmp("abc", "abd", $m)); clear(@); clear(@n) }' '@: 20' 12 4 -1
check 'begin { $s = "hello"; print(memcmp("abc", "abd", 3)); print(memcmp("az", "aa", 2)); print(memcmp($s, "help", 4));
	print(memcmp($s, $s, 5)); print(memcmp("abcdefghijk", "abcdefghizk", 11)); print(memcmp(pton("1.2.3.4"), pton("1.2.9.4"), 4)) }' \
	-1 25 -4 0 -16 -6
check 'begin { $c = "ab"; print(str_concat("a", "b")); print(str_concat($c, str_concat("-", $c)));
	print(strlen(str_concat($c, "xyz"))); @[str_concat($c, "!")] = 1; print(@["ab!"]) ; clear(@) }' ab ab-ab 5 1
check 'begin { print(strlen(comm)); print(strlen(nsecs > 5 ? comm : "longer")); print(str_concat(comm, "!")); print(str_concat("-", comm)) }' \
	5 5 "sonde!" -sonde
check 'begin { print(strcap("hello")); $s = "abc"; print(strcap($s)); print(default_str_length()); print(strcap(pton("::1"))) }' \
	6 4 $(kernel_before 5.11 && echo 240 || echo 1024) 16 # a map's key had 512 bytes before
check 'begin { $e = -2; print(strerror(1)); print(strerror($e)); print(strerror(9999)); printf("%s\n", strerror(0)) }' \
	'Operation not permitted' 'No such file or directory' 'Unknown error' Success
check 'begin { $n = 10; print(signal_name(9)); print(signal_name($n)); print(signal_name(999)) }' \
	Killed 'User defined signal 1' 'Unknown signal'

# buckets: as wide as asked for, also where percentiles want them narrower
check 'begin { @ = hist(100, 2); print(@, "p50"); clear(@) }' \
	'@:' "[96, 112)              1 |$(printf '%052d' 0 | tr 0 @)|" 'p50 100 (percentiles within 6.25%)' ''
check 'begin { @ = lhist(5, 0, 9223372036854775807, 9223372036854775807); print(@); clear(@) }' \
	'@:' "[0, 8E)                1 |$(printf '%052d' 0 | tr 0 @)|" ''

# what a value is
check 'begin { print(is_ptr(curtask)); print(is_ptr(1)); print(is_str("a")); print(is_str(comm)); print(is_str(1)); print(is_literal(1));
	print(is_literal(pid)); print(is_array(pton("1.1.1.1"))); print(is_array(1)); print(is_integer(pid)); print(is_integer("a"));
	print(is_unsigned_integer(pid)); print(is_unsigned_integer((int8)1)) }' \
	true false true true false true false true false true false true false
check 'begin { print(is_err(-1)); print(is_err(-4095)); print(is_err(-4096)); print(is_err(0)); print(is_err(5)) }' \
	true true false false false
check 'begin { print(typeinfo((uint8)1)); print(typeinfo("abc").full_type); print(typeinfo(curtask).base_type) }' \
	'{ .btf_id = 0, .base_type = int, .full_type = uint8 }' 'string[4]' pointer
check 'begin { print(comptime (1 + 2)); print(comptime (probetype == "special")); if (comptime (sizeof(uint32) == 8)) { fail("no") } }' \
	3 true
check 'begin { if (is_str(comm)) { print("text") } else { print(comm + 1) } print(is_ptr(1) ? curtask : 5) }' text 5
check 'begin { static_assert(sizeof(uint32) == 4, "four bytes"); assert_str(comm); print(kfunc_exist("bpf_no_such_kfunc"));
	print(kfunc_allowed("bpf_no_such_kfunc")) }' false false

# tasks
check 'begin { print(pid(init) == pid); print(tid(curr_ns) == tid); print(leader_tid == pid); print(leader_tid(curtask) == pid);
	print(leader_comm == leader_comm(curtask)); print(ppid == ppid(curtask)); print(pcomm == pcomm(curtask)); print(usermode) }' \
	true true true true true true true 1
trace -q -e 'begin { print(ppid); print(comm); print(leader_comm); print(pcomm) }'
expect_eq 'comm, leader_comm, pcomm' "$(sed -n 2,4p "$out" | tr '\n' ' ')" 'sonde sonde timeout '

# maps
check 'begin { @m[1] = 5; let $v = 0; print(find(@m, 2, $v)); print($v); print(find(@m, 1, $v)); print($v); clear(@m) }' \
	false 0 true 5
check 'begin { @s["a"] = "foo"; if (find(@s, "a", $s)) { print($s) } @t[1] = (1, "hello"); if (find(@t, 1, $t)) { print($t.1) }
	@c[7] = count(); if (find(@c, 7, $c)) { print($c) } clear(@s); clear(@t); clear(@c) }' foo hello 1
check 'begin { @m[1] = 5; print(delete(@m, 1)); print(delete(@m, 1)); print(has_key(@m, 1)); print(len(@m)) }' true false false 0

# what ends a run
trace -q -e 'begin { assert(pid > 0, "a pid"); print("went on") }'
expect_eq 'assert that holds' "$(cat "$out")" 'went on'
timeout 20 "$sonde" -q -e 'begin { assert(pid == 0, "no pid"); print("went on") } end { print("end") }' >"$out" 2>"$err"
expect_eq 'status of a failed assert' $? 1
expect_eq 'output of a failed assert' "$(cat "$out")" end
grep -q 'ERROR: assert failed: no pid' "$err" || fail 'the message of assert'
timeout 20 "$sonde" -q -e 'begin { exit(3); print("went on") }' >"$out" 2>"$err"
expect_eq 'status of exit(3)' $? 3
expect_eq 'nothing after exit()' "$(cat "$out")" ''

check 'begin { print(kfunc_exist("bpf_task_from_pid") == kfunc_exist("bpf_task_release")) }' true

# the kernel's variables of each CPU
timeout 20 "$sonde" -q -e 'begin { print(percpu_kaddr("process_counts") != 0); print(percpu_kaddr("process_counts", 100000));
	$r = (struct rq *)percpu_kaddr("runqueues", 0); if ($r != 0) { print($r.cpu) } }' >"$out" 2>"$err"
if [ $? -eq 0 ]; then
	expect_eq percpu_kaddr "$(tr '\n' ' ' <"$out")" 'true 0x0 0 '
else # no symbols of data: one plain line
	grep -q "this kernel does not tell where its variables are\|the kernel's BTF describes no variable" "$err" || fail percpu_kaddr
fi

# another process's name, which only typed programs may ask for, since 6.2
if "$sonde" --dry-run -e 'rawtracepoint:sys_enter { print(comm(1)) }' 2>"$err"; then
	trace -q -e 'rawtracepoint:sys_enter /pid == cpid/ { print((comm(pid(init)), comm(2147483647), comm() == comm)); exit() }' \
		-c 'sleep 5'
	expect_line '\([a-z]+, , true\)'
else
	grep -q 'comm(pid) needs bpf_task_from_pid()' "$err" || fail 'comm(pid)'
fi

# addresses
check 'begin { $x = 5; $p = &$x; print(*$p); $x = 7; print(*$p); @m = 3; $q = &@m; print(*$q); @m = 4; print(*$q); @k[1] = 9;
	print(*(&@k[1])); print(&@k[2] == 0); clear(@m); clear(@k) }' 5 7 3 4 9 true
check 'begin { print(container_of((uint64)4096, struct task_struct, pid) == 4096 - offsetof(struct task_struct, pid));
	$t = container_of((uint64)curtask + offsetof(struct task_struct, se.vruntime), struct task_struct, se.vruntime);
	print($t.tgid == pid) }' true true
check 'begin { print(stack_len(kstack(3))); print(elapsed < 1m); for ($i : 0..3) { @m[$i] = $i; if (find(@m, $i, $v)) { print($v) } }
	clear(@m) }' 3 true 0 1 2

check 'config = { max_strlen = 77; stack_mode = perf } begin { print(config.max_strlen); print(config.stack_mode);
	print(config.str_trunc_trailer); if (config.max_strlen == 77) { print(config.missing_probes) } }' 77 perf .. error

# the arguments of a command, one after the other
trace -q -e 'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { printf("%rs\n", argv(args.argv)) }' -c '/bin/true one two'
expect_line '/bin/true one two'
trace -q -e 'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { printf("%rq\n", argv(args.argv)) }' -c '/bin/true "one two" ""'
expect_line '"/bin/true" "one two" ""'
