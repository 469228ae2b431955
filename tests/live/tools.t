# The tools on workloads of known size, and the flags that every tool has: --pid --tid --comm
# --uid --cgroup --container --duration --top --json --format --by; and a link of a tool's name.
. tests/lib.sh
need_root
own writers

"$sonde" tools >"$out" 2>"$err" || fail 'sonde tools'
for tool in execsnoop opensnoop biolatency runqlat syscount tcplife; do
	expect_line "$tool +[a-zA-Z].*"
	"$sonde" $tool --help >"$TMPDIR/help" 2>"$err" || fail "$tool --help"
	for flag in pid comm uid cgroup container duration json format; do
		grep -q -e "--$flag" "$TMPDIR/help" || fail "$tool --help has no --$flag"
	done
	ln -sf "$(realpath "$sonde")" "$TMPDIR/$tool"
	"$TMPDIR/$tool" --help | cmp -s - "$TMPDIR/help" || fail "a link $tool is not the tool"
done

# syscount: names and exact numbers, however they are grouped, filtered and printed
trace syscount --comm "$comm" --cmd "$own -p 2 -n 1000"
expect_line 'write +2000'
trace syscount --comm "$comm" --top 1 --cmd "$own -n 1000"
expect_eq 'syscount --top 1: rows' "$(grep -cE '^[a-z_0-9]{2,} {3,}[0-9]+$' "$out")" 1
expect_line 'write +1000'
trace syscount --comm "$comm" --by pid,syscall --json --cmd "$own -p 3 -n 1000"
expect_eq 'syscount --by pid,syscall' "$(grep -o '{"key": \[[0-9]*,"write"\], "value": 1000}' "$out" | sort -u | wc -l)" 3
trace syscount --comm "$comm" --format json --cmd "$own -n 1000"
grep -q '{"key": \["write"\], "value": 1000}' "$out" || fail 'syscount --format json'
trace syscount --comm "no-such-comm" --cmd "$own -n 1000"
expect_no_line 'write .*'

# A tool says in its own words that it is attached.
tool_start() { trace_start_saying '^Tracing' "$@"; }

# --pid, --tid, --uid: two that run meanwhile, one of them wanted
mkfifo "$TMPDIR/go"
exec 9<>"$TMPDIR/go"
two() { # ARGUMENTS-OF-SYSCOUNT, with PID for the one that is wanted
	"$own" -w -n 500 <&9 >"$TMPDIR/one" &
	one=$!
	setpriv --reuid 65534 --clear-groups "$nobody" -w -n 700 <&9 >"$TMPDIR/other" &
	other=$!
	started_pids="$started_pids $one $other"
	wait_for 5 grep -q READY "$TMPDIR/one" && wait_for 5 grep -q READY "$TMPDIR/other" || fail 'no targets'
	tool_start $(echo "$*" | sed "s/PID/$one/")
	printf gg >&9
	wait $one
	wait $other
	kill -0 $tracer 2>/dev/null && kill -s INT $tracer
	wait $tracer
	expect_eq "$*: status" $? 0
}
nobody=/tmp/nobody$$
trap 'rm -f "$nobody"; stop_all' EXIT
cp "$own" "$nobody" && chmod 755 "$nobody"
command -v setpriv >/dev/null || skip 'no setpriv'
two syscount --pid PID
expect_line 'write +500'
two syscount --tid PID
expect_line 'write +500'
two syscount --uid nobody --comm "nobody$$"
expect_line 'write +700'
two syscount --uid 65534 --comm "nobody$$"
expect_line 'write +700'

# --cgroup, where there is a v2 hierarchy that we may add to
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ "$root" ] && mkdir "$root/sonde-test-$$" 2>/dev/null; then
	trap 'stop_all; rm -f "$nobody"; rmdir "$root/sonde-test-$$"' EXIT
	tool_start syscount --comm "$comm" --cgroup "$root/sonde-test-$$"
	sh -c 'echo $$ >"$1/cgroup.procs"; exec "$2" -n 900' - "$root/sonde-test-$$" "$own" >"$TMPDIR/one"
	"$own" -n 300 >"$TMPDIR/other"
	trace_stop
	expect_line 'write +900'
