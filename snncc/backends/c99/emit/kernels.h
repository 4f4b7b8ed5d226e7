/* snncc_kernels.h: the arithmetic that the networks written by snncc share. Eight neurons at a time: on cores with the
 * DSP extension two int16 lanes to a register, elsewhere plain C that compilers vectorise. Both give the same numbers.
 * Signed values are shifted right arithmetically and narrowed by dropping the upper bits, as every C compiler does that
 * is known to us (C99 6.3.1.3 and 6.5.7 leave it to the implementation). */
#ifndef SNNCC_KERNELS_H
#define SNNCC_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The only function that the networks take from a C library; a freestanding one has no header for it. */
void *memset(void *to, int value, size_t bytes);

#ifdef __cplusplus
}
#endif

#if defined(__ARM_FEATURE_SIMD32) && defined(__ARM_FEATURE_DSP) && !defined(SNNCC_PORTABLE)
#include <arm_acle.h>
#define SNNCC_DSP 1
#else
#define SNNCC_DSP 0
#endif

/* A 32-bit core without it adds two lanes of a register at a time where they cannot meet. */
#if !SNNCC_DSP && !defined(SNNCC_PORTABLE) && defined(__BYTE_ORDER__) && defined(__SIZEOF_POINTER__)
#define SNNCC_SWAR (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && __SIZEOF_POINTER__ == 4)
#else
#define SNNCC_SWAR 0
#endif

#if defined(__GNUC__)
#define SNNCC_INLINE static inline __attribute__((always_inline))
#else
#define SNNCC_INLINE static inline
#endif

/* A step of a tick. GCC (seen in 12.2) takes a loop that computes one address from another by their strides for a loop
 * that writes nothing, and leaves out calls of its function; it must not reason about a function from its callers. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8
#define SNNCC_OPAQUE __attribute__((noipa))
#else
#define SNNCC_OPAQUE
#endif
#define SNNCC_STEP static SNNCC_OPAQUE

#if defined(__GNUC__)
#define SNNCC_KERNEL static __attribute__((noinline, unused)) SNNCC_OPAQUE
#else
#define SNNCC_KERNEL static inline
#endif

/* Lists are short: on a small core an unrolled loop over events costs code and saves next to nothing. */
#if defined(__clang__) && defined(__ARM_ARCH_PROFILE)
#define SNNCC_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define SNNCC_ROLLED
#endif

/* Signals share memory: the members of a union, of which one at a time is in use. Compilers of this family order
 * accesses by type alone, and need this attribute. */
#if defined(__GNUC__)
#define SNNCC_SHARED __attribute__((__may_alias__))
#else
#define SNNCC_SHARED
#endif
typedef int16_t SNNCC_SHARED snncc_shared_int16;
typedef uint16_t SNNCC_SHARED snncc_shared_uint16;
typedef int32_t SNNCC_SHARED snncc_shared_int32;
typedef uint32_t SNNCC_SHARED snncc_shared_uint32;

/* An event: the index of what fired; SNNCC_END stands behind the last of a list. A program says if they are wide. */
#ifdef SNNCC_WIDE_EVENTS
typedef snncc_shared_uint32 snncc_event;
#define SNNCC_END 0xFFFFFFFFu
#else
typedef snncc_shared_uint16 snncc_event;
#define SNNCC_END 0xFFFFu
#endif

/* Weights of one source to eight neurons; byte k belongs to neuron 0 2 1 3 4 6 5 7, in which order SXTAB16 widens. */
typedef union { int8_t byte[8]; uint32_t word[2]; } snncc_row;

/* Eight neurons, or two to a word. The network's own header has the same words, and needs nothing else from here. */
#ifndef SNNCC_LANES
#define SNNCC_LANES
typedef union { int16_t lane[8]; uint32_t pair[4]; } snncc_lanes;
#endif

typedef union { uint8_t byte[8]; uint32_t word[2]; } snncc_flags;

SNNCC_INLINE int32_t snncc_fit16(int32_t value)
{
    return value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value;
}

