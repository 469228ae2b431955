# biosnoop -Q beside blktrace: the same requests, bytes and times in the queue, of a program that writes
# past the page cache.
. tests/lib.sh
need_root
command -v blktrace >/dev/null && command -v blkparse >/dev/null || skip 'no blktrace'
grep -q ' /sys/kernel/debug debugfs' /proc/mounts || skip 'no debugfs, where blktrace reads'
case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) skip 'no disk under TMPDIR' ;; esac
disk=$(df -P "$TMPDIR" | awk 'END { print $1 }')
[ -b "$disk" ] || skip "no disk: $disk"
comm=dd$$
cp "$(command -v dd)" "$TMPDIR/$comm"
dd if=/dev/zero of="$TMPDIR/data" bs=64k count=40 status=none
sync "$TMPDIR/data"
cat >"$TMPDIR/work" <<E
blktrace -d $disk -D $TMPDIR -o blk >/dev/null 2>$TMPDIR/blk.err &
until [ -e $TMPDIR/blk.blktrace.0 ] || ! kill -0 \$!; do sleep 0.1; done
sleep $((${SONDE_SLOW:-1}))
$TMPDIR/$comm if=/dev/zero of=$TMPDIR/data bs=64k count=40 oflag=direct conv=notrunc status=none
kill -s INT \$!
wait \$!
E
trace_disk biosnoop -Q --comm "$comm" --json --cmd "sh $TMPDIR/work"
! grep -q 'not permitted' "$TMPDIR/blk.err" || skip 'this kernel lets nobody read what blktrace writes'
blkparse -q -D "$TMPDIR" -i blk -f '%a %C %S %N %T.%9t\n' >"$TMPDIR/events" 2>&1
# SECTOR BYTES QUEUED(ms): of blktrace, what this program queued, from its getting a request until it was issued
awk -v comm="$comm" '
	$1 == "Q" && $2 == comm && $4 == 65536 { mine[$3] = 1 }
	$1 == "G" { got[$3] = $5 }
	$1 == "D" { issued[$3] = $5 }
	$1 == "C" && $3 in mine { printf "%s %s %.3f\n", $3, $4, (issued[$3] - got[$3]) * 1000 }' "$TMPDIR/events" |
	sort -n >"$TMPDIR/theirs"
sed -n "s/.*\"comm\": \"$comm\".*\"sector\": \([0-9]*\).*\"bytes\": 65536.*\"que_ms\": \([0-9.]*\).*/\1 65536 \2/p" "$out" |
	sort -n >"$TMPDIR/ours"
expect_eq 'requests that blktrace saw' "$(wc -l <"$TMPDIR/theirs")" 40
expect_eq 'the same bytes at the same sectors' "$(cut -d' ' -f1,2 "$TMPDIR/ours")" "$(cut -d' ' -f1,2 "$TMPDIR/theirs")"
far=$(paste -d' ' "$TMPDIR/ours" "$TMPDIR/theirs" | awk -v most=$((2 * ${SONDE_SLOW:-1})) '
	{ d = $3 - $6; if (d > most || d < -most) print }')
[ -z "$far" ] || fail "times in the queue, ours and blktrace's: $far"
