"""`neuron`: how a user's own class of neurons is described to the importer; loads no PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from snncc.ir import Output, UsageError, all_ops, describe_unknown, op_class

NEURONS = Output.SPIKES, Output.POTENTIAL, Output.EVENTS
"""What the ops put out that a class of neurons can be."""

Class = TypeVar("Class", bound=type)
Fields = Callable[..., Mapping[str, object]]
"""Module → parameters of the op: numbers, or tensors with one entry per neuron."""

MARK = "__snncc_neuron__"
"""The attribute of a described class that contains its `Description`."""
SELDOM = {"bias": 0.0, "spikes": 1, "refractory": 0}
"""Fields of a spiking op that a description may leave out."""


@dataclass(frozen=True, eq=False)
class Description:
    """What a class of neurons computes in one tick.

    Attributes:
        op: keyword of the op that it equals.
        states: name of a state in the class → state of the op.
        fields: the op's parameters, from a module.
        hidden: whether the states are attributes of the module, rather than passed and returned.
        time_axis: the axis of the ticks in what forward takes and returns; None for one tick.
        owner: the class that was described.
        returned: the hidden states that forward returns behind the spikes, too.
    """

    op: str
    states: Mapping[str, str]
    fields: Fields
    hidden: bool
    time_axis: int | None
    owner: type
    returned: tuple[str, ...] = ()


def _neurons() -> list[str]:
    return sorted(keyword for keyword, kind in all_ops().items() if kind.output in NEURONS)


def neuron(
    op: str,
    states: Mapping[str, str],
    fields: Fields,
    hidden: bool = False,
    time_axis: int | None = None,
    returned: Sequence[str] = (),
) -> Callable[[Class], Class]:
    """A decorator that says which op a class of neurons equals.

    The class is a module with `forward(current, *states) -> spikes, *states`, or, with `hidden`,
    `forward(current) -> spikes` that keeps its states as attributes. What is said here is not
    believed: every import runs the class beside the op, alone and within the model.

    Args:
        op: keyword of a neuron, such as `lif`.
        states: name in the class → state of the op, in the order in which they are passed.
        fields: module → the op's fields. `bias`, `spikes` and `refractory` may be left out, and so
            may `initial`, which is what the states start from. `gain` multiplies the current.
        hidden: the states are attributes of those names.
        time_axis: forward takes and returns all ticks, along this axis, and starts from rest at
            each call: 0 for [T, B, ...], 1 for [B, T, ...].
        returned: names of hidden states that forward returns behind the spikes as well.

    Raises:
        UsageError: the op is unknown, or does not have one of these states.
    """
    try:
        kind = op_class(op)
    except UsageError as error:
        raise UsageError(f"@neuron: {describe_unknown('neuron', op, _neurons())}") from error
    if kind.output not in NEURONS:
        raise UsageError(f"@neuron: {describe_unknown('neuron', op, _neurons())}")
    if hidden and time_axis is not None:
        raise UsageError("@neuron: a class that walks along a time_axis cannot hide states")
    if odd := set(returned) - (set(states) if hidden else set()):
        raise UsageError(f"@neuron: returned names '{min(odd)}', which is not a hidden state")
    if not states:
        raise UsageError("@neuron: name at least one state, such as states={'v': 'v'}")

    def describe_class(owner: Class) -> Class:
        described = Description(op, dict(states), fields, hidden, time_axis, owner, tuple(returned))
        setattr(owner, MARK, described)
        return owner

    return describe_class
