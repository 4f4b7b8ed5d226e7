"""What single rewrites do to small networks: what is left, how it is called, where it is from."""

import re
from dataclasses import replace

import numpy as np
import pytest

from snncc.ir import (
    Network,
    Origin,
    PassError,
    Ref,
    Use,
    parse,
    run,
    tensors,
    values_of,
    verify,
)
from snncc.ir.ops import Dense
from snncc.ir.passes import (
    PASSES,
    Canonicalize,
    FoldBias,
    FoldNorm,
    HardReset,
    Multiplication,
    Quantize,
    ResetNow,
    RoundConstants,
    Unshare,
    calibrate,
    multiplications,
    phases,
)
from snncc.ir.passes.quantize.unit_weights import relay
from tests.nets import HAND, hand, spikes_for

NEURON = {
    "bias": "0.0",
    "threshold": "1.0",
    "compare": '">"',
    "reset": '"subtract"',
    "reset_amount": "1.0",
    "reset_order": '"now"',
    "spikes": "1",
    "refractory": "0",
    "initial": "0.0",
    "decay": "0.9",
}


def lif(**fields: str) -> str:
    """Fields of a neuron."""
    return "{" + ", ".join(f"{k}={v}" for k, v in {**NEURON, **fields}.items()) + "}"


def written(*lines: str, out: str = "%s", **arrays: object) -> Network:
    body = "\n".join(f"  {line}" for line in lines).replace("LIF", lif())
    text = f"network t tick=0.001s decode=count {{\n{body}\n  return {out}\n}}\n"
    return verify(parse(text, tensors(**arrays)))


RNG = np.random.default_rng(5)
W = RNG.normal(0.2, 0.6, (4, 6))
PLANE = '%x = input() {shape=[2, 4, 4], signal="spike"}'
POOL = "{kernel=[2, 2], stride=[2, 2], padding=[[0, 0], [0, 0]]}"
CONV = "{weight=@w, stride=[1, 1], padding=[[0, 0], [0, 0]], dilation=[1, 1], groups=1}"
FILTERS = RNG.normal(size=(3, 2, 1, 1))


def behind_pool(pool: str, scale: object) -> Network:
    """Filters, a pool, a map, neurons."""
    return written(
        PLANE,
        f"%c = conv(%x) {CONV}",
        f"%p = {pool}(%c) {POOL}",
        "%m = affine(%p) {scale=@a, shift=@b}",
        f"%s = lif(%m) {lif()}",
        w=FILTERS,
        a=scale,
        b=RNG.normal(size=(3, 1, 1)),
    )


CHANNELS = np.array([0.5, 1.5, 2.0]).reshape(3, 1, 1)


