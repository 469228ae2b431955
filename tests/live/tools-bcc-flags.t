# Flags that bcc's tools have: what they select or add, with a workload that has both kinds.
. tests/lib.sh
need_root

# --exec: a command and its arguments, and nothing but that process
echo something >"$TMPDIR/one two"
trace opensnoop --exec cat "$TMPDIR/one two"
expect_line "[0-9]+ +cat +[0-9]+ +0 $TMPDIR/one two"
trace opensnoop --exec sh -c "cat '$TMPDIR/one two'; :"
expect_line '[0-9]+ +sh +[0-9]+ +0 .*libc.*'
expect_no_line '[0-9]+ +cat .*'
own tasks
trace syscount --exec "$own" nap 30
expect_line 'clock_nanosleep +30'
"$sonde" syscount --exec >"$out" 2>"$err" && fail 'syscount --exec: took nothing for a command'
grep -q 'no command behind --exec' "$err" || fail 'syscount --exec: no reason'

# execsnoop -q, -l, -n: expressions on what is printed, quotation marks
trace execsnoop -q -l 'on[aeiou]" "two' --cmd "sh -c '/bin/echo one \"two three\" \"\"; /bin/echo four'"
expect_line '(sh|echo) +[0-9]+ +[0-9]+ +0 .*"one" "two three" ""'
expect_no_line '.*"four"'
trace execsnoop -n '^tru.$' --cmd "sh -c '/bin/echo one >/dev/null; /bin/true two'"
expect_line 'true +[0-9]+ +[0-9]+ +0 /bin/true two'
expect_no_line '(echo|sh) .*'
trace execsnoop --json -n '^tru.$' --cmd "sh -c '/bin/echo one >/dev/null; /bin/true two'"
expect_line '.*"pcomm": "true".*"args": \["/bin/true", "two"\].*'
expect_no_line '.*"pcomm": "echo".*'
"$sonde" execsnoop -n '(' >"$out" 2>"$err" && fail 'execsnoop -n (: taken'
grep -q "'(' is no regular expression" "$err" || fail 'execsnoop -n (: no reason'
# arguments beyond what is kept end with dots
long=$(head -c 20000 /dev/zero | tr '\0' a)
trace execsnoop -n true --cmd "/bin/true $long"
expect_line 'true +[0-9]+ +[0-9]+ +0 /bin/true a{16000,}\.\.\.'

# trace -A: each different line once, with how often it came
trace trace -A -n "$comm" 'sys_clock_nanosleep "clock %d", arg1' --cmd "$own nap 30"
expect_eq 'trace -A: lines' "$(grep -c 'sys_clock_nanosleep' "$out")" 1
expect_line "[0-9]+ +[0-9]+ +$comm +sys_clock_nanosl.* clock [01] \(30 times\)"
trace trace -A -M 7 -n "$comm" 'sys_clock_nanosleep "clock %d", arg1' --cmd "$own nap 30"
expect_line "[0-9]+ +[0-9]+ +$comm +sys_clock_nanosl.* clock [01] \(7 times\)"

# funcslower -f: stacks of slow calls, folded
trace funcslower -Uf -m 5 --comm "$comm" sys_clock_nanosleep --cmd "$own nap 30"
# before Linux 5.17 by frame pointers, which libc does not keep: its function's caller is not seen
kernel_before 5.17 && nap= || nap='nap_here;'
expect_line "$comm;.*main.*;$nap.*nanosleep.* 30"
expect_no_line 'COMM +PID .*'
"$sonde" funcslower -f sys_read >"$out" 2>"$err" && fail 'funcslower -f: without stacks'
grep -q 'of the program with -U' "$err" || fail 'funcslower -f: no reason'

