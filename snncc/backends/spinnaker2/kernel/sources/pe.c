#include "pe.h"

pe_event pe_inbox[PE_INBOX];
uint32_t pe_addresses[PE_OUTBOX];
int32_t pe_values[PE_OUTBOX];

static uint32_t sending, at; /* output that is being sent, and how far */

void pe_begin(void)
{
    pe_core_init();
    pe_core_clear();
    at = 0;
}

/* The first stretch that does not lie wholly before (key, address). */
static uint32_t found(uint32_t key, uint32_t address)
{
    uint32_t low = 0, high = pe_stretch_count;

    while (low < high) {
        const uint32_t middle = (low + high) / 2u;
        const pe_stretch *stretch = &pe_stretches[middle];

        if (stretch->key < key || (stretch->key == key && stretch->first + stretch->count <= address))
            low = middle + 1u;
        else
            high = middle;
    }
    return low;
}

static void put(const pe_stretch *stretch, uint32_t index, int32_t value)
{
    if (stretch->width == 1u)
        ((uint8_t *)stretch->to)[index] = (uint8_t)value;
    else if (stretch->width == 2u)
        ((uint16_t *)stretch->to)[index] = (uint16_t)value;
    else
        ((int32_t *)stretch->to)[index] = value;
}

uint32_t pe_receive(uint32_t count)
{
    uint32_t strange = 0;

    for (uint32_t n = 0; n < count; n++) {
        const pe_event *event = &pe_inbox[n];
        const pe_stretch *stretch = &pe_stretches[found(event->key, event->address)];
        const pe_stretch *end = pe_stretches + pe_stretch_count;
        uint32_t places = 0;

        for (; stretch < end && stretch->key == event->key && stretch->first <= event->address; stretch++, places++)
            put(stretch, event->address - stretch->first, event->value);
        strange += places == 0;
    }
    return strange;
}

void pe_compute(void)
{
    pe_core_tick();
    pe_core_clear();
    at = 0;
    sending = 0;
}

uint32_t pe_send(uint32_t output)
{
    uint32_t count;

    if (output != sending) {
        sending = output;
        at = 0;
    }
    count = pe_core_nonzero(output, &at, pe_addresses, pe_values, PE_OUTBOX);
    for (uint32_t n = 0; n < count; n++)
        pe_addresses[n] += pe_outputs[output].first;
    return count;
}
