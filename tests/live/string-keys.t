# A string as key is what is printed, nothing behind it: what memory held behind the end of a
# string, or was there before it was built, makes no second key.
. tests/lib.sh
name=chunks$$
cp "$(command -v dd)" "$TMPDIR/$name" || skip "no dd to copy"
for letter in a b c d e f g h i j; do
	printf 'same%s' "$letter$letter$letter$letter$letter$letter$letter$letter$letter$letter$letter$letter"
done >"$TMPDIR/data" # ten pieces of 16 bytes that begin alike

trace -e 'tracepoint:syscalls:sys_enter_write,tracepoint:syscalls:sys_exit_write /comm == str($1)/ {
	@probes[probe] = count(); $name = comm; @names[$name] = count() }
tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
	@names["longer than any name"] = count();
	@constant[str(args.buf, 5)] = count();
	@computed[str(args.buf, args.count - 11)] = count();
	@tuple[1, str(args.buf, args.count - 12), 2] = count();
	@choice[args.count == 16 ? str(args.buf, args.count - 11) : "other"]++;
	@none[str(args.buf, args.count - 16)] = count();
	@all[str(args.buf, args.count + 1)] = count() }' \
	"$name" -c "$TMPDIR/$name if=$TMPDIR/data of=/dev/null bs=16 status=none"
expect_nothing_lost
for line in 'probes[tracepoint:syscalls:sys_enter_write]' 'probes[tracepoint:syscalls:sys_exit_write]' \
	'names[longer than any name]' 'constant[same]' 'computed[same]' 'tuple[1, sam, 2]' 'choice[same]' 'none[]'; do
	expect_eq "rows of @$line" "$(grep -cFx "@$line: 10" "$out")" 1
done
expect_eq 'rows of @names[comm]' "$(grep -cFx "@names[$name]: 20" "$out")" 1
expect_eq 'rows of @all' "$(grep -c '^@all\[same[a-j]*\]: 1$' "$out")" 10
expect_eq 'rows' "$(grep -c '^@' "$out")" 19