# tcpdrop --netns-id, --pid-netns: connections in a namespace of their own to where nobody listens
if tool_is_here tcpdrop && unshare -n true 2>/dev/null && command -v ip >/dev/null; then
	cat >"$TMPDIR/refused" <<-'E'
		ip link set lo up
		readlink /proc/self/ns/net | tr -dc 0-9 >$1/netns
		echo $$ >$1/pid
		until [ -e $1/go ]; do sleep 0.05; done
		for i in 1 2 3; do
			curl -s -m 5 http://127.0.0.1:77/ || :
		done
	E
	if command -v curl >/dev/null; then
		for flag in --netns-id --pid-netns here; do
			rm -f "$TMPDIR/go" "$TMPDIR/pid"
			start unshare -n sh "$TMPDIR/refused" "$TMPDIR"
			guest=$started
			wait_for 10 test -s "$TMPDIR/pid" || fail 'no namespace'
			case $flag in
			--netns-id) set -- --netns-id "$(cat "$TMPDIR/netns")" ;;
			--pid-netns) set -- --pid-netns "$(cat "$TMPDIR/pid")" ;;
			here) set -- --pid-netns $$ ;;
			esac
			trace tcpdrop --no-stack --json "$@" --cmd "sh -c 'touch $TMPDIR/go; while kill -0 $guest; do sleep 0.05; done' 2>/dev/null"
			seen=$(grep -c '"daddr": "127.0.0.1", "dport": 77, ' "$out")
			case $flag in
			here) expect_eq "tcpdrop in another namespace" "$seen" 0 ;;
			*) [ "$seen" -ge 3 ] || fail "tcpdrop $flag: $seen of 3" ;;
			esac
		done
	fi
fi

# opensnoop -F: relative to the working folder, to a descriptor's folder, over a mount point; failed ones, too
mkdir -p "$TMPDIR/folder/below" "$TMPDIR/mount"
echo text >"$TMPDIR/folder/below/file"
trace opensnoop -F --exec sh -c "cd $TMPDIR/folder && exec cat below/file below/none"
expect_line "[0-9]+ +cat +[0-9]+ +0 $TMPDIR/folder/below/file"
expect_line "[0-9]+ +cat +-1 +2 $TMPDIR/folder/below/none"
expect_nothing_lost
trace opensnoop -F --comm find --cmd "find $TMPDIR/folder -name nothing"
expect_line "[0-9]+ +find +[0-9]+ +0 $TMPDIR/folder/below"
if unshare -m mount -t tmpfs none "$TMPDIR/mount" 2>/dev/null; then
	trace opensnoop -F --comm cat --cmd "unshare -m sh -c 'mount -t tmpfs none $TMPDIR/mount; cd $TMPDIR/mount; mkdir on; echo >on/file; cd on; cat file'"
	expect_line "[0-9]+ +cat +[0-9]+ +0 $TMPDIR/mount/on/file"
fi

# filelife -F: with the folders
if [ "$(stat -f -c %T "$TMPDIR")" = ext2/ext3 ] && tool_is_here filelife; then
	trace filelife -F --cmd "sh -c 'echo >$TMPDIR/folder/short; rm $TMPDIR/folder/short'"
	expect_line "[0-9:]+ [0-9]+ +rm +[0-9.]+ +/.*${TMPDIR##*/}/folder/short"
fi

# tcpconnect -d: names that were looked up, IPv4 and IPv6; an address that nobody asked for
if command -v python3 >/dev/null && "$sonde" tcpconnect -d --dry-run >"$out" 2>"$err"; then
	cat >"$TMPDIR/names.py" <<-'E'
		import socket
		for host in "localhost", "::1", "127.0.0.3":
		    try: found = socket.getaddrinfo(host, 9, type=socket.SOCK_STREAM)
		    except socket.gaierror: continue
		    for family, _, _, _, address in found:
		        try: socket.socket(family).connect_ex(address)
		        except OSError: pass
		socket.socket().connect_ex(("127.0.0.2", 9))
	E
	comm=names$$
	cp "$(readlink -f "$(command -v /usr/bin/python3 || command -v python3)")" "$TMPDIR/$comm"
	if "$TMPDIR/$comm" -c 'import socket' 2>/dev/null; then
		trace tcpconnect -d --comm "$comm" --cmd "$TMPDIR/$comm $TMPDIR/names.py"
		expect_line ".* 127\.0\.0\.1 +9 +localhost"
		[ ! -e /proc/net/if_inet6 ] || expect_line ".* ::1 +9 +(::1|localhost)"
		expect_line ".* 127\.0\.0\.3 +9 +127\.0\.0\.3"
		expect_line ".* 127\.0\.0\.2 +9 *"
		trace tcpconnect -dL --comm "$comm" --cmd "$TMPDIR/$comm $TMPDIR/names.py"
		expect_line ".* [0-9]+ +127\.0\.0\.3 +9 +127\.0\.0\.3"
	fi
