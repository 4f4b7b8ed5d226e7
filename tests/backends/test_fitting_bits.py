"""A refusal of sums that are too large says how many bits of weights fit, and they do."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Backend, Settings, advise_bits
from snncc.ir import LoweringRefused, Network, Quantity, Tensor, parse
from snncc.ir import verify as verify_network
from snncc.ir.passes import Quantize, calibrate

TEXT = """network loud tick=0.001s decode=count {
  %x = input() {shape=[40], signal="real"}
  %c = dense(%x) {weight=@w}
  %s = lif(%c) {bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.9}
  return %s
}
"""


def make_network(bits: int) -> Network:
    """A network whose sensor has 24 bits, so that weights of 8 bits add up to more than 32."""
    tensors = {"w": Tensor(np.linspace(0.5, 1, 120).reshape(3, 40))}
    plain = parse(TEXT, MappingProxyType(tensors))
    ranges = calibrate(plain, np.random.default_rng(0).random((2, 5, 40)))
    return store_wider(verify_network(Quantize(weight_bits=bits, ranges=ranges)(plain)), "x", 22)


def store_wider(network: Network, name: str, bits: int, frac: int | None = None) -> Network:
    """The network with so many bits in a node, `frac` of them behind the point.

    The pipeline chooses none that do not fit, but a file may.
    """
    node = network[name]
    format = node.formats["value"]
    assert isinstance(format, Quantity)
    wide = replace(format, bits=bits, unit=format.unit if frac is None else frac)
    return network.edit([replace(node, formats={**node.formats, "value": wide})])


def find_refusal(target: Backend[object], network: Network) -> str:
    try:
        target.lower(network, Settings())
    except LoweringRefused as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("target", ["c99", "tflm"])
def test_the_bits_that_are_advised_fit_and_more_do_not(target: str) -> None:
    chosen = backend(target)
    with pytest.raises(LoweringRefused, match="beyond 32 bits") as refused:
        chosen.lower(make_network(8), Settings())
    found = re.search(r"--layer-bits c=(\d)", str(refused.value))
    assert found is not None
    refusals = [find_refusal(chosen, make_network(int(found[1]) + more)) for more in (0, 1)]
    assert "%c" not in refusals[0] and "%c" in refusals[1]


def test_where_no_bits_are_few_enough_the_input_is_to_blame() -> None:
    node = make_network(8)["c"]
    assert "scale what it reads" in advise_bits(node, 1 << 60, 1 << 31)
    assert advise_bits(None, 1 << 33, 1 << 31) == "use fewer --weight-bits"


PRODUCT = """network alone tick=0.001s decode=count {
  %x = input() {shape=[2, 3], signal="real"}
  %a = requantize(%x)
  %b = transpose(%a) {order=[1, 0]}
  %y = matmul(%a, %b)
  return %y
}
"""


def test_where_no_weights_lead_their_bits_are_not_to_blame() -> None:
    plain = parse(PRODUCT, {})
    ranges = calibrate(plain, np.full((1, 2, 2, 3), -1.6))
    whole = verify_network(Quantize(ranges=ranges)(plain))
    whole = store_wider(whole, "a_held", 16, 14)
    assert find_refusal(backend("c99"), whole).endswith(
        "beyond 32 bits; no weights lead there, so put a spiking population in front of it"
    )


SOFT = """network soft tick=0.001s decode=count {
  %x = input() {shape=[6], signal="spike"}
  %a = requantize(%x)
  %y = norm(%a) {epsilon=EPSILON}
  return %y
}
"""


def test_the_epsilon_that_is_advised_fits() -> None:
    def refuse(epsilon: str) -> str:
        plain = parse(SOFT.replace("EPSILON", epsilon), {})
        ranges = calibrate(plain, np.ones((1, 2, 6)))
        whole = verify_network(Quantize(ranges=ranges)(plain))
        last = "a_held" if "a_held" in whole else "a"
        return find_refusal(backend("c99"), store_wider(whole, last, 16, 14))

    found = re.search(r"its epsilon is [\d,]+ in .* use one of (\S+) or less", refuse("0.4"))
    assert found is not None
    assert refuse(found[1]) == ""
    assert refuse(str(2 * float(found[1]))) != ""