@pytest.mark.parametrize(
    ("network", "left"),
    [
        (behind_pool("avg_pool", -CHANNELS), ["conv", "avg_pool", "lif"]),
        (behind_pool("max_pool", CHANNELS), ["conv", "max_pool", "lif"]),
        (behind_pool("max_pool", -CHANNELS), ["conv", "max_pool", "affine", "lif"]),
        (
            behind_pool("avg_pool", -np.linspace(1, 2, 4).reshape(1, 2, 2)),
            ["conv", "avg_pool", "affine", "lif"],
        ),
        (
            written(
                PLANE,
                "%m = affine(%x) {scale=@a, shift=@a}",
                "%r = reshape(%m) {shape=[32]}",
                "%c = dense(%r) {weight=@w}",
                "%s = lif(%c) LIF",
                a=RNG.uniform(0.5, 1.0, (2, 4, 4)),
                w=RNG.normal(0.5, 0.5, (3, 32)),
            ),
            ["reshape", "dense", "lif"],
        ),
        (
            written(
                '%x = input() {shape=[6], signal="spike"}',
                "%m = affine(%x) {scale=2.0, shift=0.5}",
                "%c = dense(%m) {weight=@w, bias=@b}",
                "%d = dense(%m) {weight=@w}",
                "%s = lif(%c) LIF",
                "%t = lif(%d) LIF",
                out="%s, %t",
                w=W,
                b=RNG.normal(size=4),
            ),
            ["dense", "dense", "lif", "lif"],
        ),
        (
            written(
                '%x = input() {shape=[6], signal="spike"}',
                "%c = dense(%x) {weight=@w}",
                "%m = affine(%c) {scale=@a, shift=@a}",
                "%n = affine(%m) {scale=@a, shift=0.25}",
                "%s = lif(%n) LIF",
                w=W,
                a=RNG.normal(size=4),
            ),
            ["dense", "lif"],
        ),
        (
            written(
                '%x = input() {shape=[6], signal="spike"}',
                "%c = dense(%x) {weight=@w}",
                "%m = affine(%c) {scale=@a, shift=0.0}",
                "%i = sum(%c, %m)",
                "%s = lif(%i) LIF",
                w=W,
                a=RNG.normal(size=4),
            ),
            ["dense", "dense", "sum", "lif"],
        ),
        (
            written(
                '%x = input() {shape=[6], signal="spike"}',
                "%m = affine(%x) {scale=2.0, shift=0.5}",
                "%s = lif(%m) " + lif(threshold="3.0"),
            ),
            ["lif"],
        ),
        (
            written(
                '%x = input() {shape=[6], signal="spike"}',
                "%m = affine(%x) {scale=3.0, shift=0.5}",
                "%c = dense(%m) {weight=@w}",
                "%r = reshape(%m) {shape=[2, 3]}",
                "%d = dense(%r) {weight=@v}",
                "%s = lif(%c) LIF",
                "%t = lif(%d) LIF",
                out="%s, %t",
                w=W,
                v=RNG.normal(size=(2, 3)),
            ),
            ["dense", "reshape", "dense", "lif", "lif"],
        ),
    ],
)
def test_a_map_goes_where_it_can(network: Network, left: list[str]) -> None:
    after = verify(FoldNorm()(network))
    assert sorted(node.op.keyword for node in after if node.name != "x") == sorted(left)
    signal = spikes_for(network, samples=3, ticks=20)
    before, found = run(network, signal), run(after, signal)
    for wire in before.outputs:
        assert np.array_equal(before[wire], found[wire]) and before[wire].any()


@pytest.mark.parametrize(
    ("more", "out", "left"),
    [
        ((), "%m", {"conv", "max_pool"}),
        ((), "%m, %p", {"conv", "max_pool", "affine"}),
        (("%r = relu(%p)",), "%m, %r", {"conv", "max_pool", "affine", "relu"}),
    ],
)
def test_a_map_goes_before_a_pool_that_it_alone_reads(
    more: tuple[str, ...], out: str, left: set[str]
) -> None:
    lines = PLANE, f"%c = conv(%x) {CONV}", f"%p = max_pool(%c) {POOL}"
    scaled = "%m = affine(%p) {scale=@a, shift=@a}"
    network = written(*lines, scaled, *more, out=out, w=FILTERS, a=CHANNELS)
    after = verify(FoldNorm()(network))
    assert {node.op.keyword for node in after if node.name != "x"} == left
    signal = spikes_for(network, samples=3, ticks=9)
    before, found = run(network, signal), run(after, signal)
    for wire, now in zip(before.outputs, found.outputs, strict=True):
        assert np.allclose(before[wire], found[now]) and before[wire].any()


@pytest.mark.parametrize(("out", "left"), [("%n", 1), ("%n, %m", 2)])
def test_maps_in_a_row_are_one_where_the_first_is_not_seen(out: str, left: int) -> None:
    network = written(
        '%x = input() {shape=[6], signal="real"}',
        "%r = relu(%x)",
        "%m = affine(%r) {scale=2.0, shift=0.5}",
        "%n = affine(%m) {scale=0.25, shift=1.0}",
        out=out,
    )
    after = verify(FoldNorm()(network))
    assert sum(node.op.keyword == "affine" for node in after) == left
    signal = RNG.normal(size=(2, 3, 6))
    before, found = run(network, signal), run(after, signal)
    for wire, now in zip(before.outputs, found.outputs, strict=True):
        assert np.allclose(before[wire], found[now])


