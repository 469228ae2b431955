# Tools that tell how long something took beside the log of a program that times each of its own
# calls: as many, of the same size, in the same order, none longer than the program waited for it,
# and in all not much shorter.
. tests/lib.sh
need_root
[ -x /usr/bin/python3 ] || skip 'no python3'
case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) skip 'no disk under TMPDIR' ;; esac
comm=clock$$
dd if=/dev/zero of="$TMPDIR/data" bs=1M count=16 conv=fsync status=none
# Reads past the page cache, syncs and naps; a line each: what, how many bytes, ns
cat >"$TMPDIR/log.py" <<-'E'
	import mmap, os, sys, time
	open("/proc/self/comm", "w").write(sys.argv[1])
	log = []
	def timed(what, size, call):
	    begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
	    call()
	    log.append("%s %d %d" % (what, size, time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begin))
	fd = os.open(sys.argv[2], os.O_RDWR | os.O_DIRECT)
	room = mmap.mmap(-1, 65536)
	for i in range(40):
	    size = 4096 * (1 + i % 5)
	    timed("read", size, lambda: os.preadv(fd, [memoryview(room)[:size]], i * 37 % 241 * 65536))
	for i in range(5):
	    for what in "fsync", "fdatasync":
	        os.pwrite(fd, memoryview(room)[:4096], i * 4096)
	        timed(what, 0, lambda: getattr(os, what)(fd))
	for i in range(10):
	    timed("nap", 0, lambda: time.sleep(0.01 + i * 0.005))
	open(sys.argv[3], "w").write("\n".join(log) + "\n")
E
python='/usr/bin/python3 -I -S'
$python "$TMPDIR/log.py" "$comm" "$TMPDIR/data" "$TMPDIR/log" 2>"$err" || skip 'python3 cannot read past the page cache'
work="$python $TMPDIR/log.py $comm $TMPDIR/data $TMPDIR/log"

# $TMPDIR/rows has "WHAT BYTES MS" of the tool, in order; PERCENT of the time must be there; MS that
# are cut to so many decimals may be DIGIT too many.
agree() { # TOOL PATTERN-OF-WHAT PERCENT DIGIT
	awk -v what="$2" -v percent="$3" -v digit="$4" '
		FNR == NR { if ($1 ~ what) { name[++n] = $1; size[n] = $2; ms[n] = $3 / 1e6; theirs += ms[n] } next }
		{
			at++; ours += $3
			if ($1 != name[at] || $2 != size[at] || $3 > ms[at] + digit) {
				print $0 ", the program: " name[at], size[at], ms[at]
				bad = 1
			}
		}
		END {
			if (at != n) print at " times of " n
			if (ours * 100 < theirs * percent) print ours " ms of " theirs
			exit bad || at != n || !n || ours * 100 < theirs * percent
		}' "$TMPDIR/log" "$TMPDIR/rows" >"$TMPDIR/differs" || fail "$1: $(cat "$TMPDIR/differs")"
	echo "$1: $(wc -l <"$TMPDIR/rows") rows"
}
field() { echo "\"$1\": \"\\{0,1\\}\\([^,\"}]*\\)\"\\{0,1\\}.*"; } # a pattern, of a row of JSON from there on

trace fileslower --comm "$comm" --json --cmd "$work" 0
sed -n "s/^{\"type\": \"row\".*\"d\": \"R\".*$(field bytes)$(field lat_ms)\"filename\": \"data\".*/read \\1 \\2/p" \
	"$out" >"$TMPDIR/rows"
agree fileslower read 25 0.01
trace fsslower -m 0 --comm "$comm" --json --cmd "$work"
sed -n "s/^{\"type\": \"row\".*\"t\": \"R\".*$(field bytes)$(field lat_ms)\"filename\": \"data\".*/read \\1 \\2/p" \
	"$out" >"$TMPDIR/rows"
agree fsslower read 25 0.01
trace syncsnoop --comm "$comm" --json --cmd "$work"
sed -n "s/^{\"type\": \"row\".*$(field call)$(field err)$(field lat_ms)\"file\": \"data\".*/\\1 \\2 \\3/p" \
	"$out" >"$TMPDIR/rows"
agree syncsnoop sync 25 0.001

# Sums: of calls, and of the naps that a thread spent off the CPU, which were 325 ms at least
total() { awk -v what="^$1\$" '$1 ~ what { n++; ns += $3 } END { printf "%d %d\n", n, ns }' "$TMPDIR/log"; }
trace syscount -L --comm "$comm" --json --top 50 --cmd "$work"
for call in "preadv2*:read" fsync:fsync fdatasync:fdatasync clock_nanosleep:nap; do
	set -- $(total "${call#*:}") $(grep -o "\"key\": \[\"${call%:*}\"\], \"value\": {[^}]*}" "$out" |
		sed 's/.*"count": \([0-9]*\),.*"total": \([0-9]*\)}/\1 \2/')
	[ $# -eq 4 ] && [ "$1" -eq "$3" ] && [ "$4" -le "$2" ] && [ $(($4 * 4)) -ge "$2" ] ||
		fail "syscount -L: ${call%:*}: the program and the tool, times and ns: $*"
	echo "syscount -L ${call%:*}: $3 times, $4 of $2 ns"
done
if tool_is_here offcputime; then
	trace offcputime -f --comm "$comm" --cmd "$work"
	slept=$(awk -v c="$comm;" 'index($0, c) == 1 && /do_nanosleep/ { n += $NF } END { print n + 0 }' "$out")
	set -- $(total nap)
	[ "$slept" -le $(($2 / 1000)) ] && [ "$slept" -ge 325000 ] || fail "offcputime: $slept us, the program: $2 ns"
	echo "offcputime: $slept us of $(($2 / 1000))"
fi

# tcpconnlat: a connection that waits a second, because the queue was full when it was asked for
cat >"$TMPDIR/connect.py" <<-'E'
	import socket, sys, threading, time
	open("/proc/self/comm", "w").write(sys.argv[1])
	server = socket.socket()
	server.bind(("127.0.0.1", 0))
	server.listen(0)
	said, kept = [], []
	def connect():
	    client = socket.socket()
	    kept.append(client)
	    begin = time.monotonic()
	    client.connect(server.getsockname())
	    said.append("%d %d" % (client.getsockname()[1], (time.monotonic() - begin) * 1e6))
	connect()
	late = threading.Thread(target=connect)
	late.start()
	time.sleep(0.3)
	for _ in range(2): kept.append(server.accept()[0])
	late.join()
	open(sys.argv[2], "w").write("\n".join(said) + "\n")
E
trace tcpconnlat -L --comm "$comm" --json --cmd "$python $TMPDIR/connect.py $comm $TMPDIR/said"
sed -n "s/^{\"type\": \"row\".*$(field lport)$(field lat_ms)/\\1 \\2/p" "$out" >"$TMPDIR/rows"
awk 'FNR == NR { us[$1] = $2; n++; next }
	$1 in us { seen++; if ($2 * 1000 > us[$1] + 10) bad = 1; if ($2 >= 900) slow++ }
	END { exit bad || n != 2 || seen != 2 || slow != 1 }' "$TMPDIR/said" "$TMPDIR/rows" ||
	fail "tcpconnlat: $(tr '\n' ';' <"$TMPDIR/rows"); the program: $(tr '\n' ';' <"$TMPDIR/said")"
echo "tcpconnlat: $(tr '\n' ';' <"$TMPDIR/rows")"
