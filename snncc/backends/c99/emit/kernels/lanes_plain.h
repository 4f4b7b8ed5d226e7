#else

SNNCC_INLINE snncc_lanes snncc_add(snncc_lanes sum, const snncc_row *row)
{
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + row->byte[k]);
    return sum;
}

#if SNNCC_SWAR
/* Both lanes of two words, added: without their upper bits no lane reaches the next. */
SNNCC_INLINE uint32_t snncc_add_pair(uint32_t a, uint32_t b)
{
    return ((a & 0x7FFF7FFFu) + (b & 0x7FFF7FFFu)) ^ ((a ^ b) & 0x80008000u);
}
#endif

/* Two sums of eight lanes. */
SNNCC_INLINE snncc_lanes snncc_plus(snncc_lanes sum, const snncc_lanes *more)
{
#if SNNCC_SWAR
    for (unsigned k = 0; k < 4; k++)
        sum.pair[k] = snncc_add_pair(sum.pair[k], more->pair[k]);
#else
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + more->lane[k]);
#endif
    return sum;
}

/* Eight values that stand one after the other, added. */
SNNCC_INLINE snncc_lanes snncc_plus_values(snncc_lanes sum, const snncc_shared_int16 *values)
{
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + values[k]);
    return sum;
}

/* The same for values that stand `apart`. */
SNNCC_INLINE snncc_lanes snncc_plus_apart(snncc_lanes sum, const snncc_shared_int16 *values, uint32_t apart)
{
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + values[k * apart]);
    return sum;
}

/* One value, added to all eight. */
SNNCC_INLINE snncc_lanes snncc_plus_each(snncc_lanes sum, int32_t value)
{
    for (unsigned k = 0; k < 8; k++)
        sum.lane[k] = (int16_t)(sum.lane[k] + value);
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

