#include "paced.h"

static int update(const struct paced *population, struct paced_neuron *n)
{
    n->exc = n->exc * n->exc_decay + (float)n->gathered_exc;
    n->inh = n->inh * n->inh_decay + (float)n->gathered_inh;
    n->gathered_exc = 0;
    n->gathered_inh = 0;
    if (n->refract == 0) {
        float drive = (n->exc - n->inh) + n->i_offset;
        n->v = n->v * n->alpha_decay + drive;
    } else {
        n->refract -= 1;
    }
    if (!(n->v >= n->threshold)) {
        return 0;
    }
    n->v = population->subtract ? n->v - n->threshold : n->v_reset;
    n->refract = population->t_refrac;
    return 1;
}

uint32_t paced_tick(struct paced *population, uint32_t tick, uint32_t *exc, uint32_t *inh,
                    uint32_t *spikes)
{
    uint32_t fired = 0;
    int due = tick >= population->phase && (tick - population->phase) % population->pace == 0;
    for (uint32_t n = 0; n < population->size; n++) {
        struct paced_neuron *neuron = &population->neurons[n];
        neuron->gathered_exc += exc[n];
        neuron->gathered_inh += inh[n];
        exc[n] = 0;
        inh[n] = 0;
        if (n % 32 == 0) {
            spikes[n / 32] = 0;
        }
        if (due && update(population, neuron)) {
            spikes[n / 32] |= UINT32_C(1) << (n % 32);
            fired += 1;
        }
    }
    return fired;
}
