#if SNNCC_DSP

/* Both lanes plus bytes 0 and 2 of a word, or plus bytes 1 and 3: SXTAB16, for the latter with the word rotated by 8
 * bits: compilers see a rotation in the two shifts. */
SNNCC_INLINE uint32_t snncc_add_even(uint32_t pair, uint32_t bytes)
{
    return (uint32_t)__sxtab16((int32_t)pair, (int32_t)bytes);
}

SNNCC_INLINE uint32_t snncc_add_odd(uint32_t pair, uint32_t bytes)
{
#if defined(__GNUC__) && !defined(__clang__)
    uint32_t sum;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(sum) : "r"(pair), "r"(bytes));
    return sum;
#else
    return (uint32_t)__sxtab16((int32_t)pair, (int32_t)(bytes >> 8 | bytes << 24));
#endif
}

SNNCC_INLINE snncc_lanes snncc_add(snncc_lanes sum, const snncc_row *row)
{
    const uint32_t first = row->word[0], second = row->word[1];
    sum.pair[0] = snncc_add_even(sum.pair[0], first);
    sum.pair[1] = snncc_add_odd(sum.pair[1], first);
    sum.pair[2] = snncc_add_even(sum.pair[2], second);
    sum.pair[3] = snncc_add_odd(sum.pair[3], second);
    return sum;
}

/* The upper 32 of the 48 bits of a factor times the lower, or the upper, lane: SMULWB and SMULWT. GCC has neither of
 * the two 16-bit multiplications of ACLE, but the instructions that also add. */
SNNCC_INLINE int32_t snncc_times_low(int32_t factor, uint32_t pair)
{
#if defined(__GNUC__) && !defined(__clang__)
    return __smlawb(factor, (int32_t)pair, 0);
#else
    return __smulwb(factor, (int32_t)pair);
#endif
}

SNNCC_INLINE int32_t snncc_times_high(int32_t factor, uint32_t pair)
{
#if defined(__GNUC__) && !defined(__clang__)
    return __smlawt(factor, (int32_t)pair, 0);
#else
    return __smulwt(factor, (int32_t)pair);
#endif
}

SNNCC_INLINE snncc_lanes snncc_settle(snncc_lanes sum)
{
    return sum;
}

SNNCC_INLINE uint32_t snncc_join(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | ((uint32_t)high << 16);
}

/* Both lanes times factor / 2**bits, toward zero; bits <= 16, 0 <= factor < 2**bits. With the factor raised to 31
 * fraction bits and one more, a product v (factor + 2**-31) lies above the exact one by less than a code of it for
 * v >= 0, and below for v < 0. So rounded down it is right, or, where v < 0, by one too small even if exact. */
SNNCC_INLINE uint32_t snncc_fade(uint32_t pair, uint32_t factor, unsigned bits)
{
    const int32_t raised = (int32_t)((factor << (31u - bits)) + 1u);
    const int32_t low = snncc_times_low(raised, pair) >> 15, high = snncc_times_high(raised, pair);
    const uint32_t down = ((uint32_t)low & 0xFFFFu) | ((uint32_t)high << 1 & 0xFFFF0000u);
    return (uint32_t)__sadd16((int32_t)down, (int32_t)((pair >> 15) & 0x00010001u));
}

/* The same with a factor for each lane, below 2**15; bits <= 15. */
SNNCC_INLINE uint32_t snncc_fade_each(uint32_t pair, uint32_t factors, unsigned bits)
{
    const int32_t low = (int16_t)pair >> 15, high = (int32_t)pair >> 31;
    const int32_t first = (__smlabb((int32_t)pair, (int32_t)factors, low) >> bits) - low;
    const int32_t second = (__smlatt((int32_t)pair, (int32_t)factors, high) >> bits) - high;
    return snncc_join(first, second);
}

/* state + current * 2**shift, saturated once. `cut` says that the shifted current alone may leave the range: then it is
 * first cut to where the sum saturates whatever the state, and equal addends cannot leave the range and come back. */
#define SNNCC_PUSH(state, current, shift, cut) snncc_push(state, current, shift, cut, \
    (uint32_t)SNNCC_SSAT16((int32_t)(current), (shift) < 2 ? 16 : 18 - (shift)))

/* GCC's own __ssat16 is this builtin behind a conversion that it then warns of. */
#if defined(__GNUC__) && !defined(__clang__)
#define SNNCC_SSAT16(pair, bits) __builtin_arm_ssat16(pair, bits)
#else
#define SNNCC_SSAT16(pair, bits) __ssat16(pair, bits)
#endif

SNNCC_INLINE uint32_t snncc_raise(uint32_t pair, unsigned bits)
{
    return (pair << bits) & ((0xFFFFu << bits & 0xFFFFu) * 0x00010001u);
}

