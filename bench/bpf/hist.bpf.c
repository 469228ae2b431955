/* hist: @ = hist(args.count) */
#include "row.h"

RESULT_SLOTS(SLOTS);

ROW_ENTER
{
	add_slot(log2_bucket(write_size(ctx, form)), 1);
	return 0;
}
