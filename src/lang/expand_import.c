#include "lang/expand_int.h"
void expand_imports(struct expander *e)
{
	(void)e;
}
