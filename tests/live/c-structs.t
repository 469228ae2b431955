# Structs that a script defines, laid over what a program hands to its function: signed and
# unsigned bit-fields, packed members, strings, arrays, unions, pointers to others.
. tests/lib.sh
need_root

cat >"$TMPDIR/types.h" <<'END'
#ifndef TYPES_H
#define TYPES_H
#define NAME_LENGTH 16
struct inner { short q; char name[NAME_LENGTH]; };
#endif
END
cat >"$TMPDIR/structs.bt" <<END
#include "types.h"
enum level { LOW = 3, HIGH = 9 };
struct outer {
	int a : 3; unsigned b : 5; long c;
	struct inner in;
	struct outer *next;
	signed char f[4];
	int m[2][3];
	union { int u1; char u2; };
	unsigned long big : 40;
	long sb : 20;
	_Bool flag : 1;
	enum level level : 6;
	struct below { int deep; } __attribute__((packed)) *below;
} __attribute__((packed));
macro outer(p) { ((struct outer *)p) }
fn next_c(\$x : struct outer *) : int64 { if (\$x->b == 17) { return \$x->next->c; } return 0; }
uprobe:$helpers/structs:structs_look /arg1 == 1/ {
	\$x = (struct outer *)arg0;
	printf("bits %d %d %lx %d %d %d\n", \$x->a, \$x->b, \$x->big, \$x->sb, \$x->flag, \$x->level);
	printf("level %s\n", \$x->level);
	printf("plain %d %s %d %d\n", \$x->c, \$x->in.name, \$x->in.q, outer(arg0)->next->c);
	printf("arrays %d %d %d\n", \$x->f[1], \$x->m[1][2], \$x->m[0][1]);
	printf("union %d %d\n", \$x->u1, \$x->u2);
	printf("below %d %d %d\n", \$x->below->deep, sizeof(struct outer), offsetof(struct outer, below));
	printf("function %d\n", next_c(\$x));
	print(\$x->in);
	@names[\$x->in.name] = count();
	@inner = \$x->in;
}
END
trace -q -c "$helpers/structs" "$TMPDIR/structs.bt"
expect_line 'bits -2 17 8000000005 -9 1 9'
expect_line 'level HIGH'
expect_line 'plain -5 hello 7 99'
expect_line 'arrays -2 6 2'
expect_line 'union 77 77'
expect_line 'below 1234 84 76'
expect_line 'function 99'
expect_line '\{ \.q = 7, \.name = hello \}'
expect_line '@names\[hello\]: 1'
expect_line '@inner: \{ \.q = 7, \.name = hello \}'
