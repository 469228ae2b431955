/* tseries.h - time series for reading: a line an interval, and as JSON. */
#ifndef SONDE_OUT_TSERIES_H
#define SONDE_OUT_TSERIES_H

#include "run/merge.h"

/* A picture, values left to right, time downwards:
 *
 *              0                                                   4
 * hh:mm:ss.ms  |___________________________________________________|
 * 06:59:02.600 *                                                   | 0
 */
void tseries_print(const struct type *type, const void *value, struct buf *out);
/* [{"interval_start": "2026-11-21 06:59:02.600000000", "value": 0}, ...], without empty intervals. */
void tseries_json(const struct type *type, const void *value, struct buf *out);

#endif
