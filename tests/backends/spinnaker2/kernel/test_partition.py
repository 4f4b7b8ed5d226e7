"""A network in parts does, core by core, what the whole does."""

from itertools import pairwise
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.spinnaker2.kernel import Parts, partition
from snncc.ir import CapacityError, Network, Tensor, all_ops, parse, run, show, tensors, verify
from snncc.ir.passes import Canonicalize, Prune, Quantize, calibrate
from tests.backends.spinnaker2.kernel.played import bytes_of, played, shape_of
from tests.nets import HAND, hand, quantized_networks, spikes_for

PLENTY = 1 << 40
LEAKY = (
    'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.9'
)


def same(network: Network, parts: Parts, seed: int = 0, ticks: int = 6) -> None:
    """Every core's network keeps all rules, and together they do what the whole does."""
    signal = spikes_for(network, seed, samples=2, ticks=ticks)
    for core in parts.cores:
        assert verify(core.network).quantized
    trace = run(network, signal, record="spikes")
    found = played(parts, signal)
    assert set(found) == set(trace.wires)
    for wire, values in trace.wires.items():
        np.testing.assert_array_equal(found[wire], values, err_msg=wire)


def whole_numbers(network: Network) -> Network:
    ranges = calibrate(network, spikes_for(network))
    for step in (Canonicalize(), Prune(), Quantize(ranges=ranges)):
        network = step(network)
    return verify(network)


@given(quantized_networks(), st.integers(0, 2**16))
def test_what_fits_one_core_is_on_one(network: Network, seed: int) -> None:
    parts = partition(network, bytes_of, PLENTY)
    assert len(parts.cores) == parts.segments == 1
    same(network, parts, seed)


@pytest.mark.parametrize("keyword", sorted(all_ops()))
@settings(max_examples=6)
@given(st.data())
def test_every_op_is_cut_or_stays_whole(keyword: str, data: st.DataObject) -> None:
    network = data.draw(quantized_networks(including=keyword))
    atoms, seed = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2**16))
    same(network, partition(network, bytes_of, PLENTY, atoms), seed)


@given(quantized_networks(), st.floats(0.2, 1), st.integers(0, 2**16))
def test_a_limit_is_kept_or_refused(network: Network, share: float, seed: int) -> None:
    limit = int(bytes_of(network) * share)
    try:
        parts = partition(network, bytes_of, limit)
    except CapacityError as error:
        assert str(error).startswith("S010 %")
        return
    assert max(bytes_of(core.network) for core in parts.cores) <= limit
    same(network, parts, seed)


@pytest.mark.parametrize("name", HAND)
@pytest.mark.parametrize("atoms", [0, 1, 2, 5])
def test_networks_by_hand(name: str, atoms: int) -> None:
    network = whole_numbers(hand(name))
    same(network, partition(network, bytes_of, PLENTY, atoms), ticks=12)


@given(quantized_networks(), st.integers(0, 3))
def test_the_same_network_is_always_cut_alike(network: Network, atoms: int) -> None:
    first, second = (partition(network, bytes_of, PLENTY, atoms) for _ in range(2))
    assert first.wires == second.wires
    for left, right in zip(first.cores, second.cores, strict=True):
        assert (left.segment, left.ports) == (right.segment, right.ports)
        assert show(left.network, tensors=True) == show(right.network, tensors=True)


@given(quantized_networks(), st.integers(1, 3))
def test_each_element_comes_from_one_place(network: Network, atoms: int) -> None:
    parts = partition(network, bytes_of, PLENTY, atoms)
    ports = [
        (prod(core.network.shapes[node.name]), stretches)
        for core in parts.cores
        for node, stretches in zip(core.network.inputs, core.ports, strict=True)
    ]
    wires = [(prod(shape_of(network, wire)), found) for wire, found in parts.wires.items()]
    for size, stretches in [*ports, *wires]:
        covered = np.concatenate([np.arange(s.at, s.at + s.count) for s in stretches])
        np.testing.assert_array_equal(np.sort(covered), np.arange(size))


