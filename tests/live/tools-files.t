# The tools for files, beside programs whose reads, writes and other calls are known.
. tests/lib.sh
need_root
file=$TMPDIR/data$$
comm=dd$$
dd=$TMPDIR/$comm
cp "$(command -v dd)" "$dd"
type=$(awk -v at="$(df --output=target "$TMPDIR" | tail -n 1)" '$2 == at { print $3 }' /proc/mounts | tail -n 1)
write="$dd if=/dev/zero of=$file bs=4k count=100 conv=fsync status=none"
read="$dd if=$file of=/dev/null bs=8k status=none"
printf '%s\n' "$write" "$read" >"$TMPDIR/both"
both="sh $TMPDIR/both"
printf '%s\n' "$write" "$read" 'sleep 1.2' >"$TMPDIR/slow"
slow="sh $TMPDIR/slow"
name=$(basename "$file")

# filetop: 100 writes of 4 KB, 50 reads of 8 KB and the one that finds the end
trace filetop -C --comm "$comm" --cmd "$both" 1
expect_line "[0-9]+ +$comm +0 +100 +0 +400 R $name"
expect_line "[0-9]+ +$comm +51 +0 +400 +0 R $name"
trace filetop -C --comm "$comm" --by comm,file -s wbytes --json --cmd "$slow" 1
grep -q "{\"key\": \[\"$comm\",\"$name\"\], \"value\": {\"reads\": 51, \"writes\": 100, \"r_kb\": 400.000, \"w_kb\": 400.000}}" \
	"$out" || fail 'filetop --by comm,file --json'
trace filetop -C --comm "$comm" --write-only --cmd "$slow" 1
expect_no_line ".* $comm +51 .*"
"$sonde" filetop -s nonsense >"$out" 2>"$err"
expect_eq 'filetop -s nonsense' "$?" 1
grep -q 'filetop sorts by all, reads, writes, rbytes, wbytes, not by' "$err" || fail 'filetop -s nonsense: no reason'

# fsdist, and by an alias for one file system
distribution() { # OPERATION: how many
	awk -v want="operation = $1" '/^operation/ { on = $0 == want } on && / : [0-9]/ { split($0, a, ":"); n += a[2] + 0 }
		END { print n + 0 }' "$out"
}
trace fsdist -t "$type" --comm "$comm" --cmd "$both"
expect_eq 'fsdist: writes' "$(distribution write)" 100
[ "$(distribution read)" -ge 51 ] || fail "fsdist: $(distribution read) reads"
expect_eq 'fsdist: fsyncs' "$(distribution fsync)" 1
[ "$(distribution open)" -ge 2 ] || fail "fsdist: $(distribution open) opens"
trace fsdist --by file,operation --json --comm "$comm" --cmd "$both"
grep -q "\"key\": \[\"$name\",\"write\"\]" "$out" || fail 'fsdist --by file'
trace zfsdist --comm "$comm" --cmd "$both"
expect_no_line 'operation.*'
if [ "$type" = ext4 ]; then
	trace ext4dist -m --comm "$comm" --cmd "$both"
	expect_eq 'ext4dist: writes' "$(distribution write)" 100
	expect_line ' +msecs +: count +distribution'
fi

# fsslower and fileslower, nothing being too fast
rows() { grep -E "^[0-9:.]+ +$comm +[0-9]+ +$1 .*$name\$" "$out"; }
trace fsslower -m 0 -t "$type" --comm "$comm" --cmd "$both"
expect_eq 'fsslower: bytes written' "$(rows W | awk '{ n += $5 } END { print n }')" 409600
expect_eq 'fsslower: bytes read' "$(rows R | awk '{ n += $5 } END { print n }')" 409600
expect_eq 'fsslower: last offset' "$(rows W | tail -n 1 | awk '{ print $6 }')" 396
expect_eq 'fsslower: opens' "$(rows O | wc -l)" 2
expect_eq 'fsslower: fsyncs' "$(rows F | wc -l)" 1
trace fsslower -c 0 --comm "$comm" --cmd "$both"
expect_eq 'fsslower -c: heading' "$(head -n 1 "$out")" 'ENDTIME_us,TASK,PID,TYPE,BYTES,OFFSET_b,LATENCY_us,FILE'
expect_eq 'fsslower -c: writes' "$(grep -cE "^[0-9]+,$comm,[0-9]+,W,4096,[0-9]+,[0-9]+,$name\$" "$out")" 100
trace fsslower -m 100000 --comm "$comm" --cmd "$both"
expect_no_line ".* $comm .*"
trace fileslower --comm "$comm" --cmd "$both" 0
expect_eq 'fileslower: bytes' "$(rows '[RW]' | awk '{ n += $5 } END { print n }')" 819200

