"""Every op of the language: computed as the reference does, or refused by a rule's name."""

import re
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.lava import RULES
from snncc.backends.lava.simulate import simulate
from snncc.ir import CompileError, LoweringRefused, Network, Node, Ref, Tensor, Use, all_ops, run
from snncc.ir.ops import LIF, Dense, Reshape
from tests.backends.lava.nets import STOCK, prepared
from tests.nets import networks, spikes_for

DOCUMENT = Path(__file__).parents[3] / "docs/lava.md"


def heard(network: Network) -> Network:
    """The network with spiking neurons behind its outputs."""
    nodes, outputs, tensors = list(network.nodes), [], dict(network.tensors)
    for k, use in enumerate(network.outputs):
        size = prod(network.shapes[use.source])
        if use.state or not size:
            return network
        tensors[f"heard{k}"] = Tensor(np.random.default_rng(k).normal(0.2, 0.8, (3, size)))
        nodes += [
            Node(f"flat{k}", Reshape((size,)), (use,)),
            Node(f"all{k}", Dense(Ref(f"heard{k}")), (Use(f"flat{k}"),)),
            Node(f"ear{k}", LIF(**STOCK, bias=0.0, threshold=0.7, decay=0.8), (Use(f"all{k}"),)),
        ]
        outputs.append(Use(f"ear{k}"))
    return replace(network, nodes=tuple(nodes), outputs=tuple(outputs), tensors=tensors)


@pytest.mark.parametrize("keyword", sorted(all_ops()))
def test_an_op_is_computed_or_refused_by_name(keyword: str) -> None:
    met: list[str] = []

    @settings(max_examples=12)
    @given(
        network=networks(including=keyword).flatmap(lambda n: st.sampled_from([n, heard(n)])),
        seed=st.integers(0, 99),
    )
    def each(network: Network, seed: int) -> None:
        signal = spikes_for(network, seed, samples=2, ticks=12)
        try:
            after, program = prepared(network, signal)
        except LoweringRefused as refusal:
            rule = re.match(r"(L\d{3}) %\w+: ", str(refusal))
            assert rule and rule[1] in RULES, refusal
            met.append(rule[1])
            return
        except CompileError as refusal:
            met.append(type(refusal).__name__)
            return
        wires = tuple(wire.text for wire in program.traced)
        found = simulate(program, signal, wires)
        assert run(after, signal, record=wires).compare(found) == (0, None)
        met.append("computed")

    each()
    assert met


def test_the_document_names_ops_that_there_are() -> None:
    table = DOCUMENT.read_text().partition("| op | on Loihi |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([a-z_]+)`", table)) - {"parts", "current_order"}
    assert named <= set(all_ops())
    neurons = {"if", "lif", "cuba_lif", "li", "alif", "alpha_lif"}
    synapses = {"dense", "block_dense", "sparse", "conv", "sum_pool", "avg_pool", "max_pool"}
    assert named >= neurons | synapses | {"relu", "product", "sum", "reshape", "slice", "concat"}
