# The tools of network and applications on programs that know what they did: ports, bytes, names.
. tests/lib.sh
need_root
command -v python3 >/dev/null || skip 'no python3'
python=$(command -v python3)
comm=py$$
cat >"$TMPDIR/begin.py" <<'E'
import socket, sys, os, time
open("/proc/self/comm", "w").write(sys.argv[1])
said = {}
def say(**what): said.update(what)
def finish(): open(sys.argv[2], "w").write("".join("%s=%s\n" % it for it in said.items()))
E

# program NAME: a script of this name from stdin; run_with TOOL...: the tool while it runs
program() { cat "$TMPDIR/begin.py" - >"$TMPDIR/$1.py"; echo 'finish()' >>"$TMPDIR/$1.py"; }
run_with() { # PROGRAM TOOL ARGUMENTS...
	name=$1
	shift
	: >"$TMPDIR/said"
	trace "$@" --json --cmd "$python $TMPDIR/$name.py $comm $TMPDIR/said"
	. "$TMPDIR/said"
}
row() { # FIELDS, in order, regex between them
	grep -Eq "^\{\"type\": \"row\", \"data\": \{.*$1.*\}\}\$" "$out" || fail "no row: $1"
}
rows() { grep -E "^\{\"type\": \"row\".*$1" "$out" | wc -l; }

program session <<'E'
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(7)
client = socket.create_connection(server.getsockname())
accepted, _ = server.accept()
client.sendall(b"x" * 51200)
got = 0
while got < 51200: got += len(accepted.recv(99999))
say(lport=client.getsockname()[1], port=server.getsockname()[1], pid=os.getpid())
client.close(); accepted.close(); server.close()
refused = socket.socket()
try: refused.connect(("127.0.0.1", 1))
except OSError: pass
E

run_with session tcpconnect --comm "$comm" -L
row "\"pid\": $pid, \"comm\": \"$comm\", \"ip\": 4, \"saddr\": \"127.0.0.1\", \"lport\": $lport, \"daddr\": \"127.0.0.1\", \"dport\": $port"
expect_eq 'tcpconnect: rows' "$(rows "\"comm\": \"$comm\"")" 2
run_with session tcpconnect --comm "$comm" -P 1,2
expect_eq 'tcpconnect -P' "$(rows '')" 1
row '"dport": 1'
run_with session tcpconnect --comm "$comm" --by comm
grep -q "{\"key\": \[\"$comm\"\], \"value\": 2}" "$out" || fail 'tcpconnect --by comm'
"$sonde" tcpconnect -P 1,x >"$out" 2>"$err" && fail 'tcpconnect -P 1,x was taken'
grep -q 'wants numbers' "$err" || fail 'tcpconnect -P 1,x: not told why'

run_with session tcpaccept
row "\"pid\": $pid, \"comm\": \"$comm\", \"ip\": 4, \"raddr\": \"127.0.0.1\", \"rport\": $lport, \"laddr\": \"127.0.0.1\", \"lport\": $port"
run_with session tcpconnlat
row "\"pid\": $pid, \"comm\": \"$comm\", .*\"dport\": $port, \"lat_ms\": [0-9.]+"
row "\"pid\": $pid, \"comm\": \"$comm\", .*\"dport\": 1,"
run_with session tcpstates
row "\"c_pid\": $pid, \"c_comm\": \"$comm\", .*\"lport\": $lport, .*\"rport\": $port, \"oldstate\": \"SYN_SENT\", \"newstate\": \"ESTABLISHED\""
row "\"c_pid\": $pid, .*\"lport\": $lport, .*\"rport\": $port, \"oldstate\": \"ESTABLISHED\", \"newstate\": \"FIN_WAIT1\""
run_with session tcptracer --comm "$comm"
for t in "C .*\"sport\": $lport, \"dport\": $port" "A .*\"sport\": $port, \"dport\": $lport" \
	"X .*\"sport\": $lport, \"dport\": $port" "X .*\"sport\": $port, \"dport\": $lport"; do
	row "\"t\": \"${t%% *}\", \"pid\": $pid, ${t#* }"