# syncsnoop, statsnoop
trace syncsnoop --comm "$comm" --cmd "$both"
expect_line "[0-9.]+ +$comm +[0-9]+ +fsync +0 +[0-9.]+ $name"
cp "$(command -v stat)" "$TMPDIR/st$$"
trace statsnoop -s --comm "st$$" --cmd "sh -c '$TMPDIR/st$$ $file >/dev/null'"
expect_line "[0-9]+ +st$$ +(stat|statx|lstat|fstatat) +0 +0 $file"
trace statsnoop -x --comm "st$$" --cmd "sh -c '$TMPDIR/st$$ $file /no/such/$$ >/dev/null 2>&1; true'"
expect_line "[0-9]+ +st$$ +-1 +2 /no/such/$$"
expect_no_line ".* $file"

# Numbers that are no descriptors are nobody's files: fsslower had those of other processes here.
none=none$$
cp "$helpers/no-descriptor" "$TMPDIR/$none"
for tool in 'fsslower -m 0' 'fileslower 0' 'fileslower -a 0' 'filetop -C -a 1'; do
	trace $tool --comm "$none" --cmd "$TMPDIR/$none"
	grep -q "$none.* $none\$" "$out" || fail "$tool: not its own file"
	! grep "$none" "$out" | grep -v " $none\$\| lib\| ld\.so" || fail "$tool: another's file"
	expect_nothing_lost
done
trace syncsnoop --comm "$none" --cmd "$TMPDIR/$none"
expect_eq 'syncsnoop: failed calls' "$(grep -cE " $none +[0-9]+ +fsync +9 +[0-9.]+ *\$" "$out")" 1936
trace fsdist --comm "$none" --cmd "$TMPDIR/$none"
expect_eq 'fsdist: fsyncs of no file' "$(distribution fsync)" 0

# filegone, filelife
printf 'touch %s\nsleep 0.3\nmv %s %s\nrm %s\nmkdir %s\nrmdir %s\n' "$file.a" "$file.a" "$file.b" "$file.b" "$file.d" \
	"$file.d" >"$TMPDIR/vanish"
trace filegone --cmd "sh $TMPDIR/vanish"
expect_line "[0-9:]+ +[0-9]+ +mv +RENAME $file.a > $file.b"
expect_line "[0-9:]+ +[0-9]+ +rm +DELETE $file.b"
expect_line "[0-9:]+ +[0-9]+ +rmdir +DELETE $file.d"
if [ "$type" = ext4 ] && tool_is_here filelife; then
	trace filelife --cmd "sh $TMPDIR/vanish"
	awk -v name="$name.b" '$3 == "rm" && $5 == name && $4 >= 0.3 && $4 < 20 { found = 1 } END { exit !found }' "$out" ||
		fail 'filelife'
fi

# vfsstat: 150 writes and 151 reads, zero and null included, a file that is made
rm -f "$file"
trace vfsstat --comm "$comm" --cmd "$slow" 1
expect_line 'TIME +READ/s +WRITE/s +FSYNC/s +OPEN/s +CREATE/s +UNLINK/s +MKDIR/s +RMDIR/s'
awk '/^[0-9]/ { r += $2; w += $3; f += $4; o += $5; c += $6 } END { exit !(r >= 151 && w == 150 && f == 1 && o >= 2 && c == 1) }' \
	"$out" || fail 'vfsstat'
