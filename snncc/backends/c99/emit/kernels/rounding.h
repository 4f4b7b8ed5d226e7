SNNCC_INLINE int32_t snncc_fit16(int32_t value)
{
#if SNNCC_SWAR
    int32_t narrow = (int16_t)value;
    SNNCC_UNSEEN(narrow); /* most values fit: one comparison tells */
    if (narrow != value)
        narrow = INT16_MAX ^ (value >> 31);
    return narrow;
#else
    return value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value;
#endif
}

SNNCC_INLINE int32_t snncc_fit32(int32_t value, int32_t low, int32_t high)
{
    return value > high ? high : value < low ? low : value;
}

/* Whether v > threshold, both of 16 bits: on a small core by the sign of their difference, as comparisons jump. */
SNNCC_INLINE int32_t snncc_exceeds(int32_t v, int32_t threshold)
{
#if SNNCC_SWAR
    uint32_t below = (uint32_t)threshold - (uint32_t)v;
    SNNCC_UNSEEN(below);
    return (int32_t)(below >> 31);
#else
    return v > threshold;
#endif
}

/* Whether v >= threshold. */
SNNCC_INLINE int32_t snncc_reaches(int32_t v, int32_t threshold)
{
    return snncc_exceeds(v, threshold - 1);
}

SNNCC_INLINE int64_t snncc_fit(int64_t value, int64_t low, int64_t high)
{
    return value > high ? high : value < low ? low : value;
}

/* The lowest `bits` bits, which is what is left of a signed value that overflows. */
SNNCC_INLINE int64_t snncc_wrap(int64_t value, unsigned bits)
{
    const int64_t half = (int64_t)1 << (bits - 1u);
    return ((value + half) & (2 * half - 1)) - half;
}

/* value / 2**bits, rounded as the name says. */
SNNCC_INLINE int32_t snncc_toward_zero32(int32_t value, unsigned bits)
{
    return bits ? (value + (int32_t)((uint32_t)(value >> 31) >> (32u - bits))) >> bits : value;
}

SNNCC_INLINE int32_t snncc_floor32(int32_t value, unsigned bits)
{
    return value >> bits;
}

/* As snncc_half_even, but the sum fits 32 bits. */
SNNCC_INLINE int32_t snncc_half_even32(int32_t value, unsigned bits)
{
    return (value + (int32_t)((1u << bits >> 1) - 1u) + ((value >> bits) & 1)) >> bits;
}

SNNCC_INLINE int32_t snncc_half_away32(int32_t value, unsigned bits)
{
    return (value + (int32_t)(1u << bits >> 1) - (value < 0)) >> bits;
}

SNNCC_INLINE int64_t snncc_toward_zero(int64_t value, unsigned bits)
{
    return (value + ((value >> 63) & (((int64_t)1 << bits) - 1))) >> bits;
}

/* value * factor / 2**bits, toward zero; 0 <= factor <= 2**bits, bits <= 16. Armv6-M multiplies no further than 32
 * bits, so there the upper and the lower part of the magnitude are multiplied apart. */
SNNCC_INLINE int32_t snncc_fade32(int32_t value, int32_t factor, unsigned bits)
{
#if defined(__ARM_ARCH_6M__)
    const uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value, by = (uint32_t)factor;
    const uint32_t faded = (size >> bits) * by + (((size & ((1u << bits) - 1u)) * by) >> bits);
    return value < 0 ? (int32_t)(0u - faded) : (int32_t)faded;
#else
    return (int32_t)snncc_toward_zero((int64_t)value * factor, bits);
#endif
}

SNNCC_INLINE int64_t snncc_floor(int64_t value, unsigned bits)
{
    return value >> bits;
}

/* With one less than a half added, and one more where the quotient rounded down is odd; the sum fits 64 bits. */
SNNCC_INLINE int64_t snncc_half_even(int64_t value, unsigned bits)
{
    return (value + (((int64_t)1 << bits >> 1) - 1) + ((value >> bits) & 1)) >> bits;
}

SNNCC_INLINE int64_t snncc_half_away(int64_t value, unsigned bits)
{
    return (value + ((int64_t)1 << bits >> 1) - (value < 0)) >> bits;
}

/* The square root of value >= 0, rounded down: bit by bit, as 64-bit floats are slow on a small core. */
SNNCC_INLINE int64_t snncc_root(int64_t value)
{
    int64_t root = 0, bit = (int64_t)1 << 62;

    while (bit > value)
        bit >>= 2;
    for (; bit; bit >>= 2) {
        const int fits = value >= root + bit;
        value -= fits ? root + bit : 0;
        root = (root >> 1) + (fits ? bit : 0);
    }
    return root;
}

/* value / divisor for divisor > 0, to the nearest integer, ties upward. */
SNNCC_INLINE int64_t snncc_ratio(int64_t value, int64_t divisor)
{
    const int64_t twice = 2 * value + divisor, quotient = twice / (2 * divisor);
    return quotient - (twice % (2 * divisor) < 0);
}