done
run_with session solisten --comm "$comm"
row "\"pid\": $pid, \"comm\": \"$comm\", \"ret\": 0, \"backlog\": 7, \"proto\": \"TCPv4\", \"port\": $port, \"addr\": \"127.0.0.1\""
run_with session tcprtt -P 1,2
run_with session tcprtt --by rport -a 127.0.0.1
grep -q "{\"key\": \[$port\], \"value\": \[{\"min\"" "$out" || fail 'tcprtt --by rport'
grep -q '"unit": "usecs"' "$out" || fail 'tcprtt: no unit'
run_with session tcppktlat
row "\"pid\": $pid, \"comm\": \"$comm\", .*\"lport\": $port, .*\"rport\": $lport, \"ms\": [0-9.]+"
if tool_is_here tcptop; then
	program held <<-'E'
		exec(open(sys.argv[0].replace("held", "session")).read().split("client.close()")[0].split("def finish")[1].split("\n", 1)[1])
		time.sleep(1.2)
	E
	run_with held tcptop --comm "$comm" -S
	ends() { # LPORT RPORT: what of that connection's end
		sed -n "s/.*{\"key\": \[$pid,\"$comm\",\"127.0.0.1\",$1,\"127.0.0.1\",$2\], \"value\": {\([^}]*\)}.*/\1/p" "$out"
	}
	expect_eq 'tcptop: the client' "$(ends $lport $port)" '"rx_kb": 0.000, "tx_kb": 50.000'
	expect_eq 'tcptop: the server' "$(ends $port $lport)" '"rx_kb": 50.000, "tx_kb": 0.000'
	program udp <<-'E'
		server = socket.socket(type=socket.SOCK_DGRAM)
		server.bind(("127.0.0.1", 0))
		client = socket.socket(type=socket.SOCK_DGRAM)
		client.connect(server.getsockname())
		client.send(b"x" * 2048)
		_, who = server.recvfrom(9000)
		time.sleep(0.05)
		server.sendto(b"y" * 1024, who)
		client.recv(9000)
		say(lport=client.getsockname()[1], port=server.getsockname()[1], pid=os.getpid())
		client.close()
		finish()
		os._exit(0)
	E
	if tool_is_here udplife; then
		run_with udp udplife --comm "$comm"
		row "\"pid\": $pid, .*\"lport\": $lport, .*\"rport\": $port, \"tx_kb\": 2(\.0+)?, \"rx_kb\": 1(\.0+)?, \"ms\": [0-9.]+"
		row "\"pid\": $pid, .*\"lport\": $port, .*\"tx_kb\": 1(\.0+)?, \"rx_kb\": 2(\.0+)?, \"ms\": [0-9.]+"
	fi
fi

# what the kernel drops, and why
if tool_is_here tcpdrop; then
	run_with session tcpdrop --no-stack
	grep -E '"daddr": "127.0.0.1", "dport": 1, ' "$out" | grep -q '"flags": "S"' || fail 'tcpdrop: no SYN to port 1'
fi
if tool_is_here skbdrop; then
	run_with session skbdrop --comm "$comm"
	grep -q '"@drops": \[{"key"' "$out" || fail 'skbdrop saw nothing'
fi

# a queue that is full: its figures, and SYNs that are sent again
program full <<'E'
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(3)
say(port=server.getsockname()[1])
kept = []
for i in range(6):
    kept.append(socket.socket())
    kept[-1].setblocking(False)
    kept[-1].connect_ex(server.getsockname())
    time.sleep(0.05)
time.sleep(1.3)
E
run_with full tcpsynbl --by port
grep -q "{\"key\": \[$port\], \"value\": \[{\"min\": 0, \"max\": 0, \"count\": 1}, {\"min\": 1, \"max\": 1, \"count\": 1}, {\"min\": 2, \"max\": 3, \"count\": 2}\]}" "$out" ||
	fail 'tcpsynbl: not 0, 1, 2, 3'
run_with full tcpretrans -s
row "\"laddr\": \"127.0.0.1\", .*\"t\": \"R>\", .*\"rport\": $port, \"state\": \"SYN_SENT\", \"seq\": [0-9]+"

# a connection whose packets get lost for a while, in a network of its own
if unshare -n true 2>/dev/null && command -v ip >/dev/null && tool_is_here tcpcong; then
	program loss <<-'E'
		os.system("ip link set lo up")
		server = socket.socket()
		server.bind(("127.0.0.1", 0))
		server.listen(3)
		client = socket.create_connection(server.getsockname())
		accepted, _ = server.accept()
		os.system("ip link set lo down")
		client.send(b"x" * 1000)
		time.sleep(0.5)
		os.system("ip link set lo up")
		accepted.recv(1000)
		time.sleep(0.1)
		say(port=server.getsockname()[1])
	E
	trace tcpcong --by rport,state --json --cmd "unshare -n $python $TMPDIR/loss.py $comm $TMPDIR/said"
	. "$TMPDIR/said"
	grep -q "{\"key\": \[$port,\"Loss\"\]" "$out" || fail 'tcpcong: the connection had no Loss'
