# Two writers, one on each CPU, 500 000 one-byte writes each: every way of counting gives all.
. tests/lib.sh
own writers
trace_limit=50
want=1000000

trace -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
	@count = count(); @sum = sum(1); @plus++; @total += args.count; @by[comm] = count();
	@pids[pid]++; @h = hist(args.count); @l = lhist(args.count, 0, 10, 1);
	@min = min(args.count); @max = max(args.count); @st = stats(args.count); }' \
	"$comm" -c "$own -p 2 -n 500000 -c 0,1"
expect_nothing_lost
for name in count sum plus total; do
	expect_all "@$name" "$(map_value $name)" $want
done
expect_all '@by[comm]' "$(map_value by "$comm")" $want
want=$(map_value count) # what was seen, is seen by all
expect_eq 'keys of @pids' "$(sed -n 's/^@pids\[[0-9]*\]: //p' "$out" | awk '{ n += $1; if ($1 <= 500000) keys++ } END { print keys, n }')" "2 $want"
for name in h l; do
	expect_eq "@$name" "$(awk -v m="@$name:" '$0 == m { on = 1; next } on && $1 == "[1]" { print $2; exit }' "$out")" $want
done
expect_eq '@min' "$(map_value min)" 1
expect_eq '@max' "$(map_value max)" 1
expect_line "@st: { .count = $want, .average = 1, .total = $want }"
