# The tools for block I/O, beside a program whose reads and writes are known: fifty of 64 KB each
# way, past the page cache, so that each is one request.
. tests/lib.sh
need_root
case $(stat -f -c %T "$TMPDIR") in
tmpfs | ramfs | overlayfs) skip 'no disk under TMPDIR' ;;
esac
file=$TMPDIR/data
comm=dd$$
dd=$TMPDIR/$comm
cp "$(command -v dd)" "$dd"
dd if=/dev/zero of="$file" bs=64k count=50 oflag=direct 2>/dev/null || skip 'no direct I/O here'
sync "$file"
cat >"$TMPDIR/both" <<E
$dd if=/dev/zero of=$file bs=64k count=50 oflag=direct conv=notrunc status=none
$dd if=$file of=/dev/null bs=64k count=50 iflag=direct status=none
E
both="sh $TMPDIR/both"

# biosnoop: every byte once each way, at the same places of the disk
trace_disk biosnoop -Qo --comm "$comm" --json --cmd "$both"
# what the file system reads and writes of its own structures are requests of other sizes
grep '"type": "row"' "$out" | grep "\"comm\": \"$comm\".*\"bytes\": 65536" >"$TMPDIR/rows" ||
	fail 'biosnoop saw nothing'
field() { sed -n "s/.*\"t\": \"$1[A-Z]*\".*\"$2\": \\([0-9.]*\\).*/\\1/p" "$TMPDIR/rows"; }
expect_eq 'biosnoop: bytes written' "$(field W bytes | awk '{ n += $1 } END { print n }')" 3276800
expect_eq 'biosnoop: bytes read' "$(field R bytes | awk '{ n += $1 } END { print n }')" 3276800
expect_eq 'biosnoop: places' "$(field W sector | sort)" "$(field R sector | sort)"
expect_eq 'biosnoop: offsets' "$(field W offset | sort -n | head -n 1)" \
	"$(($(field R sector | sort -n | head -n 1) * 512))"
expect_eq 'biosnoop: no negative times' "$(grep -c -e '": -' "$TMPDIR/rows")" 0
disk=$(sed -n 's/.*"disk": "\([^"]*\)".*/\1/p' "$TMPDIR/rows" | head -n 1)
trace biosnoop --comm "$comm" --cmd "$both"
expect_line 'TIME\(s\) +COMM +PID +DISK +T +SECTOR +BYTES +LAT\(ms\)'
trace biosnoop -m 100000 --comm "$comm" --cmd "$both"
expect_no_line ".*$comm.*"
trace biosnoop -d "no$disk" --comm "$comm" --cmd "$both"
expect_no_line ".*$comm.*"

# biotop: the same bytes, by whatever they are grouped
kbytes() { # R-OR-W: of the rows of programs of that name
	awk -v d="$1" -v comm="$comm" '$2 == comm && $3 == d { n += $8 } END { print n + 0 }' "$out"
}
whole() { [ "$(kbytes $1)" -ge 3200 ] && [ "$(kbytes $1)" -lt 3400 ]; }
trace_disk biotop -C --comm "$comm" -r 100 --cmd "$both" 1
expect_line 'PID +COMM +D +MAJ +MIN +DISK +I/O +Kbytes +AVGms'
for way in R W; do
	whole $way || fail "biotop $way: $(kbytes $way) Kbytes"
done
trace_disk biotop -C --comm "$comm" --by disk,d --json --cmd "$both" 1
grep -q "{\"key\": \\[\"$disk\",\"R\"\\], \"value\": {\"i_o\": [0-9]*, \"kbytes\": [0-9.]*, \"avgms\": [0-9.]*}}" "$out" ||
	fail 'biotop --by disk,d --json'

# bitesize, biopattern, biostacks
trace_disk bitesize --comm "$comm" --cmd "$both"
expect_line "comm = $comm"
expect_line ' +64 -> 127 +: 1[0-9][0-9] +\|\*{40}\|'
trace_disk biopattern -d "$disk" --cmd "$both"
expect_line 'DISK +%RND +%SEQ +COUNT +KBYTES'
awk -v disk="$disk" '$1 == disk { good = $4 >= 99 && $5 >= 6336 && $2 + $3 >= 99 } END { exit !good }' "$out" ||
	fail 'biopattern'
trace_disk biostacks --comm "$comm" --cmd "$both"
grep -q "^comm = $comm, pid = [0-9]*, disk = $disk, stack = " "$out" || fail 'biostacks: whose'
grep -q '^ *vfs_read+' "$out" && grep -q '^ *vfs_write+' "$out" || fail 'biostacks: no stack'

# biolatpcts: percentiles go up
trace biolatpcts --cmd "$both"
expect_line 'TYPE +p1 +p5 .* p99 +p100'
for type in read write; do
	awk -v type="$type" '$1 == type { found = 1; for (i = 3; i <= NF; i++) if ($i + 0 < $(i - 1) + 0) bad = 1 }
		END { exit !found || bad }' "$out" || fail "biolatpcts: $type"
done

# mdflush has nothing to say without an array; it loads
"$sonde" mdflush --dry-run >"$out" 2>"$err" || fail 'mdflush'