fi

program bind <<'E'
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
a.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
a.bind(("127.0.0.1", 0))
b = socket.socket()
b.setsockopt(0, 15, 1) # IP_FREEBIND
b.bind(("192.0.2.77", 0))
say(port=a.getsockname()[1], other=b.getsockname()[1], pid=os.getpid())
E
run_with bind bindsnoop --comm "$comm"
row "\"pid\": $pid, \"comm\": \"$comm\", \"prot\": \"UDP\", \"addr\": \"127.0.0.1\", \"port\": $port, \"opts\": \"...Rr\", \"if\": 0"
row "\"prot\": \"TCP\", \"addr\": \"192.0.2.77\", \"port\": $other, \"opts\": \"F....\", \"if\": 0"

# of a failed one the address and port that were asked for
program refused_bind <<'E'
a = socket.socket()
a.bind(("127.0.0.1", 0))
a.listen()
try: socket.socket().bind(a.getsockname())
except OSError: pass
six = socket.socket(socket.AF_INET6)
try: six.bind(("2001:db8::5", 1234))
except OSError: pass
say(port=a.getsockname()[1], pid=os.getpid())
E
run_with refused_bind bindsnoop -E --comm "$comm"
row "\"pid\": $pid, \"comm\": \"$comm\", \"ret\": -98, \"prot\": \"TCP\", \"addr\": \"127.0.0.1\", \"port\": $port, .*"
[ ! -e /proc/net/if_inet6 ] || row "\"ret\": -99, \"prot\": \"TCP\", \"addr\": \"2001:db8::5\", \"port\": 1234, .*"

program pass <<'E'
left, right = socket.socketpair()
one, two = open("/etc/hostname"), open("/etc/passwd")
socket.send_fds(left, [b"x"], [one.fileno(), two.fileno()])
_, got, _, _ = socket.recv_fds(right, 10, 4)
say(sender=left.fileno(), one=one.fileno(), two=two.fileno(), third=got[0], pid=os.getpid())
E
run_with pass sofdsnoop --comm "$comm"
row "\"action\": \"SEND\", \"tid\": $pid, \"comm\": \"$comm\", \"socket\": $sender, \"fd\": $one, \"name\": \"hostname\""
row "\"action\": \"SEND\", .*\"fd\": $two, \"name\": \"passwd\""
row "\"action\": \"RECV\", .*\"fd\": $third, \"name\": \"hostname\""

program lookup <<'E'
socket.getaddrinfo("localhost", 1)
say(pid=os.getpid())
E
run_with lookup gethostlatency
row "\"pid\": $pid, \"comm\": \"$comm\", \"latms\": [0-9.]+, \"host\": \"localhost\""

# a whole TLS record, as the program wrote it
if command -v openssl >/dev/null && "$python" -c 'import ssl; ssl.create_default_context()' 2>/dev/null &&
	ldd "$("$python" -c 'import _ssl; print(_ssl.__file__)')" | grep -q "$(ldconfig -p | awk '/libssl.so.3 / { print $NF; exit }')"; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMPDIR/key" -out "$TMPDIR/cert" -days 2 \
		-subj /CN=localhost 2>/dev/null || fail 'no certificate'
	sed "s,DIR,$TMPDIR,g" <<-'E' | program tls
		import ssl, threading
		a, b = socket.socketpair()
		def serve():
		    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		    context.load_cert_chain("DIR/cert", "DIR/key")
		    s = context.wrap_socket(b, server_side=True)
		    got = 0
		    while got < 16384: got += len(s.recv(20000))
		    s.send(b"the answer")
		t = threading.Thread(target=serve)
		t.start()
		context = ssl.create_default_context()
		context.check_hostname = False
		context.verify_mode = ssl.CERT_NONE
		s = context.wrap_socket(a)
		s.send(b"B" + b"x" * 16382 + b"E")
		s.recv(100)
		t.join()
		say(pid=os.getpid())
	E
	run_with tls sslsniff
	row "\"func\": \"WRITE/SEND\", .*\"pid\": $pid, \"len\": 16384, \"data\": \"Bx+E\""
	row "\"func\": \"READ/RECV\", .*\"pid\": $pid, \"len\": 10, \"data\": \"the answer\""
	expect_eq 'sslsniff: bytes' "$(grep -o 'Bx*E' "$out" | awk '{ if (length != 16384) n++ } END { print NR ":" n + 0 }')" 2:0
fi
