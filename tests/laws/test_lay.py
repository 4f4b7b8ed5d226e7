"""A constant current as a bias of synapses before a neuron, and maps that stay where they are."""

from dataclasses import replace

import numpy as np
import pytest

from snncc.ir import (
    Network,
    Origin,
    Ref,
    RuleViolation,
    Single,
    Tensor,
    Use,
    arithmetics,
    parse,
    run,
    tensors,
    values_of,
    verify,
)
from snncc.ir.ops import Conv
from snncc.ir.passes import FoldNorm
from snncc.ir.passes.fold.move_constants import lay

RNG = np.random.default_rng(2)
LIF = (
    '{bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.9}'
)


def written(*lines: str, out: str = "%s", **arrays: object) -> Network:
    body = "\n".join(f"  {line}" for line in lines).replace("LIF", LIF)
    text = f"network t tick=0.001s decode=count {{\n{body}\n  return {out}\n}}\n"
    return verify(parse(text, tensors(**arrays)))


SPIKES = '%x = input() {shape=[6], signal="spike"}'
ARRAYS = {"w": RNG.normal(size=(4, 6)), "b": RNG.normal(size=4)}


@pytest.mark.parametrize("bias", ["", ", bias=@b"])
@pytest.mark.parametrize("formats", ["", " : weight=s8q6/half-even/trap"])
def test_a_constant_is_added_to_the_bias_of_weights(bias: str, formats: str) -> None:
    if formats and bias:
        formats += ", bias=s32q6/half-even/trap"
    network = written(
        SPIKES, f"%c = dense(%x) {{weight=@w{bias}}}{formats}", "%s = relu(%c)", **ARRAYS
    )
    constant = np.array([0.25, -1.0, 0.0, 3.5])
    laid = lay(network, Use("c"), constant)
    assert laid is not None
    total = constant + (ARRAYS["b"] if bias else 0.0)
    assert np.allclose(values_of(laid["c"].op.bias, laid.tensors), total)
    kept = {name: str(format) for name, format in laid["c"].formats.items()}
    added = {"weight": "s8q6/half-even/trap", "bias": "s32q6/half-even/trap"}
    assert kept == (added if formats else {})


def test_a_constant_goes_through_sums_to_the_first_weights_that_can() -> None:
    network = written(
        SPIKES,
        "%c = dense(%x) {weight=@w}",
        "%d = dense(%x) {weight=@w}",
        "%r = relu(%c)",
        "%i = sum(%c, %d)",
        "%s = lif(%i) LIF",
        "%t = relu(%r)",
        out="%s, %t",
        **ARRAYS,
    )
    laid = lay(network, Use("i"), np.ones(4))
    assert laid is not None and laid["c"].op.bias is None and laid["d"].op.bias is not None
    for use in (Use("c"), Use("x"), Use("r"), Use("d", 1), Use("s", 0, "v")):
        assert lay(network, use, np.ones(4)) is None, use
    assert lay(network, Use("d"), np.ones(3)) is None


def test_filters_take_a_constant_of_their_channels_only() -> None:
    network = written(
        '%x = input() {shape=[2, 3, 3], signal="spike"}',
        "%c = conv(%x) {weight=@k, stride=[1, 1], padding=[[0, 0], [0, 0]], dilation=[1, 1], "
        "groups=1}",
        "%s = lif(%c) LIF",
        k=RNG.normal(size=(2, 2, 1, 1)),
    )
    flat = np.broadcast_to(np.array([1.0, 2.0])[:, None, None], (2, 3, 3))
    laid = lay(network, Use("c"), flat)
    assert laid is not None and values_of(laid["c"].op.bias, laid.tensors).tolist() == [1.0, 2.0]
    each = np.arange(18.0).reshape(2, 3, 3)
    assert lay(network, Use("c"), each) is None
    with pytest.raises(ValueError, match=r"^one weight serves several places that differ$"):
        network["c"].op.collect(each)


def test_filters_in_groups_have_units_of_their_inputs() -> None:
    kernel = Tensor(RNG.normal(size=(4, 3, 2, 2)))
    op = Conv(Ref("k"), (1, 1), ((0, 0), (0, 0)), (1, 1), 2)
    each = np.arange(1.0, 7.0).reshape(6, 1, 1)
    unit_in, unit_out = op.lay(np.broadcast_to(each, (6, 5, 5)), np.ones(()), {"k": kernel})
    assert unit_in[:, :, 0, 0].tolist() == [[1.0, 2.0, 3.0]] * 2 + [[4.0, 5.0, 6.0]] * 2
    assert unit_out.size == 1


def test_a_map_that_stays_behind_a_layout_is_from_where_it_was() -> None:
    """Outside of what filters see the signal is zero, and not the map's shift."""
    network = written(
        '%x = input() {shape=[2, 9], signal="spike"}',
        "%m = affine(%x) {scale=2.0, shift=@b}",
        "%r = reshape(%m) {shape=[2, 3, 3]}",
        "%c = conv(%r) {weight=@k, stride=[1, 1], padding=[[1, 1], [1, 1]], dilation=[1, 1], "
        "groups=1}",
        "%s = lif(%c) LIF",
        b=RNG.normal(size=(2, 9)),
        k=RNG.normal(size=(2, 2, 3, 3)),
    )
    nodes = tuple(replace(node, origin=Origin(node.name, "net.py", 3)) for node in network)
    after = verify(FoldNorm()(replace(network, nodes=nodes)))
    assert [node.op.keyword for node in after] == ["input", "reshape", "affine", "conv", "lif"]
    assert after["m"].origin == Origin("m", "net.py", 3)
    assert after["r"].origin == Origin("r", "net.py", 3)
    x = RNG.integers(0, 2, (2, 9, 2, 9)).astype(float)
    assert np.allclose(run(after, x).output, run(network, x).output)


def test_a_potential_in_single_precision_drives_nothing() -> None:
    network = written(
        SPIKES,
        "%c = dense(%x) {weight=@w}",
        "%s = lif(%c) LIF",
        "%r = reshape(%s.v) {shape=[2, 2]}",
        "%d = dense(%r) {weight=@v}",
        out="%d",
        v=np.ones((3, 2)),
        **ARRAYS,
    )
    formats = {"v": Single(6), "decay": Single(None)}
    nodes = [
        replace(node, formats=formats, origin=Origin("neurons", "net.py", 3))
        if node.name == "s"
        else replace(node, origin=Origin(node.name, "net.py", 3))
        for node in network
    ]
    with pytest.raises(RuleViolation) as refused:
        arithmetics(replace(network, nodes=tuple(nodes)))
    found = str(refused.value)
    assert "%d: it reads a potential in single precision, which only an output may show" in found
    assert "V011" in found and "net.py:3" in found


@pytest.mark.parametrize("other", ["relu(%r)", "dense(%r) {weight=@v}"])
def test_a_map_moves_past_a_layout_where_weights_alone_read_it(other: str) -> None:
    network = written(
        SPIKES,
        "%c = dense(%x) {weight=@w}",
        "%s = relu(%c)",
        "%a = affine(%s) {scale=0.5, shift=0.25}",
        "%r = reshape(%a) {shape=[2, 2]}",
        "%d = dense(%r) {weight=@v}",
        f"%e = {other}",
        out="%d, %e",
        **ARRAYS,
        v=RNG.normal(size=(3, 2)),
    )
    after = FoldNorm()(network)
    assert (after == network) == other.startswith("relu")
