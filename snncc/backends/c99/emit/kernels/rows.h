/* Both words of a row that lies in memory, with LDRD. */
#if SNNCC_DSP
#define SNNCC_ONE_LOAD(row) SNNCC_UNSEEN(row)
#else
#define SNNCC_ONE_LOAD(row) (void)(row)
#endif

#if SNNCC_FEW_REGISTERS

/* The rows of all events from `event` to `end`, added up. A core with eight registers takes four neurons at a time: it
 * reads each event twice, but nothing waits in memory. */
SNNCC_INLINE void snncc_gather_four(uint32_t *pairs, const uint32_t *words, const snncc_event *event,
                                    const snncc_event *end)
{
    const uint32_t more = 0x00800080u * (uint32_t)(end - event);
    uint32_t even = (pairs[0] ^ 0x80008000u) - more, odd = (pairs[1] ^ 0x80008000u) - more;

    SNNCC_ROLLED
    while (event != end) {
        const uint32_t word = words[2u * *event++] ^ 0x80808080u;
        even += word & 0x00FF00FFu;
        odd += (word >> 8) & 0x00FF00FFu;
    }
    pairs[0] = even ^ 0x80008000u;
    pairs[1] = odd ^ 0x80008000u;
}

SNNCC_INLINE snncc_lanes snncc_gather(snncc_lanes sum, const snncc_row *rows, const snncc_event *event,
                                      const snncc_event *end)
{
    snncc_gather_four(sum.pair, &rows->word[0], event, end);
    snncc_gather_four(sum.pair + 2, &rows->word[1], event, end);
    return sum;
}

#else

/* The rows of all events from `event` to `end`, added up. */
SNNCC_INLINE snncc_lanes snncc_gather(snncc_lanes sum, const snncc_row *rows, const snncc_event *event,
                                      const snncc_event *end)
{
    snncc_sums sums = snncc_count(snncc_open(sum), end - event);

    SNNCC_ROLLED
    while (event != end) {
        const snncc_row *row = rows + *event++;
        SNNCC_ONE_LOAD(row);
        sums = snncc_more(sums, row);
    }
    return snncc_close(sums);
}

#endif

/* The same for sources counted from `base`. */
SNNCC_INLINE snncc_lanes snncc_gather_from(snncc_lanes sum, const snncc_row *rows, const snncc_event *event,
                                           const snncc_event *end, uint32_t base)
{
    snncc_sums sums = snncc_count(snncc_open(sum), end - event);

    SNNCC_ROLLED
    while (event != end) {
        const snncc_row *row = rows + (*event++ - base);
        SNNCC_ONE_LOAD(row);
        sums = snncc_more(sums, row);
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
        const snncc_row *row = rows + (index - base);
        SNNCC_ONE_LOAD(row);
        sums = snncc_more(sums, row);
        next++;
    }
    sums = snncc_count(sums, next - *event);
    *event = next;
    return snncc_close(sums);
}

/* A row added to eight sums. */
SNNCC_INLINE void snncc_add_row(snncc_lanes *sums, const snncc_row *row)
{
#if SNNCC_DSP
    /* All is read before any is written: two words at a time. */
    const uint32_t first = row->word[0], second = row->word[1];
    const uint32_t a = sums->pair[0], b = sums->pair[1], c = sums->pair[2], d = sums->pair[3];
    sums->pair[0] = snncc_add_even(a, first);
    sums->pair[1] = snncc_add_odd(b, first);
    sums->pair[2] = snncc_add_even(c, second);
    sums->pair[3] = snncc_add_odd(d, second);
#elif SNNCC_SWAR
    /* In the order of the neurons, see snncc_row. */
    sums->lane[0] = (int16_t)(sums->lane[0] + row->byte[0]);
    sums->lane[1] = (int16_t)(sums->lane[1] + row->byte[2]);
    sums->lane[2] = (int16_t)(sums->lane[2] + row->byte[1]);
    sums->lane[3] = (int16_t)(sums->lane[3] + row->byte[3]);
    sums->lane[4] = (int16_t)(sums->lane[4] + row->byte[4]);
    sums->lane[5] = (int16_t)(sums->lane[5] + row->byte[6]);
    sums->lane[6] = (int16_t)(sums->lane[6] + row->byte[5]);
    sums->lane[7] = (int16_t)(sums->lane[7] + row->byte[7]);
#else
    *sums = snncc_close(snncc_more(snncc_open(*sums), row));
#endif
}

/* `count` rows, one after the other, added to as many sums. */
SNNCC_INLINE void snncc_add_run(snncc_lanes *sums, const snncc_row *rows, uint32_t count)
{
    SNNCC_ROLLED
    for (; count; count--) {
        SNNCC_UNSEEN(sums);
        SNNCC_UNSEEN(rows);
        snncc_add_row(sums, rows);
        sums++;
        rows++;
    }
}

/* The same `lines` times. Not inlined: its loop needs all of the registers. */
SNNCC_KERNEL void snncc_add_rows(snncc_lanes *sums, const snncc_row *rows, uint32_t lines, uint32_t count,
                                 uint32_t sums_further, uint32_t rows_further)
{
    SNNCC_ROLLED
    for (; lines; lines--) {
        const snncc_row *const end = rows + count;
        SNNCC_ROLLED
        while (rows != end) {
            snncc_add_row(sums, rows);
            sums++;
            rows++;
        }
        sums += sums_further;
        rows += rows_further;
    }
}

