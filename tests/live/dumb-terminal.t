# A terminal that knows no escape sequences gets none: the live view, tools that begin each table at the top.
. tests/lib.sh

command -v python3 >/dev/null || skip "no python3"
view='profile:hz:99 { @[comm, kstack] = count() } interval:ms:300 { print(@, 0, 99); clear(@) }'
for term in xterm dumb; do
	for arguments in '-f top --duration 1 -e' 'biotop 1 1'; do
		[ "${arguments#-}" = "$arguments" ] && set -- $arguments || set -- $arguments "$view"
		TERM=$term timeout $((20 * ${SONDE_SLOW:-1})) python3 tests/lib/on_terminal.py 80 "$sonde" "$@" >"$out" 2>"$err" </dev/null
		[ -s "$out" ] || fail "nothing of $1 on $term"
		if [ $term = dumb ]; then
			grep -q "$(printf '\033')" "$out" && fail "$1 moves the cursor of a dumb terminal"
		fi
	done
done
exit 0