SNNCC_INLINE int32_t snncc_fit32(int32_t value, int32_t low, int32_t high)
{
    return value > high ? high : value < low ? low : value;
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
    return (value + ((value >> 31) & (int32_t)((1u << bits) - 1u))) >> bits;
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

/* Sums in the making. On a 64-bit host they are a vector: left to itself a compiler breaks the eight lanes up. */
#if (defined(__x86_64__) || defined(__aarch64__)) && defined(__GNUC__) && !defined(SNNCC_PORTABLE)

typedef int16_t snncc_sums __attribute__((vector_size(16)));
typedef int8_t snncc_bytes __attribute__((vector_size(8)));

SNNCC_INLINE snncc_sums snncc_open(snncc_lanes lanes)
{
    snncc_sums sums;
    __builtin_memcpy(&sums, &lanes, sizeof sums);
    return sums;
}

SNNCC_INLINE snncc_lanes snncc_close(snncc_sums sums)
{
    snncc_lanes lanes;
    __builtin_memcpy(&lanes, &sums, sizeof lanes);
    return lanes;
}

SNNCC_INLINE snncc_sums snncc_more(snncc_sums sums, const snncc_row *row)
{
    snncc_bytes bytes;
    __builtin_memcpy(&bytes, row, sizeof bytes);
    return sums + __builtin_convertvector(bytes, snncc_sums);
}

#define snncc_count(sums, rows) (sums)

#elif SNNCC_SWAR

/* Two lanes to a word, each 2**15 above its sum, so that none borrows from the other: no sum of some of the rows leaves
 * 16 bits. Weights are added as bytes of 0 to 255, 128 too much; what that makes is taken off when their number is
 * known. */
typedef snncc_lanes snncc_sums;

SNNCC_INLINE snncc_sums snncc_open(snncc_lanes sum)
{
    sum.pair[0] ^= 0x80008000u;
    sum.pair[1] ^= 0x80008000u;
    sum.pair[2] ^= 0x80008000u;
    sum.pair[3] ^= 0x80008000u;
    return sum;
}

SNNCC_INLINE snncc_lanes snncc_close(snncc_sums sum)
{
    return snncc_open(sum);
}

SNNCC_INLINE snncc_sums snncc_more(snncc_sums sum, const snncc_row *row)
{
    const uint32_t first = row->word[0] ^ 0x80808080u, second = row->word[1] ^ 0x80808080u;
    sum.pair[0] += first & 0x00FF00FFu;
    sum.pair[1] += (first >> 8) & 0x00FF00FFu;
    sum.pair[2] += second & 0x00FF00FFu;
    sum.pair[3] += (second >> 8) & 0x00FF00FFu;
    return sum;
}

SNNCC_INLINE snncc_sums snncc_count(snncc_sums sum, ptrdiff_t rows)
{
    const uint32_t more = 0x00800080u * (uint32_t)rows;
    sum.pair[0] -= more;
    sum.pair[1] -= more;
    sum.pair[2] -= more;
    sum.pair[3] -= more;
    return sum;
}

#else

typedef snncc_lanes snncc_sums;
#define snncc_open(lanes) (lanes)
#define snncc_close(sums) (sums)
#define snncc_more(sums, row) snncc_add(sums, row)
#define snncc_count(sums, rows) (sums)

#endif

/* The rows of all events from `event` to `end`, added up. */
SNNCC_INLINE snncc_lanes snncc_gather(snncc_lanes sum, const snncc_row *rows, const snncc_event *event,
                                      const snncc_event *end)
{
    snncc_sums sums = snncc_count(snncc_open(sum), end - event);

    SNNCC_ROLLED
    while (event != end) {
        sums = snncc_more(sums, rows + *event);
        event++;
    }
    return snncc_close(sums);
}

/* The same for sources counted from `base`. */
SNNCC_INLINE snncc_lanes snncc_gather_from(snncc_lanes sum, const snncc_row *rows, const snncc_event *event,
                                           const snncc_event *end, uint32_t base)
{
    snncc_sums sums = snncc_count(snncc_open(sum), end - event);

    SNNCC_ROLLED
    while (event != end) {
        sums = snncc_more(sums, rows + (*event - base));
        event++;
    }
    return snncc_close(sums);
}

/* The same for all events below `limit` of an ascending list; `event` is left at the next one. */
SNNCC_INLINE snncc_lanes snncc_gather_until(snncc_lanes sum, const snncc_row *rows, const snncc_event **event,
                                            uint32_t base, uint32_t limit)
{
    snncc_sums sums = snncc_open(sum);
    const snncc_event *next = *event;
    uint32_t index;

    SNNCC_ROLLED
    while ((index = *next) < limit) {
        sums = snncc_more(sums, rows + (index - base));
        next++;
    }
    sums = snncc_count(sums, next - *event);
    *event = next;
    return snncc_close(sums);
}

/* `count` rows, one after the other, added to as many sums, and so `lines` times. Not inlined: its loop needs all of
 * the registers. */
SNNCC_KERNEL void snncc_add_rows(snncc_lanes *sums, const snncc_row *rows, uint32_t lines, uint32_t count,
                                 uint32_t sums_further, uint32_t rows_further)
{
    SNNCC_ROLLED
    for (; lines; lines--) {
        const snncc_row *const end = rows + count;
        SNNCC_ROLLED
        while (rows != end) {
#if SNNCC_DSP
            /* All is read before any is written: two words at a time. */
            const uint32_t first = rows->word[0], second = rows->word[1];
            const uint32_t a = sums->pair[0], b = sums->pair[1], c = sums->pair[2], d = sums->pair[3];
            sums->pair[0] = snncc_add_even(a, first);
            sums->pair[1] = snncc_add_odd(b, first);
            sums->pair[2] = snncc_add_even(c, second);
            sums->pair[3] = snncc_add_odd(d, second);
#elif SNNCC_SWAR
            /* In the order of the neurons, see snncc_row. */
            sums->lane[0] = (int16_t)(sums->lane[0] + rows->byte[0]);
            sums->lane[1] = (int16_t)(sums->lane[1] + rows->byte[2]);
            sums->lane[2] = (int16_t)(sums->lane[2] + rows->byte[1]);
            sums->lane[3] = (int16_t)(sums->lane[3] + rows->byte[3]);
            sums->lane[4] = (int16_t)(sums->lane[4] + rows->byte[4]);
            sums->lane[5] = (int16_t)(sums->lane[5] + rows->byte[6]);
            sums->lane[6] = (int16_t)(sums->lane[6] + rows->byte[5]);
            sums->lane[7] = (int16_t)(sums->lane[7] + rows->byte[7]);
#else
            *sums = snncc_close(snncc_more(snncc_open(*sums), rows));
#endif
            sums++;
            rows++;
        }
        sums += sums_further;
        rows += rows_further;
    }
}

/* `x` times `count` weights, one behind the other, added to as many sums, and so `lines` times; for weights of a
 * type. */
#define SNNCC_PRODUCTS(type) \
    SNNCC_KERNEL void snncc_products_##type(snncc_shared_int32 *sums, const type *weights, int32_t x, uint32_t lines, \
                                            uint32_t count, uint32_t sums_further, uint32_t weights_further) \
    { \
        for (; lines; lines--) { \
            const type *const whole = weights + (count & ~3u), *const end = weights + count; \
            SNNCC_ROLLED \
            while (weights != whole) { /* all is read before any is written: four words at a time */ \
                const int32_t a = sums[0] + x * weights[0], b = sums[1] + x * weights[1]; \
                const int32_t c = sums[2] + x * weights[2], d = sums[3] + x * weights[3]; \
                sums[0] = a; \
                sums[1] = b; \
                sums[2] = c; \
                sums[3] = d; \
                sums += 4; \
                weights += 4; \
            } \
            SNNCC_ROLLED \
            while (weights != end) \
                *sums++ += x * *weights++; \
            sums += sums_further; \
            weights += weights_further; \
        } \
    }

SNNCC_PRODUCTS(int8_t)
SNNCC_PRODUCTS(int16_t)
SNNCC_PRODUCTS(int32_t)

/* First event of an ascending list, at or behind `event`, that is not below `limit`. */
SNNCC_INLINE const snncc_event *snncc_until(const snncc_event *event, uint32_t limit)
{
    while (*event < limit)
        event++;
    return event;
}

SNNCC_INLINE int snncc_silent(const snncc_lanes *state)
{
    return !(state->pair[0] | state->pair[1] | state->pair[2] | state->pair[3]);
}

SNNCC_INLINE snncc_event *snncc_append(snncc_event *out, const snncc_flags *fired, uint32_t first, uint32_t apart)
{
    if (fired->word[0] | fired->word[1])
        for (uint32_t k = 0; k < 8; k++) {
            *out = (snncc_event)(first + k * apart); /* a list has room for its end mark */
            out += fired->byte[k];
        }
    return out;
}

#endif
