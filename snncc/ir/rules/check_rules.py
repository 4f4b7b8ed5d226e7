"""Checks the rules V001, V002, …: a network that passes has a meaning; ids are in `rule_ids.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod

import numpy as np

from ..arithmetic.number import Factor, Format, Single, is_factor, unit_tensor
from ..errors import RuleViolation, UndeclaredFact
from ..names import NAME
from ..network import Network, Node, infer
from ..op.op import OPS, check_states
from ..ops import Input
from ..param import Shape
from ..untrusted import limits
from ..views import arithmetics, order_nodes
from .vanishing import find_vanishing

_TITLE = re.compile(r"\S+")  # what the text form can print and read again
_TENSOR = re.compile(r"[A-Za-z0-9_.]+")
WIDEST = 62  # bits of a code, so that sums of two fit int64


def verify(network: Network) -> Network:
    """The network itself, when it keeps every rule.

    Raises:
        RuleViolation: the first rule that is broken, the node, and what to do.
    """
    for rule in _RULES:
        rule(network)
    return network


def _fail(rule: str, node: Node, message: str) -> RuleViolation:
    return RuleViolation(rule, node.name, message, str(node.origin))


def _names(network: Network) -> None:
    seen: set[str] = set()
    for node in network:
        if type(node.op) is not OPS.get(getattr(node.op, "keyword", "")):
            raise UndeclaredFact(
                f"%{node.name}: the class {type(node.op).__name__} states no keyword of its own, "
                "so no text can name it"
            )
        check_states(node.op)
        if not NAME.fullmatch(node.name):
            raise _fail("V002", node, "a name is letters, digits and underscores")
        if node.name in seen:
            raise _fail("V002", node, "another node has this name")
        seen.add(node.name)
    if not _TITLE.fullmatch(network.name):
        raise RuleViolation("V002", "", f"a network's name has no spaces, found '{network.name}'")
    for name in network.tensors:
        if not _TENSOR.fullmatch(name):
            message = f"a tensor's name is letters, digits, underscores and dots, found '{name}'"
            raise RuleViolation("V002", "", message)


def _check_ends(network: Network) -> None:
    if not network.inputs or not network.outputs:
        missing = "input" if not network.inputs else "output"
        raise RuleViolation("V008", "", f"the network has no {missing}")


def _uses(network: Network) -> None:
    wires = [(node, use) for node in network for use in node.inputs]
    wires += [(network[use.source], use) for use in network.outputs]
    for node, use in wires:
        if use.source not in network:
            raise _fail("V001", node, f"it uses %{use.source}, which does not exist")
        states = [state.name for state in network[use.source].op.states]
        if use.state and use.state not in states:
            known = ", ".join(states) or "none"
            raise _fail("V001", node, f"%{use.source} has no state '{use.state}' (has: {known})")
        if use.delay < 0 or use.delay % 1:
            raise _fail("V004", node, f"the delay of %{use.source} is {use.delay}")
    for use in network.outputs:
        if use.delay:
            raise _fail("V004", network[use.source], "an output is read without delay")


def _cycles(network: Network) -> None:
    order_nodes(network)


def _check_order(network: Network) -> None:
    seen: set[str] = set()
    for node in network:
        late = [use.source for use in node.inputs if not use.delay and use.source not in seen]
        if late:
            raise _fail("V012", node, f"it uses %{late[0]} without delay, which comes later")
        seen.add(node.name)


def _numbers(network: Network) -> None:
    for name, tensor in network.tensors.items():
        if tensor.dtype.kind not in "fiub" or tensor.dtype.itemsize > 8:
            message = f"tensor @{name} is {tensor.dtype}, expected integers, or floats of 64 bits"
            raise RuleViolation("V007", "", message)


def _sizes(network: Network) -> None:
    for node in network:
        if not 0 < (size := prod(network.shapes[node.name])) <= limits.SIGNAL:
            message = f"it has {size:,} values, expected 1 to {limits.SIGNAL:,}"
            raise _fail("V005", node, message)
        for use in node.inputs:
            kept = use.delay * prod(network.shapes[use.source])
            if use.delay > limits.DELAY or kept > limits.KEPT:
                raise _fail(
                    "V004",
                    node,
                    f"%{use.source} is read {use.delay:,} ticks late, which keeps {kept:,} values; "
                    f"at most {limits.DELAY:,} ticks and {limits.KEPT:,} values",
                )


def _shapes(network: Network) -> None:
    shapes = network.shapes
    for node in network:
        found = infer(network, node, [shapes[use.source] for use in node.inputs])
        if found != shapes[node.name]:
            message = f"its shape is {found} from all inputs, {shapes[node.name]} from some"
            raise _fail("V005", node, message)


def _check_finite(network: Network) -> None:
    for name, tensor in network.tensors.items():
        if not tensor.finite:
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(tensor.values))[0])
            raise RuleViolation("V007", "", f"tensor @{name} is not finite at {list(where)}")
    for node in network:
        for name, value in vars(node.op).items():
            field = type(node.op).stated.get(name)
            none = field is not None and field.dimension.endless and value == -np.inf
            if isinstance(value, float) and not (np.isfinite(value) or none):
                raise _fail("V007", node, f"{name} is {value}")
    if not (np.isfinite(network.tick) and network.tick > 0):
        raise RuleViolation("V009", "", f"tick is {network.tick} s, expected more than zero")


def _parameters(network: Network) -> None:
    for node in network:
        try:
            node.op.check(network.tensors)
        except ValueError as error:
            raise _fail("V009", node, str(error)) from error


def _formats(network: Network) -> None:
    for node in network:
        roles = {role.name: role for role in node.op.roles}
        for name, format in node.formats.items():
            if name not in roles:
                known = ", ".join(roles) or "none"
                raise _fail("V010", node, f"it has no role '{name}' (has: {known})")
            if is_factor(format) != roles[name].factor:
                kind = "a factor like x15/toward-zero" if roles[name].factor else "a quantity"
                raise _fail("V010", node, f"role '{name}' takes {kind}, found {format}")
            _width(network, node, name, format)
        if not network.quantized:
            continue
        for role in roles.values():
            if role.name not in node.formats and _needs(node, role.name, role.optional):
                raise _fail("V010", node, f"role '{role.name}' has no number format; quantize it")


def _width(network: Network, node: Node, role: str, format: Format) -> None:
    if isinstance(format, Single):
        alike = all(isinstance(other, Single) for other in node.formats.values())
        if not node.op.states or not alike:
            message = f"role '{role}' is {format}: all states and factors of a neuron are, or none"
            raise _fail("V010", node, message)
    elif isinstance(format, Factor):
        if not 0 <= format.frac <= WIDEST // 2:
            raise _fail("V010", node, f"role '{role}': {format} is beyond {WIDEST // 2} bits")
    elif not 1 + format.signed <= format.bits <= WIDEST:
        raise _fail("V010", node, f"role '{role}': {format} must have 1 to {WIDEST} bits")
    unit = unit_tensor(format)
    if unit is not None:
        if unit not in network.tensors:
            raise _fail("V006", node, f"the unit tensor @{unit} does not exist")
        if not np.all(network.tensors[unit].values > 0):
            raise _fail("V011", node, f"unit @{unit} is not above zero everywhere")
        found, shape = network.tensors[unit].shape, network.shapes[node.name]
        if not _broadcasts(found, shape):
            message = f"unit @{unit} is {found}, which does not broadcast to {shape}"
            raise _fail("V011", node, message)


def _broadcasts(found: Shape, shape: Shape) -> bool:
    return len(found) <= len(shape) and all(
        n in (1, m) for n, m in zip(found[::-1], shape[::-1], strict=False)
    )


def _needs(node: Node, role: str, optional: bool) -> bool:
    if isinstance(node.op, Input):
        return not node.op.spiking
    if role == "decay" and getattr(node.op, "decay", None) == 1.0:
        return False
    return not optional or getattr(node.op, role, None) not in (None, 0.0)


def _units(network: Network) -> None:
    if not network.quantized:
        return
    for name, (a, _) in arithmetics(network).items():
        try:
            network[name].op.restrict_codes(a)
        except ValueError as error:
            raise _fail("V011", network[name], str(error)) from error


def _ratios(network: Network) -> None:
    if not network.quantized or not any("scale" in node.formats for node in network):
        return
    for name, ratio in find_vanishing(network).items():
        message = (
            f"its role 'scale' is {network[name].formats['scale']}, which makes zero of a ratio of "
            f"units of {ratio:.3g}, and of all values with it; give it more fraction bits"
        )
        raise _fail("V011", network[name], message)


_RULES: tuple[Callable[[Network], None], ...] = (
    _names,
    _numbers,
    _check_ends,
    _uses,
    _cycles,
    _check_order,
    _shapes,
    _sizes,
    _check_finite,
    _parameters,
    _formats,
    _units,
    _ratios,
)
