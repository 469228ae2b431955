# path(): the file that is opened, whole and cut; where the kernel lets programs ask for it.
. tests/lib.sh
need_root
"$sonde" --dry-run -e 'fentry:security_file_open { print(path(args.file.f_path)) }' >"$out" 2>"$err" ||
	{ grep -q 'hook-missing' "$err" && skip 'no fentry here'; fail 'path'; }
echo text >"$TMPDIR/file.txt"
trace -q -e 'fentry:security_file_open /pid == cpid/ { printf("%s\n", path(args.file.f_path)) }' -c "cat $TMPDIR/file.txt"
grep -q '/file.txt$' "$out" || fail 'the path of the file'
