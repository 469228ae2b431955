# The command lines that talks about these tools show, as they are typed there (with --comm and --cmd, so
# that only our own programs are seen): titles and rows have the form that is shown there.
. tests/lib.sh
need_root
python=$(command -v /usr/bin/python3 || command -v python3) || skip 'no python3'
disk=yes
case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) disk= ;; esac
file=$TMPDIR/file
for program in dd sh cat; do
	cp "$(command -v $program)" "$TMPDIR/$program$$"
done
dd=$TMPDIR/dd$$ sh=$TMPDIR/sh$$ cat=$TMPDIR/cat$$
cp "$python" "$TMPDIR/py$$"
py=$TMPDIR/py$$
session_of 20480
session="$py $TMPDIR/session.py"
number='[0-9]+' time='[0-9]{2}:[0-9]{2}:[0-9]{2}'

trace tcplife --comm "py$$" --cmd "$session"
expect_line 'PID +COMM +LADDR +LPORT RADDR +RPORT TX_KB RX_KB MS'
expect_line "$number +py$$ +127\.0\.0\.1 +$number +127\.0\.0\.1 +$number +20 +0 [0-9]+\.[0-9]{2}"

trace execsnoop -t --comm "sh$$" --cmd "$sh -c '/command/bash; exec $sh -c :'"
expect_line 'TIME\(s\) +PCOMM +PID +PPID +RET ARGS'
expect_line "[0-9]\.[0-9]{3} +sh$$ +$number +$number +-2 /command/bash"
expect_line "[0-9]\.[0-9]{3} +sh$$ +$number +$number +0 $sh -c :"

if [ "$disk" ]; then
	type=$(awk -v dir="$(df -P "$TMPDIR" | awk 'END { print $6 }')" '$2 == dir { t = $3 } END { print t }' /proc/mounts)
	trace fsslower -t "$type" 1 --comm "dd$$" --cmd "$dd if=/dev/zero of=$file bs=4M count=8 conv=fsync status=none"
	expect_line 'TIME +COMM +PID +T BYTES +OFF_KB +LAT\(ms\) FILENAME'
	expect_line "$time dd$$ +$number +[WF] $number +$number +[0-9]+\.[0-9]{2} file"
	for tool in ext4slower btrfsslower xfsslower zfsslower; do
		trace $tool 1 --comm "dd$$" --cmd "$dd if=/dev/zero of=$file bs=4M count=8 conv=fsync status=none"
		expect_line 'TIME +COMM +PID +T BYTES +OFF_KB +LAT\(ms\) FILENAME'
		[ $tool = "${type}slower" ] || expect_no_line ".* dd$$ .*"
	done
	comm=dd$$
	trace_disk biolatency -mT 10 --comm "$comm" --cmd "$dd if=/dev/zero of=$file bs=64k count=20 oflag=direct conv=notrunc status=none"
	expect_line 'Tracing block device I/O\.\.\. Hit Ctrl-C to end\.'
	expect_line "$time"
	expect_line ' +msecs +: count +distribution'
	expect_line ' +0 -> 1 +: [0-9]+ +\|[* ]{40}\|'
	# in between the compiler has left no such function, and no tracepoint yet stands in for it
	if kernel_before 5.16 || ! kernel_before 6.5; then
		trace trace -K blk_account_io_start --comm "$comm" \
			--cmd "$dd if=/dev/zero of=$file bs=64k count=1 oflag=direct conv=notrunc status=none"
		expect_line "$number +$number +$comm +blk_account_io_start ?"
		grep -Eq '^ +submit_bio' "$out" || fail 'trace -K: no stack'
	fi
	trace_disk biosnoop --comm "$comm" --cmd "$dd if=/dev/zero of=$file bs=64k count=2 oflag=direct conv=notrunc status=none"
	expect_line 'TIME\(s\) +COMM +PID +DISK +T +SECTOR +BYTES +LAT\(ms\)'
	expect_line "[0-9.]+ +$comm +$number +[a-z0-9]+ +WS? +$number +65536 +[0-9.]+"
fi

trace gethostlatency --comm "py$$" --cmd "$py -c 'import socket; socket.getaddrinfo(\"127.0.0.1\", 1)'"
expect_line 'TIME +PID +COMM +LATms HOST'
expect_line "$time $number +py$$ +[0-9]+\.[0-9]{3} 127\.0\.0\.1"

trace runqlat 10 --comm "sh$$" --cmd "$sh -c 'sleep 0.1; sleep 0.1'"
expect_line ' +usecs +: count +distribution'
expect_line " +$number -> $number +: [1-9][0-9]* +\|[* ]{40}\|"

trace trace 'sys_read (arg3 > 20000) "read %d bytes", arg3' --comm "dd$$" \
	--cmd "$dd if=/dev/zero of=/dev/null bs=1M count=3 status=none"
expect_line 'PID +TID +COMM +FUNC +-'
expect_eq 'trace sys_read: lines' "$(grep -Ec "^$number +$number +dd$$ +sys_read +read 1048576 bytes$" "$out")" 3
trace trace 'do_sys_open "%s", arg2' --comm "cat$$" --cmd "$cat $TMPDIR/session.py"
expect_line "$number +$number +cat$$ +do_sys_open +$TMPDIR/session.py"
trace trace 'c:open (arg2 == 42) "%s %d", arg1, arg2' --comm "py$$" \
	--cmd "$py -c 'import ctypes; libc = ctypes.CDLL(None); libc.open(b\"/etc/hostname\", 42); libc.open(b\"/etc/passwd\", 0)'"
expect_line "$number +$number +py$$ +open +/etc/hostname 42"
expect_no_line '.*passwd.*'
# there is no such function, in no kernel; said in plain words
"$sonde" trace r::do_sys_return >"$out" 2>"$err" && fail 'trace r::do_sys_return'
grep -q 'do_sys_return' "$err" || fail 'trace r::do_sys_return: no reason'
"$sonde" --info | grep -Eq '^ +kprobes +yes' && {
	trace argdist -H 'p::tcp_cleanup_rbuf(struct sock *sk, int copied):int:copied' --comm "py$$" --cmd "$session"
	expect_line ' +copied +: count +distribution'
	expect_line ' +4096 -> 8191 +: [1-9].*'
}

trace opensnoop --comm "cat$$" --cmd "$cat $TMPDIR/session.py"
expect_line 'PID +COMM +FD ERR PATH'
expect_line "$number +cat$$ +[0-9]+ +0 $TMPDIR/session.py"
trace tcpconnect --comm "py$$" --cmd "$session"
expect_line 'PID +COMM +IP SADDR +DADDR +DPORT'
expect_line "$number +py$$ +4 +127\.0\.0\.1 +127\.0\.0\.1 +$number *"
trace tcpaccept --comm "py$$" --cmd "$session"
expect_line 'PID +COMM +IP RADDR +RPORT LADDR +LPORT'
expect_line "$number +py$$ +4 +127\.0\.0\.1 +$number +127\.0\.0\.1 +$number *"
trace syscount --comm "dd$$" --cmd "$dd if=/dev/zero of=/dev/null bs=1 count=3000 status=none"
expect_line 'SYSCALL +COUNT'
expect_line 'write +3000'
trace profile -f 5 --comm "dd$$" --cmd "$dd if=/dev/zero of=/dev/null bs=1 count=$(few 2000000) status=none"
expect_line "dd$$;[^ ].* [0-9]+"
