# Tools that tell of interrupts, work queues, kernel locks, new processes and terminals. What
# belongs to no process is compared with the kernel's own counters of the same time.
. tests/lib.sh
need_root
own tasks

# softirqs: of each kind no more than the kernel counted around it, and nearly as many
counted() { awk -v want="$1:" '$1 == want { n = 0; for (i = 2; i <= NF; i++) n += $i; print n }' /proc/softirqs; }
before=$(counted TIMER)
trace softirqs -C 2 1
after=$(counted TIMER)
seen=$(sed -n 's/^timer  *\([0-9]*\)$/\1/p' "$out")
[ "${seen:-0}" -gt 0 ] && [ "$seen" -le $((after - before)) ] || fail "softirqs: $seen of $((after - before)) timers"
trace softirqs 1 1
expect_line 'SOFTIRQ +TOTAL_usecs'
expect_line 'timer +[0-9]+'
trace softirqs -dN --by softirq,cpu 1 1
grep -q '^softirq = timer, cpu = [0-9]' "$out" || fail 'softirqs -d: no timer'
grep -q '     nsecs  *: count     distribution' "$out" || fail 'softirqs -N: no nanoseconds'
trace softirqslower 0 --duration 1
grep -Eq '^[0-9:]+ softirq +timer +[0-9]+ [0-9]+ *$' "$out" || fail 'softirqslower: no timer'
grep -Eq '^[0-9:]+ raise to softirq +[a-z_]+ +[0-9]+ [0-9]+ *$' "$out" || fail 'softirqslower: nothing raised'

# hardirqs: the disk's, by its writes
if dd if=/dev/zero of="$TMPDIR/block" bs=64k count=1 oflag=direct 2>/dev/null; then
	case $(stat -f -c %T "$TMPDIR") in
	tmpfs | ramfs | overlayfs) ;;
	*)
		trace hardirqs -C --cmd "dd if=/dev/zero of=$TMPDIR/block bs=4k count=100 oflag=direct status=none"
		[ "$(awk 'NF == 2 && $2 ~ /^[0-9]+$/ { n += $2 } END { print n + 0 }' "$out")" -gt 0 ] ||
			fail 'hardirqs: no interrupt of a disk'
		trace hardirqs --cmd "dd if=/dev/zero of=$TMPDIR/block bs=4k count=100 oflag=direct status=none"
		expect_line 'HARDIRQ +TOTAL_usecs' ;;
	esac
fi

# wqlat: something is always queued; of one queue only that one
trace wqlat -W 2 1
grep -q '^wq = ' "$out" || fail 'wqlat: no work'
trace wqlat -w no_such_queue 1 1
expect_no_line '.*distribution.*'

# klockstat: 8 threads that map and unmap memory at once wait for their memory's lock
if command -v python3 >/dev/null && tool_is_here klockstat; then
	cp "$(readlink -f "$(command -v python3)")" "$TMPDIR/lock$$"
	cat >"$TMPDIR/locks.py" <<-E
		import ctypes, threading
		libc = ctypes.CDLL(None, use_errno=True)
		libc.mmap.restype = ctypes.c_void_p
		libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
		def work():
		    for i in range($(few 20000)):
		        p = libc.mmap(None, 1 << 14, 3, 0x8022, -1, 0)
		        libc.munmap(p, 1 << 14)
		threads = [threading.Thread(target=work) for _ in range(8)]
		for t in threads: t.start()
		for t in threads: t.join()
	E
	if "$TMPDIR/lock$$" -c 'import ctypes' 2>/dev/null; then
		trace klockstat --by-lock -M --comm "lock$$" --cmd "$TMPDIR/lock$$ $TMPDIR/locks.py"
		grep -Eq '^0x[0-9a-f]+ +rwsem +[0-9.]+ +[0-9]+ +[0-9.]+$' "$out" || fail 'klockstat: nobody waited for the memory'
		trace klockstat --by kstack -M -c 'm(un)?map' --comm "lock$$" --cmd "$TMPDIR/lock$$ $TMPDIR/locks.py"
		grep -q '^@wait\[' "$out" || fail 'klockstat -c: nobody'
		trace klockstat -M -c no_such_function --comm "lock$$" --cmd "$TMPDIR/lock$$ $TMPDIR/locks.py"
		! grep -q '^@wait\[' "$out" || fail 'klockstat -c: others'
		trace klockstat -P --comm "lock$$" --cmd "$TMPDIR/lock$$ $TMPDIR/locks.py"
		grep -Eq "^[0-9]+ +lock$$ +[0-9.]+ +[0-9]+ +[0-9.]+\$" "$out" || fail 'klockstat -P: no thread'
	fi
fi

# pidpersec: fifty in a second, of one shell
cat >"$TMPDIR/many" <<'E'
sleep 0.3
for i in 1 2 3 4 5 6 7 8 9 10; do (:); (:); (:); (:); (:); done
sleep 1.5
E
cp "$(readlink -f "$(command -v sh)")" "$TMPDIR/sh$$"
trace pidpersec --comm "sh$$" --cmd "$TMPDIR/sh$$ $TMPDIR/many"
expect_eq 'pidpersec' "$(sed -n 's/.*PIDs\/sec: //p' "$out" | awk '{ n += $1 } END { print n }')" 52

# slabratetop, loads; cpufreq, compaction, reclaim, NUMA run, whether there is something to tell or not
trace slabratetop --comm "$comm" --cmd "$own thread 20"
expect_line 'CACHE +ALLOCS +BYTES'
expect_line 'task_struct +[2-9][0-9] +[0-9]+'
trace loads 1 1
expect_line '[0-9:]+ load averages: [0-9.]+ [0-9.]+ [0-9.]+ [0-9]+/[0-9]+ [0-9]+'
if tool_is_here numamove; then
	trace numamove --duration 1.5
	expect_line '[0-9:]+ +[0-9]+ +[0-9]+'
fi
for tool in cpufreq compactsnoop drsnoop numasched; do
	tool_is_here $tool || continue
	trace $tool --duration 0.3 --json
done

# ttysnoop: three lines, each of a program of its own
if command -v script >/dev/null; then
	cat >"$TMPDIR/lines" <<-E
		tty >$TMPDIR/tty
		while [ ! -e $TMPDIR/go ]; do sleep 0.1; done
		/bin/echo $(head -c 3000 /dev/zero | tr '\0' x)
		for i in 1 2 3; do /bin/echo "line \$i"; done
		sleep 30
	E
	script -qc "sh $TMPDIR/lines" /dev/null >/dev/null 2>&1 </dev/null &
	started_pids="$started_pids $!"
	wait_for 5 test -s "$TMPDIR/tty" || fail 'no terminal'
	trace_start ttysnoop "$(cat "$TMPDIR/tty")"
	: >"$TMPDIR/go"
	wait_for 5 grep -q 'line 3' "$out" || fail 'ttysnoop: not three lines'
	trace_stop
	expect_eq 'ttysnoop' "$(grep -c '^line [123]' "$out")" 3
	grep -q "^x\{3000\}" "$out" || fail 'ttysnoop: a long line is cut'
fi

# What this machine lacks is said in one line.
for tool in llcstat modsnoop; do
	if ! "$sonde" $tool --dry-run >"$out" 2>"$err"; then
		expect_eq "$tool: lines" "$(wc -l <"$err")" 1
		expect_line "sonde: $tool needs [a-z]+:[a-z:_-]+, which this kernel does not offer" "$err"
	fi
done
