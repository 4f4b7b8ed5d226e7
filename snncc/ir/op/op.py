"""Op: the facts that every op must state, and their check; the table of all ops; no op itself."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Self, get_origin, get_type_hints

import numpy as np

from ..errors import UndeclaredFact
from ..param import Param, Ref, Shape, StateValues, Unit, Values, values_of
from ..tensor import Tensors
from .dimensions import POTENTIAL, Field, Measure, Output, Role, State
from .fields import field_of

if TYPE_CHECKING:
    from ..arithmetic.arithmetic import Arithmetic

OPS: dict[str, type[Op]] = {}


@dataclass(frozen=True, slots=True)
class Leak:
    """A potential left alone: v <- decay v + bias, as long as nothing arrives and nothing fires.

    Attributes:
        decay: of the potential, per tick; 1.0 where nothing leaks.
        bias: added to the potential itself in every tick; the op's field of that name.
        initial: the potential before tick 0; the op's field of that name.
        threshold: the potential at which it fires; None where it never does.
    """

    decay: Param
    bias: Param
    initial: Param
    threshold: Param | None


@dataclass(frozen=True)
class Op(ABC):
    """What a node computes in one tick: parameters, facts, semantics and text in one class.

    A subclass is a frozen dataclass whose fields are its parameters; the type of each field says
    what it is (`fields.py`). It is entered in `OPS` under its keyword, and from it follow text
    form, parser, verifier, interpreter, passes, tests and docs page. What it leaves out is never
    guessed: the class is refused.

    Class attributes:
        keyword: the op's name in the text; a base that several ops share has none.
        arity: number of inputs, or None for one or more.
        output: what it puts out.
        extra_roles: what a number format can be given to beside fields; see `roles`.
        linear: whether the output is an affine function of the one input (so that it may be
            folded into a neighbour, and bounds follow from it).
        monotone: whether no output falls when an input rises; then `bound` follows from `step`.
        held: of an output that is HELD or EVENTS, the role whose format it has.
        stated: field → what it is; read from the types of the fields.
        roles: what a number format can be given to: the roles of the fields, and the extra ones.
    """

    keyword: ClassVar[str]
    arity: ClassVar[int | None] = 1
    output: ClassVar[Output]
    extra_roles: ClassVar[tuple[Role, ...]] = ()
    linear: ClassVar[bool] = False
    monotone: ClassVar[bool] = False
    held: ClassVar[str] = ""
    stated: ClassVar[Mapping[str, Field]] = MappingProxyType({})
    roles: ClassVar[tuple[Role, ...]] = ()

    def __init_subclass__(cls) -> None:
        keyword = cls.__dict__.get("keyword")
        if keyword is None:
            return
        if not re.fullmatch(r"[a-z][a-z0-9_]*", keyword):
            raise UndeclaredFact(
                f"op '{keyword}': a keyword is lower-case letters, digits and underscores"
            )
        if keyword in OPS and OPS[keyword].__qualname__ != cls.__qualname__:
            raise UndeclaredFact(
                f"op '{keyword}': the keyword is taken by {OPS[keyword].__qualname__}"
            )
        cls.stated = MappingProxyType(collect_fields(cls))
        cls.roles = _roles(cls)
        _check_facts(cls)
        OPS[keyword] = cls

    @property
    def states(self) -> tuple[State, ...]:
        """The states that the op carries from tick to tick; none for most."""
        return ()

    @property
    def counts(self) -> int:
        """The most spikes that the output counts in one tick; 0 where it counts none."""
        return 0

    @property
    def spiking(self) -> bool:
        """Whether the output counts spikes: integers, unit 1 in every arithmetic."""
        return self.counts > 0

    @property
    def output_role(self) -> str:
        """The role in whose unit the output counts; empty where it follows from the inputs.

        Empty for spikes and counts, too, which have the unit 1.
        """
        match self.output:
            case Output.HELD | Output.EVENTS:
                return self.held
            case Output.POTENTIAL:
                return POTENTIAL.name
            case Output.CURRENT:
                return "weight"
            case _:
                return ""

    @property
    def leak(self) -> Leak | None:
        """What the potential does when left alone, where that is as simple as a `Leak`."""
        return None

    @property
    def integrates(self) -> bool:
        """Whether it adds up inputs in real states, in a unit of its own: that of the role `v`.

        Counts and ticks alone have no unit: what keeps nothing else takes its input as it comes.
        """
        return not self.held and any(state.real for state in self.states)

    def state(self, name: str) -> State:
        """The state of that name, which the op has."""
        return next(state for state in self.states if state.name == name)

    def select_fields(self, *measures: Measure) -> dict[str, Param]:
        """Field → value, of the fields with one of these measures that are not left out."""
        stated = type(self).stated.items()
        found = {k: getattr(self, k) for k, f in stated if f.dimension.measure in measures}
        return {name: value for name, value in found.items() if value is not None}

    def refs(self) -> dict[str, str]:
        """Field name → tensor name, for every parameter that lives in a tensor."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v.name for k, v in found.items() if isinstance(v, Ref)}

    def with_fields(self, **fields: object) -> Self:
        """The same op with other values of some of its fields."""
        return replace(self, **fields)

    @abstractmethod
    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        """Shape of the output, per sample, from the shapes of the inputs.

        Raises:
            ValueError: the op does not accept these shapes; the text says what it expected.
        """

    def check(self, tensors: Tensors) -> None:
        """Refuses parameters out of the range of their dimensions, and what `restrict` refuses.

        Raises:
            ValueError: says which parameter, its value and the range.
        """
        for name, field in type(self).stated.items():
            value, dimension = getattr(self, name), field.dimension
            if dimension.options and value not in dimension.options:
                known = ", ".join(dimension.options)
                raise ValueError(f"{name} is '{value}', expected one of {known}")
            if dimension.least is not None or dimension.most is not None:
                dimension.check(name, values_of(value, tensors))
        self.restrict(tensors)

    def restrict(self, tensors: Tensors) -> None:  # noqa: B027  # most ops take any combination
        """Refuses what no field's dimension refuses alone, such as two fields that do not go.

        Raises:
            ValueError: says which parameters, their values and what goes.
        """

    def restrict_codes(self, a: Arithmetic) -> None:  # noqa: B027  # most ops take any codes
        """Refuses formats in which a parameter becomes a code that the op cannot compute with.

        Raises:
            ValueError: says which parameter.
        """

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        """States before tick 0 for one sample of output shape `shape`; arrays broadcast to it."""
        return {}

    def __new__(cls, *given: object, **named: object) -> Self:
        fields_of_it = getattr(cls, "__dataclass_fields__", {})
        if lacking := [name for name in cls.stated if name not in fields_of_it]:
            raise UndeclaredFact(
                f"op '{cls.keyword}' has no field '{lacking[0]}' to be given; write "
                "@dataclass(frozen=True) above its class"
            )
        return super().__new__(cls)

    @abstractmethod
    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        """One tick: new states and output `[samples, *shape]` from the old states and the inputs.

        The one body serves float64, float32 and integers: `a` is the arithmetic.
        """

    @abstractmethod
    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        """Real value of one output code, broadcastable to the output's shape.

        Raises:
            ValueError: the inputs' units cannot meet in this op.
        """

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        """Smallest and largest output code, per element, for inputs within `lows` and `highs`.

        Arrays have shape `[1, *input shape]`; of an op with states they are not given.
        """
        assert self.monotone, f"{self.keyword} states neither bound nor monotone"
        return self.step({}, lows, a)[1], self.step({}, highs, a)[1]

    def magnitudes(self, tensors: Tensors) -> tuple[Values, ...]:
        """Magnitudes, in real units, of what counts in the unit of v whatever the inputs are.

        Voltages and currents, and what states reach that nothing but spikes drives.
        """
        found: list[Values] = []
        for name, value in self.select_fields(Measure.VOLTAGE, Measure.CURRENT).items():
            real = np.abs(values_of(value, tensors))
            if not (type(self).stated[name].dimension.endless and np.all(np.isinf(real))):
                found.append(real)
        return tuple(found)

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        """Largest magnitude that any real state can have, in codes of v; infinite if unbounded.

        Args:
            lows, highs: limits of the inputs in their codes, `[1, *input shape]` each.
            a: the arithmetic.

        Returns: float64, broadcastable to `[*shape]`.
        """
        raise UndeclaredFact(f"op '{self.keyword}' does not state its worst_case")

    def count_products(
        self, active: Sequence[Values], a: Arithmetic, *, skip_zeros: bool = False
    ) -> float:
        """Products of inputs with weights, or with one another, in which no input is zero.

        What neurons and scalings multiply inside themselves is not among them.

        Args:
            active: of each input, 1.0 where an element is not zero and 0.0 elsewhere,
                `[samples, *input shape]`; of a linear op also sums of such.
            a: the arithmetic, whose weights are counted.
            skip_zeros: leave out products with a weight that is zero.
        """
        return 0.0

    def count_dense_products(self, shapes: Sequence[Shape], tensors: Tensors) -> int:
        """Products of one tick of one sample if nothing is skipped, those with padding included.

        The multiply-accumulates that frameworks count.
        """
        return 0


