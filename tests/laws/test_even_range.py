"""EvenRange: no potential takes the smallest code, and nothing else changes."""

from types import MappingProxyType

import numpy as np

from snncc.ir import Network, Node, Ref, Tensor, Use, run, verify
from snncc.ir.ops import IF, Dense, Input
from snncc.ir.passes import EvenRange, Quantize, calibrate, find_unproven


def inhibited(reset: str) -> Network:
    """Neurons without leak that inputs push down for ever, quantized to 16 bits."""
    weight = np.where(np.arange(6) < 3, -0.9, 0.9) * np.linspace(0.5, 1.0, 4)[:, None]
    rest = {"bias": 0.0, "compare": ">", "spikes": 1, "refractory": 0, "initial": 0.0}
    amount = 1.0 if reset == "subtract" else 0.0
    how = {"reset": reset, "reset_amount": amount, "reset_order": "now", "threshold": 1.0}
    nodes = (
        Node("x", Input((6,), "spike")),
        Node("c", Dense(Ref("w")), (Use("x"),)),
        Node("s", IF(**how, **rest), (Use("c"),)),
    )
    tensors = MappingProxyType({"w": Tensor(weight)})
    network = Network("inhibited", nodes, (Use("s"),), 0.001, tensors)
    few = {"x": np.ones((1, 5, 6))}
    return Quantize(state_bits=16, widest_bits=16, ranges=calibrate(network, few))(network)


def test_potentials_end_one_code_higher() -> None:
    before = inhibited("value")
    after = verify(EvenRange()(before))
    assert after["s"].op.floored and set(find_unproven(before)) == {"s"}
    assert EvenRange()(after) == after
    x = np.zeros((1, 900, 6))
    x[:, :400, :3], x[:, 400:, 3:] = 1, 1
    old, new = run(before, x, record=("%s.v",)), run(after, x, record=("%s.v",))
    assert old["%s.v"].min() == -(2**15) and new["%s.v"].min() == 1 - 2**15
    assert np.array_equal(np.maximum(old["%s.v"][:, :400], 1 - 2**15), new["%s.v"][:, :400])
    assert new.output.any()


def test_others_stay_as_they_are() -> None:
    subtracting = inhibited("subtract")
    assert find_unproven(subtracting) and EvenRange()(subtracting) == subtracting