fi
for bad in '--cgroup /no/such' '--container nosuch' '--uid nosuchuser' '--by nosuch'; do
	"$sonde" syscount $bad >"$out" 2>"$err"
	expect_eq "$bad: status" $? 1
	expect_eq "$bad: one line" "$(wc -l <"$err")" 1
done

# --duration
before=$(date +%s%N)
trace runqlat --duration 0.5 --comm "$comm"
took=$((($(date +%s%N) - before) / 1000000))
[ $took -ge 500 ] && [ $took -lt $((2500 * ${SONDE_SLOW:-1})) ] || fail "--duration 0.5 took $took ms"

# What is under somebody else's process and not known of it is refused in one line.
"$sonde" tcplife --tid 5 >"$out" 2>"$err"
expect_eq 'tcplife --tid: status' $? 1
grep -q 'tcplife has no --tid' "$err" || fail 'tcplife --tid: not refused'

# opensnoop and execsnoop: each open, each program
trace opensnoop --comm cat --cmd 'cat /etc/hostname /no/such/file' 2>/dev/null
expect_line '[0-9]+ +cat +[0-9]+ +0 /etc/hostname'
expect_line '[0-9]+ +cat +-1 +2 /no/such/file'
trace opensnoop --comm cat --json --cmd 'cat /etc/hostname'
expect_line '\{"type": "row", "data": \{"pid": [0-9]+, "comm": "cat", "fd": [0-9]+, "err": 0, "path": "/etc/hostname"\}\}'
trace execsnoop -t --comm "$comm" --cmd "sh -c '$own -n 1; $own -n 2'"
expect_eq 'execsnoop' "$(grep -cE "^[0-9.]+ +$comm +[0-9]+ +[0-9]+ +0 $own -n [12]\$" "$out")" 2

# runqlat: four on one CPU wait for each other, although nobody else shows
trace runqlat --comm "$comm" --json --cmd "$own -p 4 -c 0 -n 100000"
[ "$(grep -o '"count": [0-9]*' "$out" | awk '{ n += $2 } END { print n + 0 }')" -ge 4 ] || fail 'nobody waited'
grep -q '"unit": "usecs"' "$out" || fail 'runqlat: no unit'

# biolatency, where there is a disk: fifty direct writes
if dd if=/dev/zero of="$TMPDIR/block" bs=64k count=1 oflag=direct 2>/dev/null; then
	trace biolatency --comm dd --json --cmd "dd if=/dev/zero of=$TMPDIR/block bs=64k count=50 oflag=direct status=none"
	ios=$(sed -n '/"@latency"/p' "$out" | grep -o '"count": [0-9]*' | awk '{ n += $2 } END { print n + 0 }')
	case $(stat -f -c %T "$TMPDIR") in
	tmpfs | ramfs | overlayfs) ;;
	*)
		[ "$ios" -ge 50 ] || fail "biolatency saw $ios of 50 writes"
		start sh -c "for i in 1 2 3 4 5 6 7 8; do
			dd if=/dev/zero of='$TMPDIR/block' bs=64k count=10 oflag=direct status=none; sleep 0.2; done"
		trace biolatency -mT 1 1
		expect_line '     msecs               : count     distribution'
		expect_line '[0-9][0-9]:[0-9][0-9]:[0-9][0-9]' ;;
	esac
fi

# tcplife: both ends of one session
if command -v python3 >/dev/null; then
	session_of 50000
	trace tcplife --comm python3 --json --cmd "python3 $TMPDIR/session.py"
	expect_eq 'tcplife: ends' "$(grep -c '"type": "row".*"comm": "python3".*"laddr": "127.0.0.1"' "$out")" 2
fi