def collect_fields(kind: type[Op]) -> dict[str, Field]:
    """What each field of an op class is, or of a base that several share.

    Raises:
        UndeclaredFact: a field's type does not say it, or the text cannot read such a field.
    """
    name = getattr(kind, "keyword", kind.__name__)
    try:
        hints = get_type_hints(kind, include_extras=True)
    except NameError as error:
        raise UndeclaredFact(
            f"op '{name}': the type of a field cannot be read: {error}; import it where the class "
            "is made"
        ) from error
    found: dict[str, Field] = {}
    for field, hint in hints.items():
        if get_origin(hint) is ClassVar:
            continue
        try:
            found[field] = field_of(hint)
        except ValueError as error:
            raise UndeclaredFact(f"op '{name}': field '{field}' {error}") from error
    return found


def _roles(kind: type[Op]) -> tuple[Role, ...]:
    """The roles of fields and the extra ones, quantities before factors."""
    if not kind.stated:
        return kind.extra_roles
    own = [role for n, f in kind.stated.items() if (role := f.dimension.role(n)) is not None]
    whole = [*(r for r in own if not r.factor), *kind.extra_roles, *(r for r in own if r.factor)]
    return tuple(dict.fromkeys(whole))


_ABSTRACT = ("infer", "step", "unit")