# a folder is removed by rmdir(), or by unlinkat(), which rm calls for both
mkdir -p "$TMPDIR/full/a" "$TMPDIR/full/b" "$TMPDIR/empty"
touch "$TMPDIR/full/1"
cp "$(command -v rm)" "$TMPDIR/rm$$"
trace vfsstat --comm "rm$$" --cmd "sh -c '$TMPDIR/rm$$ -r $TMPDIR/full; sleep 1.2'" 1
awk '/^[0-9]/ { u += $7; r += $9 } END { exit !(u == 1 && r == 3) }' "$out" || fail 'vfsstat: files and folders removed'

# mountsnoop, in a mount namespace of its own
mkdir "$TMPDIR/mnt"
trace mountsnoop -d --cmd "unshare -m sh -c 'mount -t tmpfs none$$ $TMPDIR/mnt && umount $TMPDIR/mnt'"
grep -Eq "^mount .* (mount|move_mount) +0 .*$TMPDIR/mnt\$" "$out" || fail 'mountsnoop: mount'
grep -Eq "^umount .* umount +0 .*$TMPDIR/mnt\$" "$out" || fail 'mountsnoop: umount'

case $type in tmpfs | ramfs | overlay) exit 0 ;; esac
# writeback: what a sync makes the disk's thread do
trace writeback --cmd "sh -c 'cat /dev/zero | head -c 2000000 >$file.s; sync -f $file.s'"
expect_line 'TIME +DEVICE +PAGES +REASON +LAT\(ms\)'
expect_line '[0-9:]+ [0-9]+:[0-9]+ +[0-9]+ +sync +[0-9.]+'

# cachestat and cachetop: 8 MB cold, then warm; 256 pages written
tool_is_here cachestat || exit 0
cat >"$TMPDIR/cache" <<-E
	$dd if=$file.c of=/dev/null bs=64k status=none
	$dd if=$file.c of=/dev/null bs=64k status=none
	$dd if=/dev/zero of=$file.w bs=64k count=16 status=none
	sleep 2.2 # two ticks: the kernel leaves one out where a program has the CPU just then
E
cold() {
	rm -f "$file.w"
	[ -e "$file.c" ] || dd if=/dev/zero of="$file.c" bs=1M count=8 conv=fsync status=none
	dd if="$file.c" iflag=nocache count=0 status=none # forgets what is cached of it
}
near() { # WHAT VALUE EXPECTED: pages of the program itself come on top
	[ "$2" -ge "$3" ] && [ "$2" -le $(($3 + 300)) ] || fail "$1: $2, not $3"
}
cold
trace cachestat --comm "$comm" --cmd "sh $TMPDIR/cache" 1
expect_line ' +HITS +MISSES +DIRTIES HITRATIO +BUFFERS_MB +CACHED_MB'
set -- $(awk '/^ *[0-9]/ { h += $1; m += $2; d += $3; c = $6 } END { print h, m, d, c }' "$out")
near 'cachestat: hits' "$1" 2048
near 'cachestat: misses' "$2" 2048
near 'cachestat: dirties' "$3" 256
meminfo=$(awk '/^Cached:/ { print int($2 / 1024) }' /proc/meminfo)
[ "$4" -gt $((meminfo * 8 / 10)) ] && [ "$4" -lt $((meminfo * 12 / 10 + 50)) ] || fail "cachestat: $4 of $meminfo MB"
cold
trace cachetop -C --comm "$comm" --cmd "sh $TMPDIR/cache" 1 1
expect_line 'PID +UID +CMD +HITS +MISSES +DIRTIES +READ_HIT% +WRITE_HIT%'
grep -E "^[0-9]+ +0 +$comm +20[4-9][0-9] +0 +[0-9] +100.0 " "$out" >/dev/null || fail 'cachetop: the warm one'
grep -E "^[0-9]+ +0 +$comm +[0-9]{1,2} +2048 +[0-9] +[0-9].[0-9] " "$out" >/dev/null || fail 'cachetop: the cold one'
# a page of the file system's own that it reads in between is a miss, and then so is the folio it was about to write
grep -E "^[0-9]+ +0 +$comm +[0-9]+ +[0-9]{1,2} +25[6-9] +[0-9.]+ +[0-9.]+" "$out" >/dev/null || fail 'cachetop: the one that writes'
