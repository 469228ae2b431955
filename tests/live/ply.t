# ply's programs, of 2017 and of today: exact counts, and results in ply's form.
. tests/lib.sh
need_root
own writers
writers=$own
name=$comm
ply() { trace ply "$@"; }
# What is traced runs beside it, and once.
ply_once() { timeout $((30 * ${SONDE_SLOW:-1})) "$sonde" ply "$@" >>"$out" 2>>"$err" </dev/null; }

# the two of 2017, as they were typed
empty_output
ply_once -c 'kprobe:do_sys_open /strcmp(comm, "cat") == 0/ { printf("opened: %s\n", mem(arg(1), "128s")); }' -t 3 &
ply_pid=$!
wait_for 10 grep -q 'active$' "$err" || fail 'not attached'
cat /etc/hostname >"$TMPDIR/said"
wait $ply_pid || fail 'the first of 2017'
expect_line '1 probe active|[2-4] probes active' "$err"
expect_line 'opened: /etc/hostname'
: >"$err"
ply_once -A -t 3 -c "kprobe:SyS_write /comm == \"$name\"/ { @start[tid] = nsecs; } kretprobe:SyS_write /@start[tid]/ { @ns.quantize(nsecs - @start[tid]); @start[tid] = nil; }" &
ply_pid=$!
wait_for 10 grep -q 'active$' "$err" || fail 'not attached'
"$writers" -p 2 -n 1000 >"$TMPDIR/said"
wait $ply_pid || fail 'the second of 2017'
expect_line '2 probes active' "$err"
expect_line 'de-activating probes' "$err"
expect_line '@ns:'
expect_eq 'rows' "$(grep -cE '^	(\[[ 0-9kM]{4}, [ 0-9kM]{4}[])]	 *[0-9]+ \|#* *\||\.\.\.)$' "$out")" "$(grep -c '^	' "$out")"
expect_all 'latencies' "$(awk -F '[]|)]' '/^	\[/ { n += $2 } END { print n + 0 }' "$out")" 2000
expect_eq 'the largest has 32 cells' "$(grep -c '|################################|' "$out")" 1

# today's, with and without kprobes; the command of -c; exact from several processes at once
ply -c "$writers -p 3 -n 1000" "kprobe:__x64_sys_write / comm == \"$name\" / { start[kpid] = time; @n[comm, arg2] = count; }
	kretprobe:__x64_sys_write / start[kpid] / { @ns[0] = quantize(time - start[kpid]); delete start[kpid]; }"
! grep -v '^LOST: ' "$err" || fail 'today it says nothing'
expect_nothing_lost
expect_all 'writes' "$(sed -n "s/^{ $name, 1 *}: //p" "$out")" 3000
expect_all 'latencies' "$(awk -F '[]|)]' '/^	\[/ { n += $2 } END { print n + 0 }' "$out")" 3000
ply -c "$writers -p 2 -n 1000" "tracepoint:syscalls/sys_enter_write { start[kpid] = time }
	tracepoint:syscalls/sys_exit_write / start[kpid] && comm == \"$name\" / # two of them
	{ @ns[0] = quantize(time - start[kpid]); @bytes[execname] = sum(data->ret); delete start[kpid] }"
expect_all 'by tracepoint' "$(awk -F '[]|)]' '/^	\[/ { n += $2 } END { print n + 0 }' "$out")" 2000
expect_all 'bytes' "$(sed -n "s/^{ $name *}: //p" "$out")" 2000
ply -c 'cat /etc/hostname' 'kprobe:do_sys_openat2 / comm == "cat" / { printf("opened: %s\n", str(uptr(arg1))); }'
expect_line 'opened: /etc/hostname'
ply -c "$writers -n 10" "tracepoint:sched/sched_process_exec / !strcmp(comm, \"$name\") / { printf(\"%v %s\\n\", dyn(data->filename), execname); }"
expect_line "$writers $name"

# statements of both, values by buckets, the end
ply 'BEGIN { x = 5; if (x > 4) @m[x] = 1; else @m[0] = 1; printf("%d%%\n", x) } BEGIN { @q[1] = quantize(0); @q[1] = quantize(1000);
	@q[1] = quantize(1500); @q[1] = quantize(1600); @l.quantize(0 - 5); exit }'
expect_line '5%'
expect_line '\{ 5 +\}: 1'
expect_line '	\[   0,    1\]	       1 \|(█)+ +\|'
expect_line '	\[ 512,   1k\)	       1 \|(█)+ +\|'
expect_line '	\[  1k,   2k\)	       2 \|(█){32}\|'
expect_line '	 +< 0	       1 \|(█){32}\|'
expect_line '	\.\.\.'
"$sonde" ply 'BEGIN { exit(7) }' >"$out" 2>"$err"
expect_eq 'exit status' $? 7
ply -t 0.5 'interval:100ms { @n.count } profile:50hz { @c.count }'
ply --json 'BEGIN { @[pid == 0] = count; exit }'
expect_line '\{"type": "map", .*'

# a file; a link of the name
printf '# counts\nBEGIN { @[1] = count; exit; }\n' >"$TMPDIR/program.ply"
ln -sf "$(realpath "$sonde")" "$TMPDIR/ply"
"$TMPDIR/ply" "$TMPDIR/program.ply" >"$out" 2>"$err" || fail 'a link ply'
expect_line '\{ 1 +\}: 1'
"$TMPDIR/ply" -v >"$out" || fail 'ply -v'
expect_line 'ply 2\..*'
"$TMPDIR/ply" "$TMPDIR/program.ply -" >"$out" 2>"$err" && fail 'no program, no file'
"$sonde" ply --help >"$out" || fail 'ply --help'
expect_line 'Examples:'
