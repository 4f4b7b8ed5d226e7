"""The page of what can be read says `exact` of nothing that no test has seen to be exact."""

from pathlib import Path

import numpy as np
import pytest

from snncc.frontends import ImportRequest
from snncc.frontends.nir import NirFrontend, write_nir
from snncc.frontends.torch import TorchFrontend
from snncc.ir import Network, Node, Ref, Tensor, Use, run
from snncc.ir.ops import LIF, Affine, AvgPool, Conv, Dense, Input, Reshape, Sum, SumPool
from snncc.report.support import LAYERS, READERS, support_page, tables

from .layers import MODELS, ORDER

FILE = Path(__file__).with_name("layers.py")
RNG = np.random.default_rng(0)
SMALL = Tensor(RNG.normal(0.2, 0.6, (4, 6)))
NONE = ((0, 0), (0, 0))
# Layer → shape of the input, and the ops that a file of NIR has for it.
NIR = {
    "`Linear`": ((6,), (Dense(Ref("w"), Ref("b")),)),
    "`Linear` without bias, on the last axis": ((6,), (Dense(Ref("w")),)),
    "`Conv1d`": ((2, 6), (Conv(Ref("k1"), (1,), ((1, 1),), (1,), 1),)),
    "`Conv2d`, depthwise, dilated": ((2, 4, 4), (Conv(Ref("k2"), (1, 1), NONE, (2, 2), 2),)),
    "`AvgPool2d`": ((2, 4, 4), (AvgPool((2, 2), (2, 2), NONE),)),
    "sum pool": ((2, 4, 4), (SumPool((2, 2), (2, 2), NONE),)),
    "gain of each element": ((6,), (Affine(Ref("g"), 0.0),)),
    "`Flatten`": ((2, 4, 4), (Reshape((32,)),)),
    "residual sum": ((6,), (Affine(Ref("g"), 0.0), Sum())),
    "a wire that comes late": ((6,), ()),
}
TENSORS = {
    "w": SMALL,
    "b": Tensor(np.array([0.1, -0.2, 0.3, 0.0])),
    "k1": Tensor(RNG.normal(0.2, 0.6, (3, 2, 3))),
    "k2": Tensor(RNG.normal(0.2, 0.6, (4, 1, 2, 2))),
    "g": Tensor(np.linspace(0.5, 2, 6)),
}


def test_every_name_is_in_its_readers_table() -> None:
    known = tables()
    assert [*known] == [*READERS]
    for layer, names in LAYERS.items():
        assert any(names), layer
        for reader, name in zip(READERS, names, strict=True):
            assert not name or name in known[reader], (layer, reader)


def test_the_page_has_a_row_for_each_layer() -> None:
    page = support_page()
    for layer in LAYERS:
        assert f"\n| {layer} | " in page


def test_every_exact_cell_has_its_test() -> None:
    """ONNX and torch.export: tests/frontends/onnx/test_operations.py has all of their tables."""
    assert {layer for layer, names in LAYERS.items() if names[0]} == set(MODELS)
    assert {layer for layer, names in LAYERS.items() if names[1]} == set(NIR)


@pytest.mark.parametrize("layer", MODELS)
def test_torch_reads_the_layer(layer: str) -> None:
    shape, _ = MODELS[layer]
    signal = (np.random.default_rng(1).random((3, 20, *shape)) < 0.5).astype(np.float64)
    source = f"{FILE}:layer_{ORDER.index(layer)}"
    found = TorchFrontend().load(ImportRequest(source, None, signal, {"layout": "time-first"}))
    assert found.eager is not None
    count, first = found.eager(signal).compare(run(found.network, signal, record="spikes"))
    assert (count, first) == (0, None)


@pytest.mark.parametrize("layer", NIR)
def test_nir_reads_the_layer(layer: str, tmp_path: Path) -> None:
    shape, ops = NIR[layer]
    late = 2 if layer == "a wire that comes late" else 0
    nodes = [Node("x", Input(shape, "spike"))]
    last = Use("x", late)
    for place, op in enumerate(ops):
        uses = (last, Use("x")) if isinstance(op, Sum) else (last,)
        nodes.append(Node(f"layer{place}", op, uses))
        last = Use(f"layer{place}")
    neuron = LIF(0.0, 0.75, ">", "value", 0.0, "now", 1, 0, 0.0, decay=0.75)
    nodes.append(Node("s", neuron, (last,)))
    tensors = {name: TENSORS[name] for node in nodes for name in node.op.refs().values()}
    network = Network("one", tuple(nodes), (Use("s"),), 0.001, tensors)
    path = tmp_path / "one.nir"
    path.write_bytes(write_nir(network).content)
    found = NirFrontend().load(ImportRequest(str(path), None, None, {})).network
    signal = (np.random.default_rng(1).random((3, 20, *shape)) < 0.5).astype(np.float64)
    ours, theirs = run(network, signal).output, run(found, signal).output
    assert np.array_equal(ours.reshape(theirs.shape), theirs)
    assert ours.any()