@pytest.mark.parametrize("own", ["bias=@b", ""])
def test_a_bias_of_weights_joins_that_of_the_neurons(own: str) -> None:
    bias, other = RNG.normal(size=4), RNG.normal(size=4)
    fields = "weight=@w" + (f", {own}" if own else "")
    network = written(
        '%x = input() {shape=[6], signal="spike"}',
        f"%c = dense(%x) {{{fields}}}",
        "%d = dense(%x) {weight=@w, bias=@o}",
        "%i = sum(%c, %d)",
        "%s = lif(%i) " + lif(bias="0.25"),
        w=W,
        b=bias,
        o=other,
    )
    after = FoldBias()(network)
    total = 0.25 + other + (bias if own else 0.0)
    assert np.allclose(values_of(after["s"].op.bias, after.tensors), total)
    assert all(node.op.bias is None for node in after if isinstance(node.op, Dense))


def test_a_bias_that_others_see_stays_with_its_weights() -> None:
    lines = '%x = input() {shape=[6], signal="spike"}', "%c = dense(%x) {weight=@w, bias=@b}"
    arrays = {"w": W, "b": RNG.normal(size=4)}
    two = written(*lines, "%s = lif(%c) LIF", "%t = lif(%c) LIF", out="%s, %t", **arrays)
    twice = written(*lines, "%i = sum(%c, %c)", "%s = lif(%i) LIF", **arrays)
    late = written(*lines, "%s = lif(%c@-1) LIF", **arrays)
    seen = written(*lines, "%s = lif(%c) LIF", out="%s, %c", **arrays)
    for network in (two, twice, late, seen):
        assert FoldBias()(network) == network


@pytest.mark.parametrize("name", HAND)
@pytest.mark.parametrize("step", PASSES)
def test_every_node_keeps_saying_where_it_is_from(step: str, name: str) -> None:
    """Also those that a pass puts in: messages about them name a line of the user's model."""
    network = hand(name)
    network = replace(
        network,
        nodes=tuple(replace(node, origin=Origin(node.name, "net.py", 3)) for node in network),
    )
    if step in ("round-constants",):
        network = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    try:
        after = PASSES[step]()(network)
    except PassError:
        return  # refused: there is nothing to ask
    assert {node.origin.file for node in after} == {"net.py"}
    assert {node.origin.module for node in after} <= {node.name for node in network}


def test_rows_of_their_own_are_from_where_their_weights_are() -> None:
    network = written(
        '%x = input() {shape=[2, 2, 6], signal="spike"}',
        "%c = dense(%x) {weight=@w, bias=@b}",
        "%m = affine(%c) {scale=@a, shift=@a}",
        "%s = lif(%m) LIF",
        w=W,
        b=RNG.normal(size=4),
        a=RNG.normal(size=(2, 2, 1)),
    )
    named = replace(
        network, nodes=tuple(replace(n, origin=Origin(n.name, "net.py", 3)) for n in network)
    )
    after = verify(Unshare()(named))
    assert {node.origin.file for node in after} == {"net.py"}
    signal = spikes_for(network, samples=2, ticks=10)
    assert np.allclose(run(after, signal).output, run(network, signal).output)


@pytest.mark.parametrize(
    ("order", "after"),
    [
        ("now", "now"),
        ("rechecked", "now"),
        ("before-decay", "before-decay"),
        ("after-decay", "after-decay"),
        ("after-input", "after-decay"),
    ],
)
def test_a_hard_reset_comes_at_the_same_time(order: str, after: str) -> None:
    network = written(
        '%x = input() {shape=[6], signal="spike"}', "%s = lif(%x) " + lif(reset_order=f'"{order}"')
    )
    op = HardReset()(network)["s"].op
    assert (op.reset, op.reset_amount, op.reset_order) == ("value", 0.0, after)


