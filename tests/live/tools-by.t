# --by: all keys that a tool says it has, at once; and for a direct-I/O writer and a TCP session, that
# the parts add up to what the programs count themselves.
. tests/lib.sh
need_root
for script in tools/*.bt; do
	grep -q '^ \* by' "$script" || continue
	tool=$(basename "$script" .bt)
	tool_is_here "$tool" || continue
	keys=$("$sonde" "$tool" --by no-such-key 2>&1 | sed -n 's/.* has //p' | tr -d ' ')
	[ "$keys" ] || continue # its script is made from its arguments
	chain=
	[ "$tool" != offwaketime ] || chain=--chain
	"$sonde" "$tool" $chain --by "$keys" --dry-run >"$out" 2>"$err" || fail "$tool --by $keys"
	case ,$keys, in *,cpu,*) ;; *) fail "$tool --by cpu" ;; esac
done

case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) skip 'no disk under TMPDIR' ;; esac
dd if=/dev/zero of="$TMPDIR/data" bs=64k count=64 oflag=direct status=none 2>/dev/null || skip 'no direct I/O here'
sync "$TMPDIR/data"
disk=$(df -P "$TMPDIR" | awk 'END { sub(".*/", "", $1); print $1 }')

# Two programs on one disk, and one of them on a loop device too: rows of disk x process.
comm=one$$
two=two$$
cp "$(command -v dd)" "$TMPDIR/$comm"
cp "$(command -v dd)" "$TMPDIR/$two"
loop=
dd if=/dev/zero of="$TMPDIR/image" bs=1M count=8 status=none && loop=$(losetup -f --show "$TMPDIR/image" 2>/dev/null) &&
	trap 'stop_all; losetup -d "$loop"' EXIT
cat >"$TMPDIR/work" <<E
$TMPDIR/$comm if=/dev/zero of=$TMPDIR/data bs=64k count=30 oflag=direct conv=notrunc 2>$TMPDIR/said.1
$TMPDIR/$two if=/dev/zero of=$TMPDIR/data bs=16k count=50 oflag=direct conv=notrunc 2>$TMPDIR/said.2
${loop:+$TMPDIR/$comm if=/dev/zero of=$loop bs=32k count=20 oflag=direct conv=notrunc 2>$TMPDIR/said.3}
E
said() { awk '/ bytes / { print $1 / 1024 ".000" }' "$TMPDIR/said.$1"; }
pairs() { # of biotop --json: DISK,COMM[,D] KBYTES, a line each
	tr '{' '\n' <"$out" | tr -d '" ' |
		sed -n 's/^key:\[\(.*\)\],value:$/\1/p; s/^i_o:[0-9]*,kbytes:\([0-9.]*\),.*/ \1/p' | sed 'N; s/\n//'
}
kbytes() { awk -v pair="$1" '$1 == pair { print $2 }' "$out"; }
trace_disk biotop -C --by disk,comm --json --cmd "sh $TMPDIR/work" 60
pairs | grep -E ",($comm|$two) " >"$out.pairs"
mv "$out.pairs" "$out" # nobody else's
expect_eq "$comm on $disk" "$(kbytes "$disk,$comm")" "$(said 1)"
expect_eq "$two on $disk" "$(kbytes "$disk,$two")" "$(said 2)"
[ -z "$loop" ] || expect_eq "$comm on $loop" "$(kbytes "${loop#/dev/},$comm")" "$(said 3)"
expect_nothing_lost

# fio, by its own account
command -v fio >/dev/null || exit 0
comm=fio$$
cp "$(command -v fio)" "$TMPDIR/$comm"
trace_disk biotop -C --comm "$comm" --by disk,comm,d --json --cmd "$TMPDIR/$comm --name=mixed --filename=$TMPDIR/data \
	--size=4M --rw=randwrite --bs=8k --direct=1 --ioengine=psync --thread --output-format=json --output=$TMPDIR/fio.json" 60
pairs >"$TMPDIR/pairs"
mv "$TMPDIR/pairs" "$out"
theirs=$(awk '$1 == "\"write\"" { on = 1 } on && $1 == "\"io_bytes\"" { print $3 + 0; exit }' "$TMPDIR/fio.json")
expect_eq 'fio' "$(kbytes "$disk,$comm,W")" "$((theirs / 1024)).000"