SNNCC_INLINE uint32_t snncc_push(uint32_t state, uint32_t current, unsigned shift, int cut, uint32_t within)
{
    uint32_t part;

    if (!cut)
        return (uint32_t)__qadd16((int32_t)state, (int32_t)snncc_raise(current, shift));
    if (shift < 2u) {
        state = (uint32_t)__qadd16((int32_t)state, (int32_t)current);
        return shift ? (uint32_t)__qadd16((int32_t)state, (int32_t)current) : state;
    }
    part = snncc_raise(within, shift - 2u);
    state = (uint32_t)__qadd16((int32_t)state, (int32_t)part);
    state = (uint32_t)__qadd16((int32_t)state, (int32_t)part);
    state = (uint32_t)__qadd16((int32_t)state, (int32_t)part);
    return (uint32_t)__qadd16((int32_t)state, (int32_t)part);
}

/* a + b, saturated. */
SNNCC_INLINE int32_t snncc_add32(int32_t a, int32_t b)
{
    return __qadd(a, b);
}

/* `marks` in the lanes where v > threshold, zero elsewhere. */
SNNCC_INLINE uint32_t snncc_above(uint32_t v, uint32_t threshold, uint32_t marks)
{
    (void)__ssub16((int32_t)threshold, (int32_t)v);
    return (uint32_t)__sel(0u, marks);
}

/* `marks` in the lanes where v >= threshold, zero elsewhere. */
SNNCC_INLINE uint32_t snncc_reached(uint32_t v, uint32_t threshold, uint32_t marks)
{
    (void)__ssub16((int32_t)v, (int32_t)threshold);
    return (uint32_t)__sel(marks, 0u);
}

/* The numbers of two neurons are `apart`. */
SNNCC_INLINE snncc_event *snncc_append_pair(snncc_event *out, uint32_t marks, uint32_t first, uint32_t apart)
{
    if (marks) {
        if (marks & 0xFFFFu)
            *out++ = (snncc_event)first;
        if (marks >> 16)
            *out++ = (snncc_event)(first + apart);
    }
    return out;
}

/* Both lanes halved, toward zero: rounded down, with one more for a negative one. */
SNNCC_INLINE uint32_t snncc_halve(uint32_t pair)
{
    return (uint32_t)__shadd16((int32_t)pair, (int32_t)((pair >> 15) & 0x00010001u));
}

SNNCC_INLINE uint32_t snncc_add_pair(uint32_t a, uint32_t b)
{
    return (uint32_t)__sadd16((int32_t)a, (int32_t)b);
}

/* Two sums of eight lanes. */
SNNCC_INLINE snncc_lanes snncc_plus(snncc_lanes sum, const snncc_lanes *more)
{
    sum.pair[0] = snncc_add_pair(sum.pair[0], more->pair[0]);
    sum.pair[1] = snncc_add_pair(sum.pair[1], more->pair[1]);
    sum.pair[2] = snncc_add_pair(sum.pair[2], more->pair[2]);
    sum.pair[3] = snncc_add_pair(sum.pair[3], more->pair[3]);
    return sum;
}

/* Eight values that stand one after the other, added. Compilers make one load of two. */
SNNCC_INLINE snncc_lanes snncc_plus_values(snncc_lanes sum, const snncc_shared_int16 *values)
{
    sum.pair[0] = snncc_add_pair(sum.pair[0], snncc_join(values[0], values[1]));
    sum.pair[1] = snncc_add_pair(sum.pair[1], snncc_join(values[2], values[3]));
    sum.pair[2] = snncc_add_pair(sum.pair[2], snncc_join(values[4], values[5]));
    sum.pair[3] = snncc_add_pair(sum.pair[3], snncc_join(values[6], values[7]));
    return sum;
}

/* The same for values that stand `apart`. */
SNNCC_INLINE snncc_lanes snncc_plus_apart(snncc_lanes sum, const snncc_shared_int16 *values, uint32_t apart)
{
    sum.pair[0] = snncc_add_pair(sum.pair[0], snncc_join(values[0], values[apart]));
    sum.pair[1] = snncc_add_pair(sum.pair[1], snncc_join(values[2u * apart], values[3u * apart]));
    sum.pair[2] = snncc_add_pair(sum.pair[2], snncc_join(values[4u * apart], values[5u * apart]));
    sum.pair[3] = snncc_add_pair(sum.pair[3], snncc_join(values[6u * apart], values[7u * apart]));
    return sum;
}

/* One value, added to all eight. */
SNNCC_INLINE snncc_lanes snncc_plus_each(snncc_lanes sum, int32_t value)
{
    const uint32_t both = snncc_join(value, value);
    sum.pair[0] = snncc_add_pair(sum.pair[0], both);
    sum.pair[1] = snncc_add_pair(sum.pair[1], both);
    sum.pair[2] = snncc_add_pair(sum.pair[2], both);
    sum.pair[3] = snncc_add_pair(sum.pair[3], both);
    return sum;
}

