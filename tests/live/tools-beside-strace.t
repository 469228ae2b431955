# opensnoop, statsnoop, execsnoop and syscount beside strace: the same program, run once under each,
# did the same. What is compared is what it asked for and what it was answered, in order.
. tests/lib.sh
need_root
need_strace
comm=sh$$
shell=$TMPDIR/$comm
cp "$(readlink -f "$(command -v sh)")" "$shell"
mkdir "$TMPDIR/folder"
touch "$TMPDIR/folder/one" "$TMPDIR/folder/two"

# strace's calls with a path as "PATH RESULT ERRNO", errors as numbers
paths() {
	sed -nE '/"",/d; s/^[a-z0-9]*\((AT_FDCWD, )?"([^"]*)".*\) += (-?[0-9]+)( (E[A-Z]+).*)?$/\2 \3 \5/p' "$TMPDIR/strace" |
		sed 's/ $/ 0/; s/ENOENT$/2/; s/EACCES$/13/; s/ENOTDIR$/20/; s/EISDIR$/21/'
}

# opensnoop: files that are there, that are not, that are made, and folders
cat >"$TMPDIR/opens" <<-E
	: <$TMPDIR/folder/one
	: >$TMPDIR/folder/three
	: >>$TMPDIR/folder/two
	: 2>/dev/null <$TMPDIR/folder/none
	: 2>/dev/null >$TMPDIR/folder
	: 2>/dev/null <$TMPDIR/folder/one/beyond
E
sed -i 's/^: \(.*\)$/(: \1)/' "$TMPDIR/opens"
strace -f -e trace=open,openat,creat,openat2 -o "$TMPDIR/strace" "$shell" "$TMPDIR/opens" 2>/dev/null
sed -i 's/^[0-9]* *//' "$TMPDIR/strace"
paths >"$TMPDIR/theirs"
rm "$TMPDIR/folder/three"
trace opensnoop --comm "$comm" --cmd "$shell $TMPDIR/opens" 2>/dev/null
awk -v comm="$comm" '$2 == comm { print $5, $3, $4 }' "$out" >"$TMPDIR/ours"
expect_nothing_lost
expect_same opensnoop 8

# statsnoop: what test asks for
cat >"$TMPDIR/asks" <<-E
	[ -e $TMPDIR/folder/one ]; [ -e $TMPDIR/folder/none ]; [ -d $TMPDIR/folder ]
	[ -e $TMPDIR/folder/one/beyond ]; [ -f $TMPDIR/folder/two ]; [ -s / ]
E
strace -e trace=stat,lstat,newfstatat,statx -o "$TMPDIR/strace" "$shell" "$TMPDIR/asks"
paths >"$TMPDIR/theirs"
trace statsnoop --comm "$comm" --cmd "$shell $TMPDIR/asks"
awk -v comm="$comm" '$2 == comm && NF == 5 { print $5, $3, $4 }' "$out" >"$TMPDIR/ours"
expect_same statsnoop 6

# execsnoop -x: programs that are there, that are not and that are none; fifty arguments
echo 'not a program' >"$TMPDIR/folder/text"
chmod 755 "$TMPDIR/folder/text"
cat >"$TMPDIR/execs" <<-E
	for i in 1 2 3 4 5 6 7 8 9 10; do
		/bin/true one \$i
		/bin/echo "two words" \$i >/dev/null
		(exec $TMPDIR/folder/none \$i)
	done 2>/dev/null
	/bin/true $(seq -s ' ' 1 50)
	env $TMPDIR/folder/text 2>/dev/null
	true
E
strace -f -e trace=execve -s 200 -v -o "$TMPDIR/strace" "$shell" "$TMPDIR/execs"
sed -nE 's/^[0-9]+ +execve\("([^"]*)", \[(.*)\], \[.*\) += (-?[0-9]+) ?(E[A-Z]*)?.*/\2|\3\4/p' "$TMPDIR/strace" |
	sed 's/^"//; s/"|/|/; s/", "/ /g; s/-1ENOENT/-2/; s/-1ENOEXEC/-8/' | sed 1d | sort >"$TMPDIR/theirs"
trace execsnoop -x --json --cmd "$shell $TMPDIR/execs"
# this shell's children, and nobody else's
sed -nE 's/^\{"type": "row", "data": \{"pcomm": "[^"]*", "pid": ([0-9]+), "ppid": ([0-9]+), "ret": (-?[0-9]+), "args": \["(.*)"\]\}\}$/\1|\2|\4|\3/p' "$out" |
	sed 's/", "/ /g' >"$TMPDIR/rows"
parent=$(awk -F '|' -v want="$shell $TMPDIR/execs" '$3 == want { print $1; exit }' "$TMPDIR/rows")
awk -F '|' -v parent="$parent" '$2 == parent { mine[$1] = 1; print $3 "|" $4 }' "$TMPDIR/rows" | sort >"$TMPDIR/ours"
expect_same 'execsnoop -x' 33

# syscount: how often which call
ls=$TMPDIR/ls$$
cp "$(readlink -f "$(command -v ls)")" "$ls"
strace -c -o "$TMPDIR/strace" "$ls" -l "$TMPDIR/folder" >"$TMPDIR/listing"
awk '$1 ~ /^[0-9]/ && $NF != "total" { print $NF, $4 }' "$TMPDIR/strace" | sort >"$TMPDIR/theirs"
trace syscount --comm "ls$$" --top 100 --cmd "$ls -l $TMPDIR/folder"
awk 'NF == 2 && $1 ~ /^[a-z_0-9]+$/ && $1 != "total" { print $1, $2 }' "$out" | sort >"$TMPDIR/ours"
expect_same syscount 15
