# Which function calls this one most: at a function's first instruction the stack names its
# caller, whether or not there are frame pointers, and however the function begins. Uprobes see
# the command of -c alone. README's question about malloc, answered.
. tests/lib.sh
own callers

count_of() { # FRAMES, inner first: the value of that key; what is behind the frames may be anything
	awk -v want="$1" '/^@\[$/ { stack = ""; next } /^\]: / { if (stack == want) n += $2; next }
		{ sub(/^ +/, ""); sub(/[+].*/, ""); stack = stack (stack == "" ? "" : " ") $0 }
		END { print n + 0 }' "$out"
}

for mode in planned classic; do
	for probe in "uprobe:$own:*_leaf" "uprobe:$own:plain_leaf,uprobe:$own:framed_leaf"; do
		trace --attach $mode -e "$probe { @[ustack(2)] = count() }" -c "$own"
		expect_nothing_lost
		for want in 'plain_leaf few 5' 'plain_leaf many 50' 'framed_leaf few 7' 'framed_leaf many 70'; do
			expect_eq "$mode, $probe: $want" "$(count_of "${want% *}")" "${want##* }"
		done
		expect_eq "$mode, $probe: keys" "$(grep -c '^@\[$' "$out")" 4
	done
	# each alone, and with more frames asked for
	for leaf in plain framed; do
		trace --attach $mode -f folded -e "uprobe:$own:${leaf}_leaf { @[ustack(3)] = count() }" -c "$own"
		for caller in few many; do
			grep -q "${caller};${leaf}_leaf [0-9]*$" "$out" || fail "$mode: $leaf is not called by $caller"
		done
	done
done

# One function many times over: dive(0) lies under nine others, called from one place.
trace -f folded -e "uprobe:$own:dive /arg0 == 0/ { @[ustack(10)] = count() }" -c "$own"
expect_eq 'frames of dive' "$(grep -o 'dive' "$out" | wc -l)" 10
expect_no_line '.*main.*'

# What was kept before in the same scratch does not make two stacks of one.
trace -e "uprobe:$own:plain_leaf { @other[str(\$1), nsecs] = 1; @[ustack(2)] = count(); @s[ustack(1), str(\$1)] = count() }" \
	'some text that is longer than a stack of two frames' -c "$own"
expect_eq 'keys of two frames' "$(grep -c '^@\[$' "$out")" 2

# Others that call the same function meanwhile do not show.
library=$(awk '/r-xp.*\/libc[.-]/ { print $6; exit }' /proc/$$/maps)
[ "$library" ] || skip "no C library found"
trace -e "uprobe:$library:malloc { @[pid == cpid] = count() }" -c "sh -c 'for i in 1 2 3; do $own; done'"
expect_eq 'malloc of others' "$(map_value '' 0)" 0
cc=${CC:-cc}
command -v "$cc" >/dev/null || exit 0
cat >"$TMPDIR/program.c" <<-E2
	#include <stdlib.h>
	void *volatile kept;
	__attribute__((noinline)) void parse(void) { for (int i = 0; i < 20; i++) { kept = malloc(i); free(kept); } }
	__attribute__((noinline)) void render(void) { kept = malloc(1); free(kept); }
	int main(void) { for (int i = 0; i < 100; i++) { parse(); render(); } return 0; }
E2
"$cc" -O2 -o "$TMPDIR/program" "$TMPDIR/program.c" || fail 'the program does not compile'
trace -e 'uprobe:libc:malloc { @[ustack(2)] = count() }' -c "$TMPDIR/program"
expect_eq 'malloc by parse' "$(count_of 'malloc parse')" 2000
expect_eq 'malloc by render' "$(count_of 'malloc render')" 100
