# --fmt: how a script is set; and that of every script here the tree is the same afterwards, and
# that what is set is not set differently when it is set again.
. tests/lib.sh

cat >"$TMPDIR/script" <<'END'
#!/usr/bin/env sonde
// head
#define A 1
struct foo { int a; char b[4]; }
config={ max_strlen=32; missing_probes=warn }
let @x = hash(5);


macro m(a, $b){ $b+=a; $b }   // trailing
/* block
 comment */
name=BEGIN,interval:s:1   /pid==1&&comm!="x"/ { @a[pid,comm]=count();@b=1;   // note
if(@b>1){print(1)}else if (@b==2){print(2);}else{ print(3) }


$x=(1,2,"a\n"); $y=$x.0+-1*~3 - -1; @c[$y]++; $z = @b ? 1:2; unroll(3){ @b+=1 } while($y<3){ $y++; }
for($kv:@a){ print($kv) } for ($i : 0..5) { continue; } let $f:struct foo* = 0;
$p=(struct task_struct*)curtask; print($p->comm); let $q:uint64=5ms; return;
printf("%s %d\n", comm,
  pid); if !(1) { exit(); } $r = { 1; 2 }; $s=(a=1,b=2); print(sizeof(struct foo)); }
kprobe:a*
, kprobe:b { }
fn f($a : int64): int64 { return $a; }
END
cat >"$TMPDIR/expected" <<'END'
#!/usr/bin/env sonde
// head
#define A 1
struct foo { int a; char b[4]; }
config = {
  max_strlen = 32;
  missing_probes = warn
}
let @x = hash(5);

macro m(a, $b)
{
  $b += a;
  $b
} // trailing
/* block
 comment */
name=BEGIN,
interval:s:1
/pid == 1 && comm != "x"/
{
  @a[pid, comm] = count();
  @b = 1; // note
  if (@b > 1) {
    print(1)
  } else if (@b == 2) {
    print(2);
  } else {
    print(3)
  }

  $x = (1, 2, "a\n");
  $y = $x.0 + -1 * ~3 - -1;
  @c[$y]++;
  $z = @b ? 1 : 2;
  unroll (3) {
    @b += 1
  }
  while ($y < 3) {
    $y++;
  }
  for ($kv : @a) {
    print($kv)
  }
  for ($i : 0..5) {
    continue;
  }
  let $f : struct foo* = 0;
  $p = (struct task_struct*)curtask;
  print($p->comm);
  let $q : uint64 = 5ms;
  return;
  printf("%s %d\n", comm, pid);
  if !(1) {
    exit();
  }
  $r = {
    1;
    2
  };
  $s = (a=1, b=2);
  print(sizeof(struct foo));
}
kprobe:a*,
kprobe:b
{}
fn f($a : int64) : int64
{
  return $a;
}
END
"$sonde" --fmt "$TMPDIR/script" >"$out" || fail 'status'
diff "$TMPDIR/expected" "$out" || fail 'how it is set'
"$sonde" --mode format "$TMPDIR/script" | cmp - "$out" || fail '--mode format'

formatted=0
for script in tests/ast/*.bt tests/verify/*.bt tools/*.bt examples/*.bt; do
	"$sonde" --dump=ast "$script" >"$TMPDIR/before" 2>/dev/null || continue
	"$sonde" --fmt "$script" >"$TMPDIR/once" 2>"$err" || { # the one thing it does not do
		grep -q 'parts that #if leaves out' "$err" && continue
		fail "$script: not formatted"
	}
	"$sonde" --dump=ast "$TMPDIR/once" >"$TMPDIR/after" 2>"$err" || fail "$script: what was set cannot be read"
	cmp -s "$TMPDIR/before" "$TMPDIR/after" || fail "$script: another tree"
	"$sonde" --fmt "$TMPDIR/once" | cmp -s - "$TMPDIR/once" || fail "$script: set again, it changes"
	formatted=$((formatted + 1))
done
[ $formatted -gt 100 ] || fail "only $formatted scripts were formatted"

printf 'begin { print( }' >"$TMPDIR/bad"
! "$sonde" --fmt "$TMPDIR/bad" >"$out" 2>"$err" || fail 'status of what is no script'
[ ! -s "$out" ] || fail 'half a script was printed'