def test_neurons_reach_themselves_as_others_reach_them() -> None:
    """Vectors by one synapse each; maps of filters by filters; rows that are alike by a matrix."""
    late = lif(reset_order='"after-decay"')
    vector = written(
        '%x = input() {shape=[6], signal="spike"}',
        "%c = dense(%x) {weight=@w}",
        f"%s = lif(%c) {late}",
        w=W,
    )
    filters = written(PLANE, f"%c = conv(%x) {CONV}", f"%s = lif(%c) {late}", w=FILTERS)
    rows = written(
        '%x = input() {shape=[3, 6], signal="spike"}',
        "%c = dense(%x) {weight=@w}",
        f"%s = lif(%c) {late}",
        w=W,
    )
    for network, keyword in ((vector, "sparse"), (filters, "conv"), (rows, "dense")):
        after = verify(ResetNow()(network))
        assert after["s_reset"].op.keyword == keyword
        assert after["s_reset"].inputs == (Use("s", 1),)
        signal = spikes_for(network, samples=2, ticks=20)
        found, expected = run(after, signal).output, run(network, signal).output
        assert expected.any() and np.mean(found == expected) > 0.99


@pytest.mark.parametrize(
    ("compare", "threshold", "rounded"),
    [(">", 130, 128), (">=", 130, 129), (">=", 129, 129), (">", 128, 128), (">", 20, 64)],
)
def test_a_threshold_is_one_of_the_grid(compare: str, threshold: int, rounded: int) -> None:
    """One more where a neuron fires at its threshold: from 129 on is above 128; never zero."""
    fields = {"reset": '"value"', "reset_amount": "0.0", "compare": f'"{compare}"'}
    network = written(
        '%x = input() {shape=[6], signal="spike"}',
        "%c = dense(%x) {weight=@w} : weight=s8q6/half-even/trap",
        f"%s = lif(%c) {lif(**fields, threshold=repr(threshold / 4096), bias='@b')}"
        " : v=s32q12/half-even/saturate, decay=x15/toward-zero",
        w=np.round(W * 32) / 64,
        b=np.array([0, 5, -4097, 8192]) / 4096,
    )
    after = RoundConstants(grid=64, bias_bits=12)(network)
    assert after["s"].op.threshold == rounded / 4096
    bias = values_of(after["s"].op.bias, after.tensors) * 4096
    assert bias.tolist() == [0, 5, -4096, 8192]


def test_constants_that_are_round_stay_what_they_are() -> None:
    fields = {"reset": '"value"', "reset_amount": "0.0"}
    network = written(
        '%x = input() {shape=[6], signal="spike"}',
        "%c = dense(%x) {weight=@w} : weight=s8q6/half-even/trap",
        f"%s = lif(%c) {lif(**fields, bias='@b', threshold='@t')}"
        " : v=s32q12/half-even/saturate, decay=x15/toward-zero",
        w=np.round(W * 32) / 64,
        b=np.arange(4) / 64,
        t=np.arange(1, 5) / 64,
    )
    after = RoundConstants()(network)
    assert after == network and after["s"].op.bias == Ref("b")


def test_a_loop_without_room_is_named_with_all_its_nodes() -> None:
    network = written(
        '%x = input() {shape=[4], signal="spike"}',
        "%r = dense(%s@-1) {weight=@w}",
        "%i = sum(%x, %r)",
        "%s = lif(%i) LIF",
        w=np.eye(4),
    )
    assert phases(network, 1, 1) == {"x": 0, "r": 0, "i": 1, "s": 1} or phases(network, 1, 1)
    with pytest.raises(PassError) as refused:
        phases(network, 1, 2)
    found = str(refused.value)
    assert re.match(
        r"R001 %[ris]: the loop has fewer ticks of delay than hops of 2 tick\(s\), %", found
    )
    assert all(f"%{name}" in found for name in "ris") and "train with a longer delay" in found


def test_factors_of_each_neuron_are_counted_alone() -> None:
    """Decays of 1/2 and 1 are shifts, and others products."""
    network = written(
        '%x = input() {shape=[6], signal="spike"}',
        "%c = dense(%x) {weight=@w}",
        "%s = lif(%c) " + lif(decay="@d"),
        w=W,
        d=np.array([0.5, 0.9, 1.0, 0.3]),
    )
    after = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    assert multiplications(after) == {"s": Multiplication("factor", 2)}