fi

# drsnoop -e, -v: where the kernel tells the place of its count, that is what meminfo says
if grep -q ' vm_zone_stat$' /proc/kallsyms; then
	trace -q -e 'begin { printf("%d\n", *(int64 *)kptr(kaddr("vm_zone_stat")) * 4); exit() }'
	free=$(awk '$1 == "MemFree:" { print $2 }' /proc/meminfo)
	said=$(head -n 1 "$out")
	[ "$said" -gt $((free * 8 / 10)) ] && [ "$said" -lt $((free * 12 / 10)) ] || fail "free memory: $said, not $free"
	for flag in -e -v; do
		"$sonde" drsnoop $flag --dry-run >"$out" 2>"$err" || fail "drsnoop $flag"
	done
else
	"$sonde" drsnoop -e --dry-run >"$out" 2>"$err" && fail 'drsnoop -e: the kernel does not tell'
	grep -q "there is no symbol 'vm_zone_stat'" "$err" || fail 'drsnoop -e: no reason'
fi

# taken because there is nothing to do for them
for taken in 'funclatency -k sys_read' 'deadlock -s 100'; do
	"$sonde" $taken --dry-run >"$out" 2>"$err" || fail "$taken"
done

# funcinterval: 30 naps are 29 intervals of 20 ms; tplist: what there is, as bcc writes it
own tasks
trace funcinterval -m --comm "$comm" sys_clock_nanosleep --cmd "$own nap 30"
expect_line 'avg = 2[0-9] msecs, total: [0-9]+ msecs, count: 29'
expect_line ' *16 -> 31 +: (2[0-9]) +\|\*+\|'
trace funcinterval -u --comm "$comm" t:sched:sched_process_exit t:syscalls:sys_enter_clock_nanosleep --cmd "$own nap 3"
expect_line 'avg = 2[0-9]{4} usecs, total: [0-9]+ usecs, count: 2'
trace tplist -v sched:sched_process_exit
expect_line 'sched:sched_process_exit'
expect_line '    pid_t pid'
trace tplist 'sched:sched_process_e*'
expect_line 'sched:sched_process_exec'
expect_no_line 'sched:sched_process_fork'
trace tplist -l "$BUILD/workload/usdt" 'mysql:*'
expect_line ".*/workload/usdt mysql:query__start"
expect_no_line '.* sonde:.*'
"$sonde" tplist no_such:event >"$out" 2>"$err" && fail 'tplist: found what is not there'
grep -q 'no tracepoints called' "$err" || fail 'tplist: no reason'

