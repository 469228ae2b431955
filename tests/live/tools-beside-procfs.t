# Tools beside what the kernel itself counts for a process, a network or the machine: time on a CPU
# and in the queue (schedstat), segments sent again, connections refused (snmp), interrupts.
. tests/lib.sh
need_root
[ -x /usr/bin/python3 ] || skip 'no python3'
[ -r /proc/self/schedstat ] || skip 'no schedstat here'
comm=loop$$
# Two loops on CPU 0, each for so many ms of its own time, under the name from their first moment to
# their last one; what schedstat says of that goes to files: ns on the CPU, ns in the queue. The one
# that starts them has the name meanwhile, and a line of its own.
cat >"$TMPDIR/loops.py" <<-'E'
	import os, sys, time
	def stat(pid): return [int(n) for n in open("/proc/%d/schedstat" % pid).read().split()[:2]]
	def call_me(name): open("/proc/self/comm", "w").write(name)
	def say(file, values): open(sys.argv[2] + file, "w").write("%d %d\n" % tuple(values))
	def loop():
	    os.sched_setaffinity(0, {0})
	    end = time.process_time() + float(sys.argv[3]) / 1000
	    while time.process_time() < end: pass
	    os._exit(0)
	call_me(sys.argv[1])
	before = stat(os.getpid())
	children = [os.fork() or loop() for _ in range(2)]
	after = stat(os.getpid())
	call_me("parent")
	open(sys.argv[4], "w").write("|".join(str(child) for child in children))
	say("parent", [a - b for a, b in zip(after, before)])
	for child in children:
	    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
	    say(str(children.index(child)), stat(child))
E
work="/usr/bin/python3 $TMPDIR/loops.py $comm $TMPDIR/stat- $(few 250) $TMPDIR/loops"
measured() { # COLUMN [WHOSE]: us
	cat "$TMPDIR"/stat-${2:-*} | awk -v c="$1" '{ n += $c } END { printf "%d\n", n / 1000 }'
}
# The sum of a histogram of microseconds lies between what its buckets allow; an eighth for what
# came before and after the loop.
within() { # TOOL US
	grep -o '"min": [0-9]*, "max": [0-9]*, "count": [0-9]*' "$out" | tr -d , |
		awk -v tool="$1" -v us="$2" '{ n += $6; low += $2 * $6; high += ($4 + 1) * $6 }
			END {
				printf "%s: %d times, %d to %d us; schedstat: %d us\n", tool, n, low, high, us
				exit !(low <= us * 9 / 8 + 2000 && high >= us * 7 / 8 - 2000 && us > 0)
			}' || fail "$1: not what schedstat says"
}
trace runqlat --comm "$comm" --json --cmd "$work"
within runqlat "$(measured 2)"
trace cpudist --comm "$comm" --json --cmd "$work"
within cpudist "$(measured 1)"
trace runqslower --comm "$comm" --json --cmd "$work" 0
sed -n 's/^{"type": "row".*"lat_us": \([0-9]*\).*/\1/p' "$out" |
	awk -v us="$(measured 2)" '{ n += $1 } END {
		printf "runqslower: %d us; schedstat: %d us\n", n, us
		exit !(n <= us * 9 / 8 + 2000 && n >= us * 7 / 8 - 2000) }' || fail 'runqslower: not what schedstat says'

trace profile -f -F 997 --comm "$comm" --cmd "$work"
samples=$(awk -v c="$comm;" 'index($0, c) == 1 { n += $NF } END { print n + 0 }' "$out")
skipped=$(sed -n 's/^LOST: \([0-9]*\) samples skipped.*/\1/p' "$err")
awk -v n="$samples" -v skipped="${skipped:-0}" -v us="$(measured 1)" 'BEGIN {
	printf "profile: %d samples at 997 Hz, %d skipped; schedstat: %d us\n", n, skipped, us
	exit !(n * 1e6 / 997 <= us * 9 / 8 + 10000 && (n + skipped) * 1e6 / 997 >= us * 6 / 8 - 10000) }' ||
	fail 'profile: not what schedstat says'
if tool_is_here tsa; then
	trace tsa --comm "$comm" --json --cmd "$work"
	# not of the one that has another name by then: its state is that of the moment when it had this one
	grep -E "^\{\"type\": \"row\".*\"pid\": ($(cat "$TMPDIR/loops"))," "$out" >"$TMPDIR/rows"
	mv "$TMPDIR/rows" "$out"
	for column in run:1 runq:2; do
		sed -n "s/^{\"type\": \"row\".*\"${column%:*}_ms\": \([0-9.]*\).*/\1/p" "$out" |
			awk -v us="$(measured "${column#*:}" '[01]')" -v what="${column%:*}" '{ ms += $1 } END {
				printf "tsa: %s %.1f ms; schedstat: %d us\n", what, ms, us
				exit !(ms * 1000 <= us * 9 / 8 + 4000 && ms * 1000 >= us * 7 / 8 - 4000) }' ||
			fail 'tsa: not what schedstat says'
	done
