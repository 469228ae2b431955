# Where the result of convert goes: through links, with the rights of the file that was there; and
# nothing is left beside it, however it ends.
. tests/lib.sh

cp tests/prof/small.perf tests/prof/cc1.perf "$TMPDIR"
cp tests/prof/small.folded "$TMPDIR/expected"
case $sonde in /*) ;; *) sonde=$PWD/$sonde ;; esac
cd "$TMPDIR" || fail 'no TMPDIR'
"$sonde" convert small.perf -o expected -t folded 2>"$err" || fail 'convert'

# A link leads to the file that is written, and stays a link; /dev/stdout is one.
echo old >target
ln -s target link
"$sonde" convert small.perf -o link -t folded || fail 'through a link'
[ -L link ] || fail 'the link is gone'
cmp expected target || fail 'through a link'
ln -s /proc/self/fd/1 stdout
"$sonde" convert small.perf -o stdout -t folded >out.folded || fail 'to standard output by its name'
[ -L stdout ] || fail "standard output's name is gone"
cmp expected out.folded || fail 'standard output by its name'
echo first >out.folded
"$sonde" convert small.perf -o stdout -t folded >>out.folded
expect_eq 'what was there' "$(head -n 1 out.folded)" first

# What only its owner may read stays so.
echo secret >private
chmod 600 private
"$sonde" convert small.perf -o private -t folded || fail 'over a file'
expect_eq 'mode' "$(stat -c %a private)" 600
cmp expected private || fail 'over a file'

# A limit of size, a lack of memory: nothing is left.
(ulimit -f 1; "$sonde" convert cc1.perf -o big.html) 2>"$err" && fail 'larger than the limit'
expect_eq 'beside the result' "$(ls big.html* 2>/dev/null)" ''
# small: the samples fit, their picture does not
awk 'BEGIN { for (i = 0; i < 60000; i++) print "a" i ";b" i ";c" i ";d" i " 1" }' >many.folded
for size in 60000 80000 100000 120000 160000; do
	(ulimit -v $size; "$sonde" convert many.folded -o many.html) 2>"$err" && break
	expect_eq "beside the result, with $size KB" "$(ls many.html* 2>/dev/null)" ''
done
exit 0