@given(quantized_networks(), st.integers(1, 3))
def test_a_port_is_heard_at_one_age(network: Network, atoms: int) -> None:
    parts = partition(network, bytes_of, PLENTY, atoms)
    assert [core.segment for core in parts.cores] == sorted(core.segment for core in parts.cores)
    for index, core in enumerate(parts.cores):
        ages = [
            {parts.is_late(index, stretch) for stretch in stretches} for stretches in core.ports
        ]
        assert all(len(age) == 1 for age in ages)


def two_layers(rows: int = 64, columns: int = 48) -> Network:
    rng = np.random.default_rng(3)
    text = f"""network two tick=0.001s decode=count {{
  %x = input() {{shape=[{columns}], signal="spike"}}
  %a = dense(%x) {{weight=@a}}
  %s = lif(%a) {{{LEAKY}}}
  %b = dense(%s) {{weight=@b}}
  %t = lif(%b) {{{LEAKY}}}
  return %t
}}
"""
    scale = 2 / np.sqrt(columns)
    found = tensors(a=rng.normal(0, scale, (rows, columns)), b=rng.normal(0, scale, (8, rows)))
    return whole_numbers(parse(text, found))


def test_weights_are_cut_and_not_copied() -> None:
    network = two_layers()
    parts = partition(network, bytes_of, 1500)
    assert len(parts.cores) == 4 and parts.segments == 2
    for tensor in ("a", "b"):
        size = network.tensors[tensor].values.size
        assert size == sum(
            core.network.tensors[name].values.size
            for core in parts.cores
            for name in core.network.tensors
            if name in (tensor, f"{tensor}.rows")
        )
    same(network, parts, ticks=20)


def chain(widths: list[int]) -> Network:
    """A layer of neurons of each width, one behind the other."""
    rng = np.random.default_rng(4)
    lines, found, last = [], {}, "x"
    for number, (columns, rows) in enumerate(pairwise([8, *widths])):
        found[f"w{number}"] = rng.normal(0, 2 / np.sqrt(columns), (rows, columns))
        lines += [f"  %d{number} = dense(%{last}) {{weight=@w{number}}}"]
        lines += [f"  %s{number} = lif(%d{number}) {{{LEAKY}}}"]
        last = f"s{number}"
    head = 'network chain tick=0.001s decode=count {\n  %x = input() {shape=[8], signal="spike"}\n'
    return whole_numbers(
        parse(head + "\n".join([*lines, f"  return %{last}\n}}\n"]), tensors(**found))
    )


@settings(max_examples=20)
@given(st.lists(st.integers(2, 24), min_size=1, max_size=24), st.floats(0.1, 1), st.booleans())
def test_a_core_takes_layers_until_the_next_does_not_fit(
    widths: list[int], share: float, alike: bool
) -> None:
    network = chain([8] * len(widths) if alike else widths)
    limit = int(bytes_of(network) * share)
    tried: list[int] = []

    def room(part: Network) -> int:
        tried.append(bytes_of(part))
        return tried[-1]

    try:
        parts = partition(network, room, limit)
    except CapacityError:
        return
    sizes = [bytes_of(core.network) for core in parts.cores]
    assert max(sizes) <= limit
    if len(sizes) == parts.segments:
        for size, following in zip(sizes, parts.cores[1:], strict=False):
            layer = following.network.populations[0]
            weights = network.tensors[f"w{layer.name[1:]}"].values
            assert size + weights.size + 2 * 4 * len(weights) > limit
    assert len(tried) <= 12 * len(sizes) + 2 * len(widths)


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(CapacityError) as error:
        partition(two_layers(columns=480), bytes_of, 2000)
    assert error.value.exit_code == 1
    assert str(error.value) == (
        "S010 %a: row 0 and what belongs to them need 2,408 bytes, but a core has 2,000, and they "
        "cannot be cut any further; use fewer --weight-bits, or make what they read smaller"
    )


