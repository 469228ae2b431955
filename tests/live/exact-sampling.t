# A sampling probe at 20 kHz that updates the maps which the traced writes update: what the
# writes added is exact, although samples run in the middle of them.
. tests/lib.sh
own writers
trace_limit=50
want=$(few 500000) # each of two

trace -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
	@count = count(); @plus++; @by[0] = count(); @byplus[0]++; @h = hist(args.count); @n = sum(1); }
profile:hz:20000 {
	@count = count(); @plus++; @by[0] = count(); @byplus[0]++; @h = hist(1); @n = sum(1); @samples++; }' \
	"$comm" -c "$own -p 2 -n $want -c 0,1"
samples=$(map_value samples)
[ "$samples" -gt 100 ] || fail "only $samples samples"
for map in count plus n 'by 0' 'byplus 0'; do
	expect_eq "@$map" "$(map_value $map)" $((2 * want + samples))
done
expect_eq '@h' "$(awk '$1 == "[1]" { print $2; exit }' "$out")" $((2 * want + samples))
