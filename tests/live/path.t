# path(): the file that is closed, whole and cut; where the kernel lets programs ask for it.
. tests/lib.sh
need_root
"$sonde" --dry-run -e 'fentry:filp_close { print(path(args.filp.f_path)) }' >"$out" 2>"$err" ||
	{ grep -q 'hook-missing' "$err" && skip 'no fentry here'; fail 'path'; }
echo text >"$TMPDIR/file.txt"
trace -q -e 'fentry:filp_close /pid == cpid/ { printf("%s\n", path(args.filp.f_path)) }' -c "cat $TMPDIR/file.txt"
grep -q "^$(readlink -f "$TMPDIR/file.txt")$" "$out" || grep -q '/file.txt$' "$out" || fail 'the path of the file'