def test_units_per_core_are_limited() -> None:
    parts = partition(two_layers(), bytes_of, PLENTY, 10)
    sizes = [core.network.shapes[node.name][0] for core in parts.cores
             for node in core.network.populations]  # fmt: skip
    assert len(sizes) == 8 and max(sizes) <= 10
    assert sum(sizes) == 72


def test_a_population_that_hears_itself_on_other_cores_hears_it_a_tick_late() -> None:
    network = whole_numbers(hand("recurrent"))
    parts = partition(network, bytes_of, PLENTY, 5)
    assert len(parts.cores) == 2 and parts.segments == 1
    near = {
        (use.source, use.delay)
        for node in parts.cores[0].network
        for use in node.inputs
        if node.op.keyword == "dense"
    }
    # What was %s@-1 and %s@-3 is one tick younger at a port.
    assert {delay for source, delay in near if source != "x"} == {0, 2}
    same(network, parts, ticks=20)


def test_a_part_of_spikes_alone_counts_in_whole_numbers() -> None:
    text = f"""network moved tick=0.001s decode=count {{
  %x = input() {{shape=[4, 4], signal="spike"}}
  %p = avg_pool(%x) {{kernel=[2], stride=[2], padding=[[0, 0]]}}
  %m = transpose(%p) {{order=[1, 0]}}
  %c = dense(%m) {{weight=@c}}
  %s = lif(%c) {{{LEAKY}}}
  return %s
}}
"""
    values = np.random.default_rng(1).normal(0.3, 1, (5, 4))
    network = whole_numbers(parse(text, {"c": Tensor(values)}))
    parts = partition(network, bytes_of, PLENTY, 2)
    assert all(core.network.quantized for core in parts.cores)
    same(network, parts)


def test_rows_that_nothing_depends_on_are_not_computed() -> None:
    text = f"""network sliced tick=0.001s decode=count {{
  %x = input() {{shape=[6], signal="spike"}}
  %a = dense(%x) {{weight=@a}}
  %h = slice(%a) {{axis=0, start=8, stop=16}}
  %s = lif(%h) {{{LEAKY}}}
  return %s
}}
"""
    values = np.random.default_rng(1).normal(0.3, 1, (32, 6))
    network = whole_numbers(parse(text, {"a": Tensor(values)}))
    parts = partition(network, bytes_of, PLENTY)
    assert parts.cores[0].network.shapes["a"] == (8,)
    same(network, parts)


def test_rows_that_belong_to_one_unit_stay_together() -> None:
    text = f"""network halves tick=0.001s decode=count {{
  %x = input() {{shape=[6], signal="spike"}}
  %g = dense(%x) {{weight=@g}}
  %p = slice(%g) {{axis=0, start=0, stop=8}}
  %q = slice(%g) {{axis=0, start=8, stop=16}}
  %i = sum(%p, %q)
  %r = dense(%s@-1) {{weight=@r}}
  %j = sum(%i, %r)
  %s = lif(%j) {{{LEAKY}}}
  return %s
}}
"""
    rng = np.random.default_rng(4)
    weights = {"g": Tensor(rng.normal(0, 1, (16, 6))), "r": Tensor(rng.normal(0, 1, (8, 8)))}
    network = whole_numbers(parse(text, weights))
    parts = partition(network, bytes_of, PLENTY, 4)
    assert parts.segments == 1, "whoever reads itself late need not wait for itself"
    for core, rows in zip(parts.cores, ([0, 1, 2, 3], [4, 5, 6, 7]), strict=True):
        left = core.network.tensors[core.network["g"].op.refs()["weight"]].values
        both = [*rows, *(row + 8 for row in rows)]
        np.testing.assert_array_equal(left, network.tensors["g"].values[both])
        assert len(core.network.inputs) == 2 and len(core.network.outputs) == 1
    same(network, parts, ticks=20)
