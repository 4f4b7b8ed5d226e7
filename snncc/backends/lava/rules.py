"""The rules L001, L002, …: by which ids the lava target refuses, and what to do about it.

The sentence itself is made by `refusal` in `lower/paths.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "L001": "the network computes with integers",
    "L002": "every population is an IF, LIF, CuBa LIF or leaky integrator",
    "L003": "weights, sums, layout and sum or average pools alone join populations; "
    "maxima and products are of spikes",
    "L004": "potentials do not travel between populations",
    "L005": "weights that follow one another come to at most 1016 codes, eight synapses of 8 bits",
    "L006": "a synapse's delay is at most 63 steps more than one",
    "L007": "states and sums of currents fit 24 bits",
    "L008": "decays are fractions of 4096",
    "L009": "an output is what a population puts out, its potential, or a sum of synapses",
    "L010": "with neurons=stock, every population is a process that Loihi has in hardware",
    "L011": "the network fits one chip, or as many as --option chips=N allows",
    "L012": "with netx=1, the network is a chain of stock layers with one input of spikes",
}

OTHERWISE = "build with --target c99, which computes every op"
CURES: Mapping[str, str] = {
    "L001": "put quantize into --passes, or leave --passes out",
    "L002": "make it a LIF, or build with --target c99",
    "L003": OTHERWISE,
    "L004": "send its spikes, or build with --target c99",
    "L005": "pool without overlap, or put a spiking population between the weights",
    "L006": "delay by fewer ticks",
    "L007": "use fewer --weight-bits",
    "L008": "leave --passes out, as quantize chooses decays that Loihi has",
    "L009": "end the network with a population, or build with --target c99",
    "L010": "leave out --option neurons=stock",
    "L011": "allow more with --option chips=N",
    "L012": "leave out --option netx=1",
}
"""Rule → what to do where the refusal itself names nothing."""
