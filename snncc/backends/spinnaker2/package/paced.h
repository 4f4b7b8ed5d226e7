/* A population that updates once in a number of chip ticks and gathers what arrives meanwhile.
 *
 * The equations and their order are those of the leaky neurons that SpiNNaker 2 has already, with
 * or without currents of their own: what differs is when they are computed. Needs nothing but a
 * floating-point unit for binary32; compile without fused multiply-add (-ffp-contract=off).
 */
#ifndef SNNCC_PACED_H
#define SNNCC_PACED_H

#include <stdint.h>

struct paced_neuron {
    float threshold;
    float alpha_decay;
    float exc_decay; /* 0 without a current of its own */
    float inh_decay;
    float i_offset;
    float v_reset;
    /* state */
    float exc;
    float inh;
    float v;
    uint32_t refract;
    uint32_t gathered_exc; /* sums of weights, integers */
    uint32_t gathered_inh;
};

struct paced {
    struct paced_neuron *neurons;
    uint32_t size;
    uint32_t pace;     /* chip ticks from one update to the next */
    uint32_t phase;    /* chip tick of the first update */
    uint32_t subtract; /* whether a reset takes the threshold off, or sets v_reset */
    uint32_t t_refrac; /* updates for which a neuron holds its potential after a spike */
};

/* One chip tick. `exc` and `inh` are the slots of the ring buffers for this tick, one sum a neuron;
 * they are read and set to zero. Sets bit n of `spikes` (size / 32 words, rounded up) where neuron n
 * fires, and returns how many do. Before `phase`, and between updates, none does. */
uint32_t paced_tick(struct paced *population, uint32_t tick, uint32_t *exc, uint32_t *inh,
                    uint32_t *spikes);

#endif
