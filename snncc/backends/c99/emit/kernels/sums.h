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

/* Eight sums as values that stand one after the other. */
SNNCC_INLINE void snncc_store(snncc_shared_int16 *values, const snncc_lanes *sum)
{
#if defined(__GNUC__)
    __builtin_memcpy(values, sum, sizeof *sum);
#else
    for (unsigned k = 0; k < 8; k++)
        values[k] = sum->lane[k];
#endif
}

