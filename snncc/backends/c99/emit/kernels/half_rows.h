/* A row of four bits each, with their signs: where the upper bit is set, 8 times 0x1E sets the four above it. */
SNNCC_INLINE snncc_row snncc_unpack(snncc_half_row half)
{
    const uint32_t low = half & 0x0F0F0F0Fu, high = half >> 4 & 0x0F0F0F0Fu;
    snncc_row row;
    row.word[0] = low | (low & 0x08080808u) * 0x1Eu;
    row.word[1] = high | (high & 0x08080808u) * 0x1Eu;
    return row;
}

/* The half rows of all events from `event` to `end`, added up. */
SNNCC_INLINE snncc_lanes snncc_gather_half(snncc_lanes sum, const snncc_half_row *rows, const snncc_event *event,
                                           const snncc_event *end)
{
    snncc_sums sums = snncc_count(snncc_open(sum), end - event);

    SNNCC_ROLLED
    while (event != end) {
        const snncc_row row = snncc_unpack(rows[*event]);
        sums = snncc_more(sums, &row);
        event++;
    }
    return snncc_close(sums);
}

/* The same for sources counted from `base`. */
SNNCC_INLINE snncc_lanes snncc_gather_half_from(snncc_lanes sum, const snncc_half_row *rows, const snncc_event *event,
                                                const snncc_event *end, uint32_t base)
{
    snncc_sums sums = snncc_count(snncc_open(sum), end - event);

    SNNCC_ROLLED
    while (event != end) {
        const snncc_row row = snncc_unpack(rows[*event - base]);
        sums = snncc_more(sums, &row);
        event++;
    }
    return snncc_close(sums);
}

/* The same for all events below `limit` of an ascending list; `event` is left at the next one. */
SNNCC_INLINE snncc_lanes snncc_gather_half_until(snncc_lanes sum, const snncc_half_row *rows, const snncc_event **event,
                                                 uint32_t base, uint32_t limit)
{
    snncc_sums sums = snncc_open(sum);
    const snncc_event *next = *event;
    uint32_t index;

    SNNCC_ROLLED
    while ((index = *next) < limit) {
        const snncc_row row = snncc_unpack(rows[index - base]);
        sums = snncc_more(sums, &row);
        next++;
    }
    sums = snncc_count(sums, next - *event);
    *event = next;
    return snncc_close(sums);
}

