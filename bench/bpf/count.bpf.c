/* count: @ = count() */
#include "row.h"

RESULT_SLOTS(1);

ROW_ENTER
{
	add_slot(0, 1);
	return 0;
}
