"""Kernels of 16 bits are taken where 16 bits keep everything, and not one code beyond."""

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.emit.c_names import literal
from snncc.backends.c99.emit.weight_arrays import array
from snncc.backends.c99.storage import Table, narrowest
from snncc.boards import Build, board, build, play
from snncc.ir import Network, Tensor, Values, parse, run, tensors, verify

BACKEND = C99Backend()
M4 = board("cortex-m4-emulated")
NEURON = """network one tick=0.001s decode=last {
  %x = input() {shape=[4], signal="spike"}
  %c = dense(%x) {weight=@w} : weight=s8q0/half-even/trap
  %s = lif(%c) {bias=BIAS, threshold=THRESHOLD, compare=">=", reset="subtract", reset_amount=@a, \
reset_order="ORDER", spikes=1, refractory=0, initial=INITIAL, decay=@d} : \
v=s16q0/half-even/saturate, decay=xFRAC/toward-zero
  return %s
}
"""
KERNEL = "One neuron of %s; 1 if it fires."


def neuron(
    amounts: list[float],
    threshold: float = 100.0,
    initial: float = 0.0,
    order: str = "now",
    decay: float = 0.75,
    frac: int = 15,
    bias: float = 0.0,
) -> Network:
    """Sixteen neurons of 16 bits."""
    text = NEURON.replace("THRESHOLD", str(threshold)).replace("INITIAL", str(initial))
    text = text.replace("ORDER", order).replace("FRAC", str(frac))
    text = text.replace("BIAS", str(bias))
    weights = np.random.default_rng(0).integers(-40, 90, (16, 4))
    given = tensors(w=weights * 1.0, a=np.resize(amounts, 16), d=np.full(16, decay))
    return verify(parse(text, given))


def signal(network: Network, ticks: int = 30) -> Values:
    shape = network.shapes["x"]
    return (np.random.default_rng(1).random((2, ticks, *shape)) < 0.5).astype(float)


def equal(network: Network, x: Values, *, on_board: bool = False) -> str:
    """The C of a network that computes on the host, and on a board, what the reference does."""
    program = BACKEND.lower(network, Settings())
    wires = tuple(readout.text for readout in program.traced)
    expected = run(network, x, record=wires)
    assert expected.compare(BACKEND.simulate(program, x, wires)) == (0, None)
    if on_board:
        image = build(M4, BACKEND.firmware(program, wires), Build(optimize="s"))
        answer = play(M4, image, BACKEND.stimulus(program, x))
        assert expected.compare(BACKEND.response(program, wires, answer.output, len(x))) == (
            0,
            None,
        )
    files = {str(path): content for path, content in BACKEND.emit(program).items()}
    return files[f"{network.name}.c"].decode()


@pytest.mark.parametrize("order", ["now", "after-decay"])
def test_amounts_of_zero_among_others_are_subtracted_in_lanes(order: str) -> None:
    network = neuron([50.0, 0.0, 30.0, 100.0], order=order)
    assert KERNEL in equal(network, signal(network), on_board=True)


@pytest.mark.parametrize("order", ["now", "before-decay", "after-decay"])
@pytest.mark.parametrize(
    ("amount", "threshold", "initial", "bias"),
    [(-30000.0, 30000.0, 31000.0, 0.0), (-30.0, 100.0, 0.0, 0.0), (32000.0, 0.0, 0.0, -1000.0)],
)
def test_what_a_reset_may_take_beyond_16_bits_is_not_computed_in_lanes(
    amount: float, threshold: float, initial: float, bias: float, order: str
) -> None:
    network = neuron([amount], threshold, initial, order, decay=1 - 2**-8, bias=bias)
    assert KERNEL not in equal(network, signal(network))


@pytest.mark.parametrize("order", ["now", "after-decay"])
def test_a_bias_beside_a_large_reset_is_not_added_in_lanes(order: str) -> None:
    network = neuron([32000.0], threshold=1.0, order=order, decay=0.5, bias=-1000.0)
    assert KERNEL not in equal(network, signal(network))


@pytest.mark.parametrize(("frac", "lanes"), [(15, True), (16, True), (20, False)])
def test_a_decay_of_more_bits_than_the_multiplier_has_is_not_computed_in_lanes(
    frac: int, lanes: bool
) -> None:
    network = neuron([100.0], decay=1 - 2.0**-frac, frac=frac)
    assert (KERNEL in equal(network, signal(network), on_board=True)) == lanes


SUMS = """network sums tick=0.001s decode=last {
  %x = input() {shape=[SIZE], signal="spike"}
  %c = dense(%x) {weight=@w} : weight=s8q0/half-even/trap
  return %c
}
"""


@pytest.mark.parametrize("size", [257, 259, 400])
@pytest.mark.parametrize("code", [127, -127])
def test_sums_beyond_16_bits_are_added_in_32(size: int, code: int) -> None:
    text = SUMS.replace("SIZE", str(size))
    network = verify(parse(text, tensors(w=np.full((16, size), float(code)))))
    equal(network, np.ones((1, 2, size)))


BLOCKS = """network blocks tick=0.001s decode=last {
  %x = input() {shape=[3, 5], signal="spike"}
  %c = block_dense(%x) {weight=@w, bias=@b} : weight=s8q0/half-even/trap, bias=s32q0/half-even/trap
  return %c
}
"""


@pytest.mark.parametrize("outputs", [7, 8, 10, 19])
def test_each_sum_of_a_block_has_a_bias_of_its_own(outputs: int) -> None:
    rng = np.random.default_rng(2)
    weights = rng.integers(-90, 90, (3, outputs, 5)) * 1.0
    given = tensors(w=weights, b=rng.integers(-200, 200, (3, outputs)) * 1.0)
    network = verify(parse(BLOCKS, given))
    equal(network, signal(network))


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (0, 255, "uint8_t"),
        (-1, 127, "int8_t"),
        (-128, 0, "int8_t"),
        (-129, 0, "int16_t"),
        (-1, 128, "int16_t"),
        (0, 256, "int16_t"),
        (-(2**15), 2**15 - 1, "int16_t"),
        (0, 2**15, "uint16_t"),
        (0, 2**16 - 1, "uint16_t"),
        (-(2**15) - 1, 0, "int32_t"),
        (-1, 2**15, "int32_t"),
        (0, 2**16, "int32_t"),
        (-(2**31), 2**31 - 1, "int32_t"),
        (-(2**31) - 1, 0, None),
        (0, 2**31, None),
    ],
)
def test_the_narrowest_type_changes_at_its_ends(low: int, high: int, kind: str | None) -> None:
    assert narrowest(low, high) == kind


def test_the_least_integer_is_a_name_and_what_has_a_sign_is_in_parentheses() -> None:
    assert literal(-(2**31)) == "INT32_MIN" and literal(1 - 2**31) == f"({1 - 2**31})"
    assert literal(7) == "7" and literal(0) == "0"
    codes = Table("codes", "int32_t", Tensor(np.array([-(2**31), 1 - 2**31, 5], dtype=np.int32)))
    assert b"INT32_MIN" in array(codes) and b"-2147483648" not in array(codes)
