# Built without clang there is no library for BPF: stacks are walked by frame pointers, and their ids and
# comparisons are loops of the script's program. The same tests hold of them.
. tests/lib.sh
need_root
command -v make >/dev/null && command -v "${CC:-cc}" >/dev/null || skip 'no compiler'

own="$TMPDIR/build"
make -s -j2 BUILD="$own" CLANG=no-clang-here CFLAGS=-O1 "$own/sonde" >"$TMPDIR/make" 2>&1 || { cat "$TMPDIR/make"; fail 'it does not build'; }
for folder in helpers workload; do ln -s "$(cd "$BUILD" && pwd)/$folder" "$own/$folder"; done
"$own/sonde" --info >"$out"
expect_line ' *why: *sonde was built without clang'
for test in stacks stack-collision kernel-stacks; do
	mkdir "$TMPDIR/$test"
	BUILD="$own" TMPDIR="$TMPDIR/$test" sh "tests/live/$test.t" || fail "$test: status $?"
done
