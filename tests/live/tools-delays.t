# Tools of the network beside programs that know how long an answer took, and how many bytes went
# which way: a resolver that waits, connections of different sizes.
. tests/lib.sh
need_root
[ -x /usr/bin/python3 ] || skip 'no python3'
comm=py$$

# gethostlatency: a name server that takes 150 ms, in a network and with a resolv.conf of its own
cat >"$TMPDIR/resolver.py" <<-'E'
	import os, socket, sys, threading, time
	os.system("ip link set lo up")
	server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	server.bind(("127.0.0.1", 53))
	def serve():
	    while True:
	        question, who = server.recvfrom(512)
	        time.sleep(0.15)
	        # the same question, one answer of an address: name by reference, A, IN, 60 s, 4 bytes
	        is_a = question[-4:-2] == b"\0\1"
	        head = question[:2] + b"\x81\x80" + question[4:6] + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
	        end = question.index(b"\0", 12) + 5
	        server.sendto(head + question[12:end] + (b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\1\2\3" if is_a else b""), who)
	threading.Thread(target=serve, daemon=True).start()
	open("/proc/self/comm", "w").write(sys.argv[1])
	took = []
	for i in range(4):
	    begin = time.monotonic()
	    found = socket.gethostbyname("host%d.test" % i)
	    took.append("%d" % ((time.monotonic() - begin) * 1e6))
	    assert found == "10.1.2.3", found
	open(sys.argv[2], "w").write("\n".join(took) + "\n")
E
if unshare -mn true 2>/dev/null && command -v ip >/dev/null; then
	echo 'nameserver 127.0.0.1' >"$TMPDIR/resolv.conf"
	echo 'hosts: dns' >"$TMPDIR/nsswitch.conf"
	cat >"$TMPDIR/resolve" <<-E
		mount --bind $TMPDIR/resolv.conf /etc/resolv.conf && mount --bind $TMPDIR/nsswitch.conf /etc/nsswitch.conf &&
			exec /usr/bin/python3 $TMPDIR/resolver.py $comm $TMPDIR/took
	E
	if [ -e /etc/resolv.conf ] && [ -e /etc/nsswitch.conf ] && unshare -mn sh "$TMPDIR/resolve" 2>"$err"; then
		trace gethostlatency --comm "$comm" --json --cmd "unshare -mn sh $TMPDIR/resolve"
		sed -n 's/^{"type": "row".*"latms": \([0-9.]*\), "host": "host\([0-9]\)\.test".*/\2 \1/p' "$out" >"$TMPDIR/rows"
		awk 'FNR == NR { us[FNR - 1] = $1; n++; next }
			{ seen++ }
			$1 != seen - 1 || $2 * 1000 > us[$1] + 1 || $2 < 150 { print "host" $1 ": " $2 " ms of " us[$1] " us"; bad = 1 }
			END { if (seen != n) print seen " names of " n; exit bad || seen != n || n != 4 }' \
			"$TMPDIR/took" "$TMPDIR/rows" >"$TMPDIR/differs" || fail "gethostlatency: $(cat "$TMPDIR/differs")"
		echo "gethostlatency: $(tr '\n' ';' <"$TMPDIR/rows")"
	else
		echo 'gethostlatency beside a resolver: cannot run one here'
	fi
fi

# Five connections of different sizes each way: what each end sent and got, in bytes
cat >"$TMPDIR/sizes.py" <<-'E'
	import os, socket, sys, time
	open("/proc/self/comm", "w").write(sys.argv[1])
	server = socket.socket()
	server.bind(("127.0.0.1", 0))
	server.listen(7)
	said, held = [], []
	def pass_on(source, sink, size):
	    left = size
	    while left:
	        n = source.send(b"x" * min(left, 30000))
	        left -= n
	        while n: n -= len(sink.recv(n))
	for i in range(5):
	    client = socket.create_connection(server.getsockname())
	    accepted, _ = server.accept()
	    there, back = 1024 * 50 * (i + 1), 1024 * 7 * i
	    pass_on(client, accepted, there)
	    pass_on(accepted, client, back)
	    said.append("%d %d %d" % (client.getsockname()[1], there // 1024, back // 1024))
	    held.append((client, accepted))
	time.sleep(float(sys.argv[3]))
	for client, accepted in held:
	    client.close(); accepted.close()
	open(sys.argv[2], "w").write("\n".join(said) + "\n")
E
# Rows of both ends, "LPORT RPORT TX RX" of a tool, against the program's: a client has its own port
# on the left, the server on the right.
ends() { # TOOL
	awk 'FNR == NR { tx[$1] = $2; rx[$1] = $3; n++; next }
		$1 in tx { seen++; got[$1, "t"] += $3; got[$1, "r"] += $4 }
		$2 in tx { seen++; other[$2, "t"] += $3; other[$2, "r"] += $4 }
		END {
			for (port in tx)
				if (got[port, "t"] != tx[port] || got[port, "r"] != rx[port] ||
				    other[port, "t"] != rx[port] || other[port, "r"] != tx[port]) {
					printf "%s: sent %d got %d KB, other end %d %d; the program: %d %d\n", port,
						got[port, "t"], got[port, "r"], other[port, "t"], other[port, "r"], tx[port], rx[port]
					bad = 1
				}
			exit bad || n != 5 || seen < 10
		}' "$TMPDIR/said" "$TMPDIR/rows" >"$TMPDIR/differs" || fail "$1: $(cat "$TMPDIR/differs")"
	echo "$1: $(wc -l <"$TMPDIR/rows") rows"
}
ports='s/^{"type": "row".*"lport": \([0-9]*\), .*"rport": \([0-9]*\), '
trace tcplife --comm "$comm" --json --cmd "/usr/bin/python3 $TMPDIR/sizes.py $comm $TMPDIR/said 0"
sed -n "$ports\"tx_kb\": \\([0-9.]*\\), \"rx_kb\": \\([0-9.]*\\).*/\\1 \\2 \\3 \\4/p" "$out" >"$TMPDIR/rows"
ends tcplife
if tool_is_here tcptop; then
	trace tcptop -C --comm "$comm" --json --cmd "/usr/bin/python3 $TMPDIR/sizes.py $comm $TMPDIR/said 2.5" 1
	grep '^{"type": "table"' "$out" | grep -o '"key": \[[^]]*\], "value": {[^}]*}' |
		sed 's/^.*,\([0-9]*\),"[^"]*",\([0-9]*\)\].*"rx_kb": \([0-9.]*\), "tx_kb": \([0-9.]*\).*/\1 \2 \4 \3/' \
			>"$TMPDIR/rows"
	ends tcptop
fi
