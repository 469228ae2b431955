# Tools that look into interpreters: what a Java and a Python program are known to do, counted.
. tests/lib.sh
need_root
ran=

# ---- Python: collections that the program asks for ----
python=/usr/bin/python3
if "$sonde" -l "usdt:$python:python:gc__done" 2>/dev/null | grep -q gc__done; then
	ran=1
	cp "$python" "$TMPDIR/python$$"
	cat >"$TMPDIR/collect.py" <<-'END'
	import gc
	gc.disable()
	class Ring:
	    def __init__(self):
	        self.me = self
	for i in range(50):
	    Ring()
	for i in range(7):
	    gc.collect(1)
	END
	trace ugc -l python --python "$TMPDIR/python$$" --cmd "$TMPDIR/python$$ -I -S $TMPDIR/collect.py"
	expect_eq 'collections of generation 1' "$(grep -cE '^[0-9.]+ +[0-9]+ +[0-9.]+ +python +generation 1 +[0-9]+$' "$out")" 7
	[ "$(awk '$5 == "generation" && $6 == 1 && $7 >= 50' "$out" | wc -l)" = 1 ] || fail 'ugc: the 50 rings were not collected at once'
	trace ugc -l python -M 5000 --python "$TMPDIR/python$$" --cmd "$TMPDIR/python$$ -I -S $TMPDIR/collect.py"
	expect_no_line '.* python +generation .*'
fi

# ---- Java: methods and objects ----
for home in /usr/lib/jvm/default-java /usr/lib/jvm/*; do
	jvm=$home/lib/server/libjvm.so
	[ -x "$home/bin/javac" ] && "$sonde" -l "usdt:$jvm:hotspot:method__entry" 2>/dev/null | grep -q entry && break
	jvm=
done
if [ "$jvm" ]; then
	ran=1
	cat >"$TMPDIR/Work.java" <<-'END'
	public class Work {
		static class Thing { long a, b; }
		static Thing kept;
		static int leaf(int n) { kept = new Thing(); return n + 1; }
		static int middle(int n) { for (int i = 0; i < 3; i++) leaf(i); return n; }
		public static void main(String[] args) throws Exception {
			for (int i = 0; i < 100; i++) middle(i);
			Thread other = new Thread(() -> System.gc(), "a-thread-of-ours");
			other.start();
			other.join();
		}
	}
	END
	"$home/bin/javac" -d "$TMPDIR" "$TMPDIR/Work.java" >"$err" 2>&1 || fail 'javac'
	methods="$home/bin/java -XX:+UseSerialGC -XX:+DTraceMethodProbes -cp $TMPDIR Work"
	trace ucalls --jvm "$jvm" --cmd "$methods"
	expect_line 'Work +leaf +300'
	expect_line 'Work +middle +100'
	expect_line 'Work\$Thing +<init> +300'
	trace ucalls -L -m -S --jvm "$jvm" --cmd "$methods"
	expect_line 'Work +leaf +300 +[0-9.]+'
	expect_line 'Work +main +1 +[0-9.]+'
	grep -Eq '^futex +[0-9]+ +[0-9.]+$' "$out" || fail 'ucalls -S: no system calls'
	trace uflow -C Work -M middle --jvm "$jvm" --cmd "$methods"
	expect_eq 'uflow: calls' "$(grep -cE ' 1 -> Work\.middle$' "$out")" 100
	expect_eq 'uflow: returns' "$(grep -cE ' 1 <- Work\.middle$' "$out")" 100
	trace uobjnew --jvm "$jvm" --cmd "$home/bin/java -XX:+DTraceAllocProbes -cp $TMPDIR Work"
	expect_line 'Work\$Thing +300'
	trace uthreads --jvm "$jvm" --cmd "$home/bin/java -cp $TMPDIR Work"
	expect_eq 'uthreads' "$(grep -cE ' (start|stop) +a-thread-of-ours$' "$out")" 2
	trace ugc --jvm "$jvm" --cmd "$methods"
	grep -Eq 'MarkSweepCompact|Copy' "$out" || fail 'ugc: no collection'
fi

# ---- C: sizes ----
own uprobe_target
cp "$(command -v cat)" "$TMPDIR/cat$$"
trace uobjnew -l c --comm "cat$$" --cmd "$TMPDIR/cat$$ /etc/hostname"
grep -Eq '^block size [0-9]+ +[0-9]+ +[0-9]+$' "$out" || fail 'uobjnew -l c'
trace ucalls -l none -S --comm "$comm" --cmd "$own -n 1"
expect_line 'writev +1'
[ "$ran" ] || skip 'neither a Java nor a Python with static probes; only C was looked at'
