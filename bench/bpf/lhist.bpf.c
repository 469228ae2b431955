/* lhist: @ = lhist(args.count, 0, 100, 10). Slot 0 is below the range, the last above it. */
#include "row.h"

#define LOW 0
#define HIGH 100
#define STEP 10
#define STEPS ((HIGH - LOW) / STEP)

RESULT_SLOTS(STEPS + 2);

ROW_ENTER
{
	__s64 size = write_size(ctx, form);
	__u32 slot = STEPS + 1;

	if (size < LOW)
		slot = 0;
	else if (size < HIGH)
		slot = 1 + (__u64)(size - LOW) / STEP;
	add_slot(slot, 1);
	return 0;
}
