/* snncc_encode.h: measured values to the codes of a network's input, by integers alone: a core without a floating-point
 * unit links no library for it. Written by snncc. */
#ifndef SNNCC_ENCODE_H
#define SNNCC_ENCODE_H

#include <stdint.h>

/* value * 2**unit, rounded to the nearest integer (of two as near, to the even one), then limited. What is not a number
 * counts as 0. A float is 24 bits times a power of two (ISO/IEC 60559, binary32), which is all that is used here. */
static inline int32_t snncc_code(float value, int unit, int32_t low, int32_t high)
{
    const uint32_t beyond = 0x80000000u; /* more than any code */
    union { float value; uint32_t bits; } as;
    uint32_t exponent, significand, size = 0u;
    int64_t code;
    int shift;

    as.value = value;
    exponent = (as.bits >> 23) & 0xFFu;
    significand = as.bits & 0x007FFFFFu;
    shift = (int)exponent - 150 + unit; /* the value is (2**23 + significand) * 2**(exponent - 150) */
    if (exponent == 0xFFu) {
        size = significand != 0u ? 0u : beyond;
    } else if (exponent == 0u) {
        size = 0u; /* below 2**-126 */
    } else if (shift > 7) {
        size = beyond;
    } else if (shift >= 0) {
        size = (significand | 0x00800000u) << shift;
    } else if (shift >= -25) {
        const uint32_t whole = significand | 0x00800000u, half = 1u << (-shift - 1);
        const uint32_t rest = whole & (2u * half - 1u);

        size = whole >> -shift;
        if (rest > half || (rest == half && (size & 1u) != 0u))
            size++;
    }
    code = as.bits >> 31 != 0u ? -(int64_t)size : (int64_t)size;
    return code < low ? low : code > high ? high : (int32_t)code;
}

#endif