# of what this kernel has no hooks for it is told; described, they compile
if [ -e /sys/kernel/btf/vmlinux ]; then
	event=$TMPDIR/tracefs/events/rdma_cma/cm_event_handler
	mkdir -p "$event"
	echo rdma_cma:cm_event_handler >"$TMPDIR/tracefs/available_events"
	echo 1790 >"$event/id"
	cat >"$event/format" <<-'E'
		name: cm_event_handler
		ID: 1790
		format:
		field:unsigned short common_type;	offset:0;	size:2;	signed:0;
		field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
		field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
		field:int common_pid;	offset:4;	size:4;	signed:1;

		field:u32 cm_id;	offset:8;	size:4;	signed:0;
		field:u32 tos;	offset:12;	size:4;	signed:0;
		field:unsigned long event;	offset:16;	size:8;	signed:0;
		field:int status;	offset:24;	size:4;	signed:1;
		field:unsigned char srcaddr[28];	offset:28;	size:28;	signed:0;
		field:unsigned char dstaddr[28];	offset:56;	size:28;	signed:0;

		print fmt: "cm.id=%u", REC->cm_id
	E
	SONDE_BTF=/sys/kernel/btf/vmlinux SONDE_TRACEFS=$TMPDIR/tracefs "$sonde" rdmaucma --dump=attach >"$out" 2>"$err"
	expect_line ' *tracepoint:rdma_cma:cm_event_handler'
	SONDE_BTF=/sys/kernel/btf/vmlinux "$sonde" virtiostat -T -d virtio_net 1 1 --dump=attach >"$out" 2>"$err"
	grep -q 'virtqueue_add_inbuf' "$out" || grep -q 'needs kprobe:virtqueue_add_sgs, which' "$err" ||
		fail 'virtiostat does not compile'
fi

# virtiostat: a disk or network of virtio is used
if tool_is_here virtiostat && [ -d /sys/bus/virtio/drivers/virtio_blk ]; then
	disk=$(ls /sys/block | grep -m 1 '^vd')
	trace virtiostat 2 1 --cmd "sh -c 'dd if=/dev/$disk of=/dev/null bs=64k count=64 iflag=direct 2>/dev/null; sleep 3'"
	expect_line 'virtio_blk +virtio[0-9]+ +req[^ ]* +[0-9]+ +[0-9]+ +[0-9]{7,} +[0-9]+'
fi

# sigsnoop -n: real-time signals have names, too; what is counted has no titles of rows
trace sigsnoop -n --cmd "sh -c 'sleep 1 & kill -40 \$!'"
expect_line '.* sh +SIGRTMIN\+6 .*'
if command -v python3 >/dev/null; then
	trace bindsnoop -E --count --cmd "python3 -c 'import socket; socket.socket().bind((\"127.0.0.1\", 0))'"
	expect_line '[0-9]+ +TCP +127\.0\.0\.1 +[0-9]+ +1'
	expect_no_line 'RET.*'
fi

# tcpstates -Y: the journal gets what is printed; here one is that this test plays
if command -v python3 >/dev/null && unshare -m true 2>/dev/null; then
	cat >"$TMPDIR/journal.py" <<-'E'
		import os, socket, subprocess, sys
		os.makedirs("/run/systemd/journal")
		journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		journal.bind("/run/systemd/journal/socket")
		journal.settimeout(20)
		server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
		port = server.getsockname()[1]
		tool = subprocess.Popen(sys.argv[1:] + ["-D", str(port), "--cmd",
		    f"{sys.executable} -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}))'"])
		fields = dict(line.split("=", 1) for line in journal.recv(65536).decode().splitlines())
		assert fields["SYSLOG_IDENTIFIER"] == "sonde" and fields["PRIORITY"] == "6", fields
		assert fields["SONDE_RPORT"] == str(port) and fields["SONDE_NEWSTATE"] == "SYN_SENT", fields
		assert fields["SONDE_OLDSTATE"] == "CLOSE" and str(port) in fields["MESSAGE"], fields
		sys.exit(tool.wait())
	E
	unshare -m sh -c "mount -t tmpfs none /run && exec python3 $TMPDIR/journal.py $sonde tcpstates -Y" >"$out" 2>"$err" ||
		fail 'tcpstates -Y: not in the journal'
	expect_line '.* CLOSE +-> SYN_SENT .*'
	unshare -m sh -c "mount -t tmpfs none /run && exec $sonde tcpstates -Y" >"$out" 2>"$err" && fail 'tcpstates -Y: no journal'
	grep -q 'the journal of systemd cannot be written to' "$err" || fail 'tcpstates -Y: no reason'
fi
