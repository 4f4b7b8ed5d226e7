"""Why a network may be refused: every class of refusals, and why each is justified.

What is refused in other words counts as a fault: nobody has looked at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snncc.ir import SnnccError


@dataclass(frozen=True)
class Refusal:
    """A class of refusals.

    Attributes:
        rule: the rule's id, or words where the stage has none.
        pattern: of its sentences.
        why: it is right.
        stated: whether it is right only of formats that the network itself states; those that our
            own passes choose are to be such that this never happens.
        result: what a refusal of this class counts as.
    """

    rule: str
    pattern: str
    why: str
    stated: bool = False
    result: str = "refused"


PART = r"the network and the model first differ|the output differs by"
"""Of an import whose network does something else than the module."""

CLASSES: tuple[Refusal, ...] = (
    Refusal(
        "import: another network",
        PART,
        "never: the module must do again what it did",
        result="mismatch",
    ),
    Refusal(
        "import: constant",
        r"a neuron is driven by a constant",
        "the window ends before anything of the input arrives there",
    ),
    Refusal(
        "import: ALIF's floor",
        r"a spike subtracts more than the threshold, and min_v_mem clips",
        "the threshold that is subtracted has risen, and the op subtracts a fixed one",
    ),
    Refusal(
        "import: decay",
        r"decay lies between 0 and 1",
        "the potential would grow by itself",
    ),
    Refusal(
        "import: too many spikes",
        r"its spikes in one tick are more than can be counted",
        "the model's counts of spikes in one tick pass 32,767, or grow from tick to tick",
    ),
    Refusal(
        "quantize: nothing to do",
        r"there are neither weights nor neurons to quantize",
        "nothing in the network computes",
    ),
    Refusal(
        "quantize: no end",
        r"its threshold rises without end",
        "an adaptation that never fades bounds no code",
    ),
    Refusal(
        "quantize: unstable",
        r"its potential grows without end",
        "what it feeds back makes it explode, in floats as well",
    ),
    Refusal(
        "quantize: one unit",
        r"its weights are too small beside others that lead to the same neurons",
        "the target has one unit for all weights of a neuron, and the weak ones become zero in it",
    ),
    Refusal(
        "C002",
        r"C002 %",
        "a sum of 32 bits may overflow",
        stated=True,
    ),
    Refusal("C004", r"C004 %", "a format traps, and its value may overflow", stated=True),
    Refusal("C005", r"C005 %", "a format is wider than any that C keeps", stated=True),
    Refusal("C007", r"C007 %\S+: dual_cuba_lif", "the op has no form in C, as docs/c99.md says"),
    Refusal("T002", r"T002 %", "stock kernels compute in 32 bits, which may overflow", stated=True),
    Refusal(
        "T003",
        r"T003 %\S+: (its products are rounded|it rounds)",
        "no stock kernel rounds so",
        stated=True,
    ),
    Refusal("T004", r"T004 %", "no stock kernel overflows so", stated=True),
    Refusal("T005", r"T005 %", "stock kernels broadcast over four axes, one of them the batch"),
    Refusal(
        "T006",
        r"T006 %\S+: (norm|dual_cuba_lif|it fires several|a signal of|its values have|pools|single)"
        r"|T006 %\S+: \w+ has no form",
        "no stock kernel, nor several, computes the op exactly",
    ),
    Refusal("L002", r"L002 %\S+: (alif|alpha_lif|dual_cuba_lif|graded)", "no such neuron on Loihi"),
    Refusal("L002", r"L002 %", "Loihi's neurons have neither such a field nor such an order"),
    Refusal(
        "L003",
        r"L003 %\S+: (relu|max_pool|product|matmul|norm|function|affine|requantize|avg_pool)",
        "between Loihi's neurons stand synapses alone, which add",
    ),
    Refusal("L003", r"L003 %\S+: its bias comes late", "a synapse has no constant of its own"),
    Refusal("L004", r"L004 %", "Loihi's neurons send spikes, not potentials"),
    Refusal("L005", r"L005 %", "a path of weights is one synapse of eight bits, or several"),
    Refusal("L006", r"L006 %", "a synapse delays by 63 ticks at most"),
    Refusal("L007", r"L007 %", "Loihi has 24 bits for states and messages"),
    Refusal("L008", r"L008 %", "Loihi's decays are fractions of 4096"),
    Refusal("L009", r"L009 %", "what is put out is nothing that a neuron of the chip has"),
    Refusal("L012", r"L012", "a core of Loihi has no room for it"),
    Refusal("S003", r"S003 %", "the applications have synapses alone between their neurons"),
    Refusal("S008", r"S008 %", "the host computes what real inputs drive, and nothing is left"),
    Refusal("S010", r"S010", "a core of SpiNNaker 2 has no room for one unit of it"),
    Refusal("S011", r"S011", "the chip has fewer cores than a few atoms a core ask for"),
    Refusal("S012", r"S012", "it was asked for hop=pipelined, which loops of one tick cannot have"),
    Refusal(
        "V011",
        r"several spikes per tick need a threshold of one code or more",
        "its potential is read as it is, so that its unit is that of its weights, which are larger",
    ),
)


def class_of(refusal: SnnccError, quantized: bool) -> Refusal | None:
    """The class of a refusal; None where nobody has looked at one like it.

    Args:
        refusal: of an import or of a target.
        quantized: whether the network came with formats of its own.
    """
    text = str(refusal)
    known = (each for each in CLASSES if quantized or not each.stated)
    return next((each for each in known if re.search(each.pattern, text)), None)
