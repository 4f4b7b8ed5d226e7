"""How far the integers of a node are from the model's numbers: measured, or bounded by a formula.

Every parameter is compared with what its code stands for; what signals lose is the step of their
format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from snncc.ir import (
    FUNCTIONS,
    Arithmetic,
    Factor,
    IntegerArithmetic,
    Measure,
    Network,
    Node,
    Quantity,
    Values,
    arithmetics,
    error_bound,
    values_of,
)
from snncc.ir.ops import Function, Input, Weighted


@dataclass(frozen=True)
class Rounding:
    """What of a node is rounded.

    Attributes:
        words: a part of a sentence for each.
        bounds: role or field → the largest distance.
    """

    words: tuple[str, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict[str, float])


def roundings(network: Network) -> dict[str, Rounding]:
    """Node of a network after its passes → what of it is rounded; those without are left out."""
    if not network.quantized:
        return {}
    found: dict[str, Rounding] = {}
    for name, (a, _) in arithmetics(network).items():
        node = network[name]
        parts = [part for part in _parts(network, node, a) if part[2] > 0]
        if parts:
            words = tuple(f"{what} {how} {distance:.3g}" for what, how, distance in parts)
            found[name] = Rounding(words, {what: distance for what, _, distance in parts})
    return found


Part = tuple[str, str, float]


def _parts(network: Network, node: Node, a: Arithmetic) -> Iterator[Part]:
    if isinstance(node.op, Weighted):
        yield from _weights(network, node.op, a)
    elif isinstance(node.op, Function):
        yield from _table(node, node.op, a)
    else:
        yield from _parameters(network, node, a)
    yield from _signals(node)


def _weights(network: Network, op: Weighted, a: Arithmetic) -> Iterator[Part]:
    unit_in, unit_out = op.lay(a.input_unit(), a.unit_of("weight"), a.tensors)
    real = values_of(op.weight, network.tensors)
    yield "weights", "each within", _measure(op.weight_codes(a) * unit_out / unit_in, real)
    if op.bias is not None:
        unit = op.gather(a.unit_of("weight"))
        codes = a.weights(op.bias, "bias", np.ones(()), unit)
        yield "bias", "within", _measure(codes * unit, values_of(op.bias, network.tensors))


def _parameters(network: Network, node: Node, a: Arithmetic) -> Iterator[Part]:
    for name, param in node.op.select_fields(
        Measure.VOLTAGE, Measure.CURRENT, Measure.FACTOR
    ).items():
        real = values_of(param, network.tensors)
        factor = type(node.op).stated[name].dimension.measure is Measure.FACTOR
        format = node.formats.get(name if factor else "v")
        if format is None or not np.all(np.isfinite(real)):
            continue  # what never changes, or is not a state
        if isinstance(format, Factor):
            yield name, "within", _measure(a.factor(param, name), real)
        elif isinstance(format, Quantity):
            yield name, "within", _measure(a.quantity(param, "v") * a.unit_of("v"), real)
        else:
            yield (
                name,
                "within",
                _measure(real.astype(np.float32).astype(np.float64), real),
            )


def _signals(node: Node) -> Iterator[Part]:
    format = node.formats.get("value")
    if isinstance(format, Quantity) and isinstance(format.unit, int):
        step = 2.0**-format.unit
        kind = "values" if isinstance(node.op, Input) else "results"
        yield kind, f"in {format.bits} bits, each within", step / 2


def _table(node: Node, op: Function, a: Arithmetic) -> Iterator[Part]:
    index, value = node.formats["index"], node.formats["value"]
    assert isinstance(index, Quantity) and isinstance(value, Quantity)
    assert isinstance(a, IntegerArithmetic), "tables are of integers"
    units = (float(a.unit_of(role).reshape(())) for role in ("index", "value"))
    bound = error_bound(FUNCTIONS[op.name], index, *units)
    yield f"{op.name} from a table", "within", bound


def _measure(found: Values, real: Values) -> float:
    return float(np.max(np.abs(np.asarray(found) - real), initial=0.0))
