# mysqld_qslower, beside a program with a MySQL server's probes: each second query takes 30 ms.
. tests/lib.sh
need_root
own usdt

trace mysqld_qslower -x "$own" 0 25 --json --cmd "$own -q 30 -n 4"
row='"query": "SELECT count\(\*\) FROM people, places"'
expect_eq 'mysqld_qslower: the slow ones' "$(grep -cE "\"ms\": [3-9][0-9.]+, $row" "$out")" 4
expect_eq 'mysqld_qslower: nothing else' "$(grep -c '"type": "row"' "$out")" 4
start "$own" -q 30 -n 400
trace mysqld_qslower "$started" 0 --duration 1
expect_line 'TIME\(s\) +PID +MS QUERY'
expect_line "[0-9.]+ +$started +[0-9.]+ SELECT name FROM people"
expect_line "[0-9.]+ +$started +[3-9][0-9.]+ SELECT count\(\*\) FROM people, places"
trace mysqld_qslower "$started" 10000 --duration 0.5
expect_no_line '.*SELECT.*'
