# What tools say of block I/O beside the log of a program that times each of its own reads: as many,
# as large, in the same order, none of them longer than the program waited, and not much shorter.
. tests/lib.sh
need_root
case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) skip 'no disk under TMPDIR' ;; esac
[ -x /usr/bin/python3 ] || skip 'no python3'
comm=lat$$
dd if=/dev/zero of="$TMPDIR/data" bs=1M count=16 conv=fsync status=none
dd if="$TMPDIR/data" of=/dev/null bs=64k count=1 iflag=direct status=none 2>/dev/null || skip 'no direct I/O here'
reads=200
most=$((4 * ${SONDE_SLOW:-1})) # times as long as the disk takes, the program may wait for it: for a processor, too
# Reads of 1 to 8 blocks of 4 KB each, at places that are no neighbours; a line each: bytes, ns
cat >"$TMPDIR/reads.py" <<-'E'
	import mmap, os, sys, time
	open("/proc/self/comm", "w").write(sys.argv[1])
	fd = os.open(sys.argv[2], os.O_RDONLY | os.O_DIRECT)
	room = mmap.mmap(-1, 32768)
	log = []
	for i in range(int(sys.argv[4])):
	    size = 4096 * (1 + i % 8)
	    place = (i * 37 % 241) * 65536
	    part = memoryview(room)[:size]
	    begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
	    n = os.preadv(fd, [part], place)
	    log.append("%d %d" % (n, time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begin))
	open(sys.argv[3], "w").write("\n".join(log) + "\n")
E
/usr/bin/python3 "$TMPDIR/reads.py" "$comm" "$TMPDIR/data" "$TMPDIR/log" 1 2>"$err" || skip 'python3 cannot read past the page cache'
work="/usr/bin/python3 $TMPDIR/reads.py $comm $TMPDIR/data $TMPDIR/log $reads"
total() { awk -v c="$1" '{ n += $c } END { printf "%d\n", n }' "$TMPDIR/log"; }
# a row of JSON: {"key": [KEY...], "value": [{"min": ..., "max": ..., "count": ...}, ...]}
buckets() { grep -o '"min": [0-9]*, "max": [0-9]*, "count": [0-9]*' "$out" | tr -d ,; }

# biosnoop -Q: request by request
trace_disk biosnoop -Q --comm "$comm" --json --cmd "$work"
sed -n 's/^{"type": "row".*"t": "R[A-Z]*".*"bytes": \([0-9]*\).*"que_ms": \([0-9.]*\), "lat_ms": \([0-9.]*\).*/\1 \2 \3/p' "$out" >"$TMPDIR/rows"
[ -s "$TMPDIR/rows" ] || fail 'biosnoop -Q: no row'
# the file's own blocks may be read besides, by the file system
[ "$(wc -l <"$TMPDIR/rows")" -le $((reads + 8)) ] || fail "biosnoop: $(wc -l <"$TMPDIR/rows") requests of $reads"
awk -v most=$most 'FNR == NR { size[++n] = $1; ns[n] = $2; next }
	at < n && $1 == size[at + 1] { at++
		if (($2 + $3) * 1e6 > ns[at] + 1500) { print "read " at " took " ns[at] " ns, the tool says " $2 " + " $3 " ms"; bad = 1 }
		theirs += ns[at]; ours += ($2 + $3) * 1e6 }
	END {
		if (at != n) print "the tool saw " at " of " n " reads"
		if (ours * most < theirs) print "of " theirs " ns the tool saw " ours
		exit bad || at != n || ours * most < theirs
	}' "$TMPDIR/log" "$TMPDIR/rows" >"$TMPDIR/differs" || fail "biosnoop -Q: $(cat "$TMPDIR/differs")"
expect_nothing_lost

# biolatency: as many, and their sum within what the buckets allow
trace_disk biolatency --comm "$comm" --json --cmd "$work"
buckets | awk -v log_ns="$(total 2)" -v reads=$reads -v most=$most '{ n += $6; low += $2 * $6; high += $4 * $6 }
	END {
		printf "biolatency: %d requests of %d to %d us, reads: %d us\n", n, low, high, log_ns / 1000
		exit !(n >= reads && n <= reads + 8 && low <= log_ns / 1000 && high * most >= log_ns / 1000)
	}' || fail 'biolatency: not what the program has measured'
trace_disk biolatency -Q -D --comm "$comm" --json --cmd "$work"
disk=$(sed -n 's/.*"key": \["\([a-z0-9]*\)"\].*/\1/p' "$out" | head -n 1)
[ -e "/sys/class/block/$disk" ] || fail "biolatency -D: there is no disk '$disk'"
[ "$(buckets | awk '{ n += $6 } END { print n + 0 }')" -ge $reads ] || fail 'biolatency -Q: reads are missing'

# By disk and process: together the program's own bytes
trace_disk biotop -C --comm "$comm" --by disk,comm --json --cmd "$work"
sum=$(grep -o "\"key\": \[\"[a-z0-9]*\",\"$comm\"\], \"value\": {\"i_o\": [0-9]*, \"kbytes\": [0-9.]*" "$out" |
	awk '{ n += $NF } END { print n * 1024 }')
own=$(total 1)
[ "$sum" -ge "$own" ] && [ "$sum" -le $((own + 65536)) ] || fail "biotop --by disk,comm: $sum bytes of $own"
echo "biotop --by disk,comm: $sum bytes of $own"
