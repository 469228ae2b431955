# A script in a pipe, as of `sonde <(make-script)`: it can be read but once.
. tests/lib.sh

mkfifo "$TMPDIR/script"
echo 'BEGIN { exit() }' >"$TMPDIR/script" &
timeout 10 "$sonde" "$TMPDIR/script" --dump=script >"$out" 2>"$err" </dev/null || fail 'a script in a pipe'
expect_eq 'the script' "$(cat "$out")" 'BEGIN { exit() }'
