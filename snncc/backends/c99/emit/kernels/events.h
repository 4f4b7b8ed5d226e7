/* Whether one of four bytes is not zero: in one load where the compiler can be asked for it. */
SNNCC_INLINE uint32_t snncc_any_of_four(const uint8_t *bytes)
{
#if defined(__GNUC__) && !SNNCC_SWAR
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
#else
    return (uint32_t)(bytes[0] | bytes[1] | bytes[2] | bytes[3]);
#endif
}

SNNCC_INLINE snncc_event *snncc_append_one(snncc_event *out, uint32_t fires, uint32_t index)
{
    if (fires != 0u)
        *out++ = (snncc_event)index;
    return out;
}

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

/* Neuron `k` of eight fires, or does not; all are told once, of none before. */
SNNCC_INLINE void snncc_fire(snncc_flags *fired, uint32_t k, uint32_t fires)
{
#if SNNCC_SWAR
    fired->word[0] |= fires << k; /* a bit each: no memory */
#else
    fired->byte[k] = (uint8_t)fires; /* a byte each: vectors */
#endif
}

SNNCC_INLINE snncc_event *snncc_append(snncc_event *out, const snncc_flags *fired, uint32_t first, uint32_t apart)
{
#if SNNCC_SWAR
    for (uint32_t bits = fired->word[0]; bits; bits >>= 1) {
        if (bits & 1u)
            *out++ = (snncc_event)first;
        first += apart;
    }
#else
    if ((fired->word[0] | fired->word[1]) != 0u)
        for (uint32_t k = 0; k < 8; k++) {
            *out = (snncc_event)(first + k * apart); /* a list has room for its end mark */
            out += fired->byte[k];
        }
#endif
    return out;
}

#endif