fi

# loads: what /proc/loadavg says before or after it
before=$(cut -d ' ' -f 1-3 /proc/loadavg)
trace loads 1 1
after=$(cut -d ' ' -f 1-3 /proc/loadavg)
said=$(sed -n 's/.*load averages: \([0-9.]* [0-9.]* [0-9.]*\) .*/\1/p' "$out")
[ "$said" = "$before" ] || [ "$said" = "$after" ] || fail "loads: $said; /proc/loadavg: $before, then $after"

# tcpretrans in a network of its own: as many as the kernel has counted there
if unshare -n true 2>/dev/null && command -v ip >/dev/null; then
	cat >"$TMPDIR/lose.py" <<-'E'
		import os, socket, sys, time
		os.system("ip link set lo up")
		def sent_again():
		    names, values = [line.split() for line in open("/proc/self/net/snmp") if line.startswith("Tcp:")]
		    return int(values[names.index("RetransSegs")])
		server = socket.socket()
		server.bind(("127.0.0.1", 0))
		server.listen(3)
		client = socket.create_connection(server.getsockname())
		accepted, _ = server.accept()
		os.system("ip link set lo down")
		client.send(b"x" * 1000)
		deadline = time.monotonic() + 10
		while sent_again() < 2 and time.monotonic() < deadline: time.sleep(0.05)
		os.system("ip link set lo up")
		accepted.recv(1000)
		client.close(); accepted.close()
		open(sys.argv[1], "w").write("again=%d port=%d\n" % (sent_again(), server.getsockname()[1]))
	E
	trace tcpretrans --json --cmd "unshare -n /usr/bin/python3 $TMPDIR/lose.py $TMPDIR/said"
	. "$TMPDIR/said"
	expect_eq 'tcpretrans: segments sent again' "$(grep -c "^{\"type\": \"row\".*\"rport\": $port,.*" "$out")" "$again"
	echo "tcpretrans: $again"

	# tcpdrop: connections to where nobody listens, each of them answered with a reset
	cat >"$TMPDIR/refused.py" <<-'E'
		import os, socket, sys
		os.system("ip link set lo up")
		for i in range(7):
		    s = socket.socket()
		    assert s.connect_ex(("127.0.0.1", 77)) != 0
		names, values = [line.split() for line in open("/proc/self/net/snmp") if line.startswith("Tcp:")]
		open(sys.argv[1], "w").write("resets=%s\n" % values[names.index("OutRsts")])
	E
	if tool_is_here tcpdrop; then
		trace tcpdrop --no-stack --json --cmd "unshare -n /usr/bin/python3 $TMPDIR/refused.py $TMPDIR/said"
		. "$TMPDIR/said"
		expect_eq 'tcpdrop: refused' "$(grep '"daddr": "127.0.0.1", "dport": 77, ' "$out" | grep -c '"flags": "S"')" "$resets"
		echo "tcpdrop: $resets"
	fi
fi

# hardirqs: of the disk no more than /proc/interrupts has counted meanwhile
case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) exit 0 ;; esac
dd if=/dev/zero of="$TMPDIR/block" bs=64k count=1 oflag=direct 2>/dev/null || exit 0
interrupts() { awk '{ n = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print $NF, n }' /proc/interrupts; }
interrupts >"$TMPDIR/before"
trace hardirqs -C --cmd "dd if=/dev/zero of=$TMPDIR/block bs=4k count=200 oflag=direct status=none"
interrupts >"$TMPDIR/after"
awk 'FILENAME ~ /before$/ { before[$1] = $2; next }
	FILENAME ~ /after$/ { came[$1] = $2 - before[$1]; next }
	NF == 2 && $2 ~ /^[0-9]+$/ && $1 in came {
		if ($2 > came[$1]) { print $1 ": " $2 " of " came[$1]; bad = 1 }
		seen += $2; all += came[$1]
	}
	END { printf "hardirqs: %d of %d\n", seen, all; exit bad || seen < 100 }' "$TMPDIR/before" "$TMPDIR/after" "$out" ||
	fail 'hardirqs: not what /proc/interrupts says'
