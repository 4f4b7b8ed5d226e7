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
