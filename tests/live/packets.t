# skboutput: packets in a capture file, whole, cut at a length and without what is before an offset;
# what reads such files elsewhere reads them.
. tests/lib.sh
own packets
n=$(few 300)
all=$TMPDIR/all.pcap cut=$TMPDIR/cut.pcap

# The records of a capture: captured and whole length of each, and the first bytes.
records() {
	od -An -v -tu1 -w1 "$1" | awk '
		function u32(at) { return b[at] + 256 * (b[at + 1] + 256 * (b[at + 2] + 256 * b[at + 3])) }
		{ b[n++] = $1 + 0 }
		END {
			printf "head %x %d %d link %d\n", u32(0), b[4], b[6], u32(20)
			for (at = 24; at + 16 <= n; at += 16 + u32(at + 8))
				printf "%d %d %d %d\n", u32(at + 8), u32(at + 12), b[at + 16], u32(at)
			if (at != n)
				print "bytes are left over"
		}'
}

before=$(date +%s)
# 14: the Ethernet header, which is there on the way out
trace -e "rawtracepoint:net_dev_queue /comm == \"$comm\"/ {
		\$skb = (struct sk_buff *)args.skb;
		\$r = skboutput(\"$all\", \$skb, args.skb.len, 14);
		if (\$r != 0) { @failed[\$r] = count() }
		skboutput(\"$cut\", args.skb, 40, 14);
		@beyond[skboutput(\"$cut\", args.skb, 1, 60000)] = count();
	}" -c "$own -n $n"
after=$(date +%s)
expect_nothing_lost
expect_line "sent $n bytes [0-9]*"
expect_eq 'nothing is at that offset' "$(map_value beyond -22)" $n
expect_no_line '@failed.*'

records "$all" >"$TMPDIR/records"
expect_eq head "$(head -n 1 "$TMPDIR/records")" 'head a1b23c4d 2 4 link 101'
expect_eq 'packets and bytes' "$(awk -v from="$before" -v to="$after" '
	NR > 1 && $1 == $2 && $3 == 69 && $4 >= from && $4 <= to { packets++; bytes += $1 }
	END { print "sent", packets, "bytes", bytes }' "$TMPDIR/records")" "$(grep '^sent' "$out")"
expect_eq 'the last one, whole' "$(tail -c $((n - 1)) "$all" | tr -d . | wc -c)" 0
expect_eq 'their texts' "$(grep -ao 'packet [0-9]* of the workload' "$all" | sort -u | wc -l)" $n

records "$cut" >"$TMPDIR/records"
expect_eq 'cut at 40 bytes' "$(awk 'NR > 1 && $1 == 40 && $2 > 40' "$TMPDIR/records" | wc -l)" $n

if command -v tcpdump >"$TMPDIR/which"; then
	expect_eq 'as tcpdump counts them' "$(tcpdump -n -r "$all" 2>"$TMPDIR/said" | grep -c ' UDP, ')" $n
fi

# A file that cannot be made is said before anything is traced.
"$sonde" -e 'rawtracepoint:net_dev_queue { skboutput("/proc/none/a", args.skb, 5, 0) }' >"$out" 2>"$err" &&
	fail 'a file that cannot be written was taken'
expect_line 'sonde: /proc/none/a cannot be written: No such file or directory' "$err"
