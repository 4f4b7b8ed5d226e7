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

