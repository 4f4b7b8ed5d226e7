"""The rules S001, S002, …: by which ids the spinnaker2 target refuses, and what to do about it.

The sentence itself is made by `refusal` in `applications/paths.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "S001": "the network computes with float32 states and whole weights",
    "S002": "every population is an IF, LIF, CuBa LIF or leaky integrator, and spikes once a tick",
    "S003": "weights, sums, layout and sum or average pools alone join populations; maxima and "
    "products are of spikes",
    "S004": "potentials do not travel between populations",
    "S005": "neurons reset now, by their threshold or to a value, and fire at the threshold",
    "S006": "weights have at most 127 codes, or 15 where a synapse has a delay",
    "S007": "sums of currents stay below 2**24 codes, where float32 is exact",
    "S008": "real inputs drive populations that receive nothing from the chip: the host computes "
    "these, and some population is left for the chip",
    "S009": "an output is what a population puts out, or its potential after the tick",
    "S010": "one neuron's synapses fit the memory of a core",
    "S011": "the network fits the cores of its chips",
    "S012": "with hop=pipelined, every loop has as many ticks as synapses",
    "S014": "constants act from a population's first tick on, not before",
    "S015": "the work of a tick fits the tick, and what a core receives in it its FIFO",
    "S016": "keys tell all cores apart, and each router's table has room for their ways",
}

OTHERWISE = "leave out --option kernel=stock, and our own kernel computes it"
CURES: Mapping[str, str] = {
    "S001": "put quantize and single-precision into --passes, or leave out --option kernel=stock",
    **dict.fromkeys(("S002", "S003", "S004", "S005", "S008", "S009", "S014"), OTHERWISE),
    "S006": "pool without overlap, or put a spiking population between the weights",
    "S007": "use fewer --weight-bits",
    "S010": "let fewer synapses lead to one neuron",
    "S011": "allow more boards with --option boards=N",
    "S012": "leave out --option hop=pipelined, and cores that wait compute the loop exactly",
    "S015": "give the tick more time with --option sys_tick=SECONDS",
    "S016": "use more neurons per core, with --option atoms=N",
}
"""Rule → what to do where the refusal itself names nothing."""
