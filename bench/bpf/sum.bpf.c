/* sum: @ = sum(args.count) */
#include "row.h"

RESULT_SLOTS(1);

ROW_ENTER
{
	add_slot(0, write_size(ctx, form));
	return 0;
}
