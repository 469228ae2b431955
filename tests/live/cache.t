# Unwind tables are kept in $SONDE_CACHE: the next run takes them from there, what is damaged is made
# anew, a directory that is not ours alone is not used, and stacks are the same whole ones every time.
. tests/lib.sh
need_root
"$sonde" --info | grep -q '^ *unwind tables *yes' || skip 'stacks are not walked by tables here'
own frameless

cache="$TMPDIR/cache"
chain='chain_1'
for i in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do chain="$chain;chain_$i"; done

# run_with CACHE: one profile of our program, its stacks whole but for the first few.
run_with() {
	SONDE_CACHE=$1
	export SONDE_CACHE
	trace -v -f folded -e "profile:hz:499 /comm == \"$comm\"/ { @[ustack] = count() }" -c "$own spin 1"
	whole=$(grep ";$chain" "$out" | awk '{ n += $NF } END { print n + 0 }')
	cut=$(grep 'cut short' "$out" | awk '{ n += $NF } END { print n + 0 }')
	echo "$(sed -n 's/^unwind tables from/from/p' "$err") ($whole samples with the whole chain, $cut cut short)"
	[ "$whole" -ge "$(few 25)" ] || fail "only $whole samples"
	[ "$cut" -le $((whole / 10 + 5)) ] || fail "$cut samples are cut short"
}

# count WORD: what the last run says of tables on the disk.
count() { sed -n "s/^unwind tables from the disk.*$1: \\([0-9]*\\).*/\\1/p; s/^unwind tables \\($1\\): \\([0-9]*\\),.*/\\2/p" "$err" | head -n 1; }

run_with "$cache"
kept=$(count 'kept there')
[ "$kept" -ge 1 ] || fail 'no table was kept'
[ "$(stat -c %a "$cache")" = 700 ] || fail 'others may look into the directory'
ls "$cache" | grep -Evq '^([0-9a-f]{32}|secret)$' && fail 'something half done is left'

run_with "$cache"
[ "$(count 'from the disk')" -ge 1 ] || fail 'no table came from the disk'
before=$(count 'from the disk')

# A process with many files, none of them known: two threads make their tables, and the next run finds every one.
many="$TMPDIR/many"
for library in $(ls -S /usr/lib/*-linux-gnu/*.so.*[0-9] | head -n 60); do
	[ -L "$library" ] || echo "$library"
done >"$TMPDIR/libraries"
start python3 -c 'import mmap, os, sys
kept = [mmap.mmap(os.open(path.strip(), os.O_RDONLY), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)
        for path in open(sys.argv[1])]
open(sys.argv[2], "w").close()
while True: pass' "$TMPDIR/libraries" "$TMPDIR/mapped"
busy=$started
wait_for 10 test -e "$TMPDIR/mapped"
for time in first again; do
	SONDE_CACHE="$many" trace -v -e 'profile:hz:99 { @[ustack] = count() } interval:ms:500 { exit() }' -p "$busy"
	(cd "$many" && md5sum *) >"$TMPDIR/$time"
	echo "$time: $(sed -n 's/^unwind tables from/from/p' "$err"), $(ls "$many" | wc -l) entries"
done
stop_all
[ "$(grep -c . "$TMPDIR/first")" -ge $(($(grep -c . "$TMPDIR/libraries") / 2)) ] || fail 'tables were not kept'
cmp -s "$TMPDIR/first" "$TMPDIR/again" || fail 'the second run changed the cache'

# Every entry damaged, one way or the other: made anew, and put right on the disk.
number=0
for entry in "$cache"/????????????????????????????????; do
	number=$((number + 1))
	case $((number % 3)) in
	0) : >"$entry" ;;
	1) printf 'XXXX' | dd of="$entry" bs=1 seek=100 conv=notrunc 2>/dev/null ;;
	2) head -c 200 /dev/urandom >"$entry" ;;
	esac
done
cp -r "$cache" "$TMPDIR/damaged"
run_with "$cache"
[ "$(count damaged)" -ge 1 ] || fail 'nothing was found damaged'
[ "$(diff -rq "$TMPDIR/damaged" "$cache" | grep -c differ)" -ge 1 ] || fail 'what was damaged is so still'
run_with "$cache"
[ "$(count 'from the disk')" -ge 1 ] || fail "no table came from the disk, and $before before"

# Off; not ours alone; a file in its place; a link: no cache, and nothing else is different.
run_with ''
! grep -q 'unwind tables from\|not kept' "$err" || fail 'there is a cache, and none was wanted'
chmod 777 "$cache"
run_with "$cache"
grep -q "^unwind tables are not kept on the disk: $cache: others may write to it" "$err" || fail 'a cache open to others is used'
chmod 700 "$cache"
ln -s "$cache" "$TMPDIR/link"
run_with "$TMPDIR/link"
grep -q '^unwind tables are not kept on the disk: .*not a directory' "$err" || fail 'a link is followed'
run_with /proc/1/nothing
grep -q '^unwind tables are not kept on the disk' "$err" || fail 'a cache below /proc'

# A program that was named once, and is gone: a recording of it has its names still, by build-id.
command -v perf >/dev/null && perf version >/dev/null 2>&1 || { echo 'no perf: no recording of a program that is gone'; exit 0; }
record() { perf record -q -N -e cpu-clock:u -g -F 499 -o "$TMPDIR/$1.data" -- "$own" spin 1 2>>"$err" >&2; }
named() { # RECORDING: samples of the program's own functions
	HOME="$TMPDIR" "$sonde" convert -q "$TMPDIR/$1.data" "$TMPDIR/$1.folded" || fail "$1.data"
	grep -c ';chain_[0-9]' "$TMPDIR/$1.folded"
}
SONDE_CACHE="$TMPDIR/names"
export SONDE_CACHE
own frameless
record never || { echo 'perf does not record here'; exit 0; }
mv "$own" "$own.away"
expect_eq 'names of a program that was never seen' "$(named never)" 0
mv "$own.away" "$own"
trace -f folded -e "profile:hz:99 /comm == \"$comm\"/ { @[ustack] = count() }" -c "$own spin 1"
rm "$own"
[ "$(named never)" -ge 1 ] || fail 'a program that was named before it was removed has no names'
cp "$BUILD/helpers/write" "$own" 2>/dev/null || cp /bin/true "$own"
[ "$(named never)" -ge 1 ] || fail 'a program that was named before it was replaced has no names'
SONDE_CACHE=
expect_eq 'names of a program that is gone, without a cache' "$(named never)" 0
