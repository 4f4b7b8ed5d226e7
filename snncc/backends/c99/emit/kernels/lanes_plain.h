#else

SNNCC_INLINE snncc_lanes snncc_add(snncc_lanes sum, const snncc_row *row)
{
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + row->byte[k]);
    return sum;
}

/* Two sums of eight lanes. */
SNNCC_INLINE snncc_lanes snncc_plus(snncc_lanes sum, const snncc_lanes *more)
{
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + more->lane[k]);
    return sum;
}

/* Eight values that stand one after the other, added. */
SNNCC_INLINE snncc_lanes snncc_plus_values(snncc_lanes sum, const snncc_shared_int16 *values)
{
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + values[k]);
    return sum;
}

/* a + b, saturated. */
SNNCC_INLINE int32_t snncc_add32(int32_t a, int32_t b)
{
    return (int32_t)snncc_fit((int64_t)a + b, INT32_MIN, INT32_MAX);
}

/* From the order of the bytes of a row to that of the neurons. */
SNNCC_INLINE snncc_lanes snncc_settle(snncc_lanes sum)
{
#if !SNNCC_SWAR
    const snncc_lanes bytes = sum;
    sum.lane[1] = bytes.lane[2];
    sum.lane[2] = bytes.lane[1];
    sum.lane[5] = bytes.lane[6];
    sum.lane[6] = bytes.lane[5];
#endif
    return sum;
}

#endif

SNNCC_INLINE snncc_event *snncc_append_one(snncc_event *out, uint32_t fires, uint32_t index)
{
    if (fires)
        *out++ = (snncc_event)index;
    return out;
}