@pytest.mark.parametrize(
    ("lines", "left", "uses"),
    [
        (("%r = reshape(%x) {shape=[6]}", "%c = dense(%r) {weight=@w}"), {"x", "c", "s"}, "%x"),
        (
            ("%r = affine(%x@-2) {scale=1.0, shift=0.0}", "%c = dense(%r@-1) {weight=@w}"),
            {"x", "c", "s"},
            "%x@-3",
        ),
        (
            ("%r = affine(%x) {scale=1.0, shift=0.5}", "%c = dense(%r) {weight=@w}"),
            {"x", "r", "c", "s"},
            "%r",
        ),
        (
            (
                "%r = reshape(%x@-1) {shape=[2, 3]}",
                "%q = reshape(%r@-2) {shape=[6, 1]}",
                "%p = reshape(%q@-3) {shape=[6]}",
                "%c = dense(%p) {weight=@w}",
            ),
            {"x", "r", "q", "c", "s"},  # what nothing uses goes with prune
            "%x@-6",
        ),
        (
            (
                "%r = relu(%x)",
                "%q = relu(%x)",
                "%p = relu(%x@-1)",
                "%o = sum(%r, %q, %p)",
                "%c = dense(%o) {weight=@w}",
            ),
            {"x", "r", "p", "o", "c", "s"},
            "%o",
        ),
    ],
)
def test_what_hands_on_its_input_goes(lines: tuple[str, ...], left: set[str], uses: str) -> None:
    network = written('%x = input() {shape=[6], signal="real"}', *lines, "%s = lif(%c) LIF", w=W)
    after = verify(Canonicalize()(network))
    assert {node.name for node in after} == left
    assert str(after["c"].inputs[0]) == uses
    signal = {"x": RNG.normal(size=(2, 12, 6))}
    assert np.array_equal(run(after, signal).output, run(network, signal).output)


def test_of_what_spikes_once_a_tick_no_peak_is_kept() -> None:
    network = written(
        '%x = input() {shape=[6], signal="spike"}',
        '%y = input() {shape=[4], signal="real"}',
        "%c = dense(%x) {weight=@w}",
        "%i = sum(%c, %y)",
        "%s = lif(%i) LIF",
        f"%t = lif(%s) {lif(spikes='3', threshold='0.25', reset_amount='0.25')}",
        out="%t",
        w=W,
    )
    x, y = spikes_for(network, samples=3, ticks=9)["x"], RNG.normal(size=(3, 9, 4))
    seen = calibrate(network, {"x": x, "y": y})
    assert set(seen.peaks) == {"%x", "%y", "%s.v", "%t.v", "%t"}
    assert set(seen.means) == {"%x", "%y", "%s", "%s.v", "%t.v", "%t"}
    assert seen.negative == {"y"} and seen.samples == 3
    trace = run(network, {"x": x, "y": y}, record=list(seen.means))
    for wire, peak in seen.peaks.items():
        assert np.allclose(peak, np.abs(trace[wire]).max(axis=(0, 1)))
    for wire, mean in seen.means.items():
        assert np.allclose(mean, np.abs(trace[wire]).mean(axis=(0, 1)))
    assert seen.rates == {name: trace[f"%{name}"].mean() for name in ("s", "t", "x")}


def test_real_values_of_unknown_range_are_refused() -> None:
    network = written('%x = input() {shape=[6], signal="real"}', "%s = lif(%x) LIF")
    with pytest.raises(PassError) as refused:
        Quantize()(network)
    assert str(refused.value) == (
        "quantize %x: it takes real values and nothing is known of their range; give calibration "
        "data with --data FILE.npz"
    )


@pytest.mark.parametrize("shift", ["0.0", "0.5", "@b"])
def test_weights_that_take_the_place_of_a_map_change_no_value(shift: str) -> None:
    network = written(
        '%x = input() {shape=[2, 3], signal="spike"}',
        f"%m = affine(%x) {{scale=@a, shift={shift}}}",
        "%s = lif(%m) LIF",
        a=RNG.uniform(0.5, 2.0, (2, 3)),
        b=RNG.normal(size=(2, 3)),
    )
    after = verify(relay(network))
    assert sorted(node.op.keyword for node in after if node.name not in "xs") == [
        "block_dense",
        *["reshape"] * 3,
    ]
    signal = spikes_for(network, samples=2, ticks=20)
    before = run(network, signal).output
    assert before.any() and np.array_equal(run(after, signal).output, before)