def _check_facts(kind: type[Op]) -> None:
    """Refuses an op class that leaves out what passes must know of it.

    Raises:
        UndeclaredFact: names op and fact.
    """
    concrete = [base.__dict__["keyword"] for base in kind.__mro__[1:] if "keyword" in vars(base)]
    if concrete:
        raise UndeclaredFact(
            f"op '{kind.keyword}' derives from the op '{concrete[0]}', whose facts would be its "
            "own; derive from a base without a keyword"
        )
    missing = [name for name in _ABSTRACT if getattr(kind, name) is getattr(Op, name)]
    if not hasattr(kind, "output"):
        missing.append("output")
    else:
        missing += _find_missing(kind)
    if missing:
        raise UndeclaredFact(f"op '{kind.keyword}' does not state its {', its '.join(missing)}")


def _find_missing(kind: type[Op]) -> list[str]:
    """Facts that follow from others and are not stated."""
    keeps, owns = kind.states is not Op.states, kind.output in (Output.HELD, Output.EVENTS)
    multiplies = kind.output in (Output.CURRENT, Output.MULTIPLIED)
    needs = (
        ("counts", kind.output is Output.SPIKES and kind.counts is Op.counts),
        ("held", owns and kind.held not in {role.name for role in kind.roles}),
        ("states", kind.begin is not Op.begin and not keeps),
        ("begin", keeps and kind.begin is Op.begin),
        ("worst_case", keeps and not owns and kind.worst_case is Op.worst_case),
        ("count_products", multiplies and kind.count_products is Op.count_products),
        (
            "count_dense_products",
            multiplies and kind.count_dense_products is Op.count_dense_products,
        ),
        ("bound or monotone", kind.bound is Op.bound and not kind.monotone and kind.arity != 0),
    )
    return [name for name, lacks in needs if lacks]


def check_states(
    op: Op, given: StateValues | None = None, lacks_it: str = "does not begin"
) -> None:
    """Refuses states that do not say what they are, or are not those that are given.

    Args:
        op: the op.
        given: by `begin`, or by `step`.
        lacks_it: what is said of a state that is not given.

    Raises:
        UndeclaredFact: names the op, the state and what is missing.
    """
    names = [state.name for state in op.states]
    roles = {role.name for role in op.roles}
    for state in op.states:
        if lacks := state.lacks:
            raise UndeclaredFact(
                f"op '{op.keyword}': state '{state.name}' is {state.kind} and does not state its "
                f"{lacks}"
            )
        if state.real and state.role not in roles:
            raise UndeclaredFact(
                f"op '{op.keyword}': state '{state.name}' counts in the role '{state.role}', "
                "which the op does not state"
            )
    if op.integrates and POTENTIAL.name not in roles:
        raise UndeclaredFact(
            f"op '{op.keyword}' has real states and does not state the role 'v', in whose unit its "
            "input counts; give a field the type Voltage, or name the role in extra_roles"
        )
    odd = set(names).symmetric_difference(names if given is None else given)
    for name in sorted(odd):
        said = lacks_it if name in names else "is not among its states"
        raise UndeclaredFact(f"op '{op.keyword}': state '{name}' {said}")


def same_unit(left: Unit, right: Unit, shape: Shape) -> bool:
    """Whether two units are equal for every element of a signal of this shape."""
    return np.array_equal(np.broadcast_to(left, shape), np.broadcast_to(right, shape))


def common_unit(units: Sequence[Unit], shapes: Sequence[Shape]) -> Unit:
    """The unit of signals that meet, which is the same for all.

    Raises:
        ValueError: it is not.
    """
    if any(not same_unit(u, units[0], s) for u, s in zip(units, shapes, strict=True)):
        raise ValueError("its inputs count in different units")
    return units[0]


def expect_params(op: Op, shape: Shape, tensors: Tensors) -> None:
    """Refuses parameters that do not broadcast to a signal of this shape.

    Raises:
        ValueError: names the parameter, its shape and that of the signal.
    """
    for name, tensor in op.refs().items():
        found = tensors[tensor].shape
        try:
            fits = np.broadcast_shapes(found, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(f"{name} is {found}, which does not broadcast to {shape}")
