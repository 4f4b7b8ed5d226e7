"""The integer arithmetic of one node on tensors: the same integers, and a gradient."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from snncc.ir import (
    Factor,
    IntegerArithmetic,
    NumberError,
    Op,
    Overflow,
    Param,
    RealFunction,
    Ref,
    Rounding,
    Unit,
    Values,
    values_of,
)
from snncc.ir.ops import Sparse, Spiking

from .gradients import pass_straight
from .tensor_rules import require_exact
from .traced import LARGEST, Rules

Contract = Callable[[Values, Values], Values]


@dataclass(frozen=True)
class Leaf:
    """The codes of a tensor of weights or biases, as one node has them.

    Attributes:
        codes: a leaf of the graph of gradients.
        gain: codes per unit of the real value, which broadcasts against them.
        low: smallest code.
        high: largest code.
    """

    codes: Tensor
    gain: Tensor
    low: int
    high: int


class TracedIntegers(IntegerArithmetic):
    """Integers in float64, with the formats of one node; the gradient passes each rounding.

    Attributes:
        leaves: name of a tensor → its codes here, as of the last `forget`.
    """

    def __init__(self, rules: Rules, op: Op, a: IntegerArithmetic) -> None:
        super().__init__(a.tensors, a.formats, a.units, a.where, a.place)
        self._rules, self._op = rules, op
        self._made: dict[object, Values] = {}
        self._gains: dict[int, float] = {}
        self._reals: Mapping[str, Values] = {}
        self._noise, self._random = 0.0, np.random.default_rng(0)
        self.leaves: dict[str, Leaf] = {}

    def forget(
        self, reals: Mapping[str, Values], noise: float, random: np.random.Generator
    ) -> None:
        """Drops what was encoded; these real weights, by name of tensor, are encoded when asked.

        Args:
            reals: by name of tensor.
            noise: standard deviation of the relative changes of a threshold; weights have theirs.
            random: draws them.
        """
        self._noise, self._random = noise, random
        self._made.clear()
        self._gains.clear()
        self.leaves.clear()
        self._reals = reals

    def keep(self, key: Hashable, make: Callable[[], Values]) -> Values:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def quantity(self, value: Param, role: str) -> Values:
        return self.keep(("quantity", value, role), lambda: self._encode_constant(value, role))

    def _encode_constant(self, value: Param, role: str) -> Values:
        codes = super().quantity(value, role)
        if self._noise and isinstance(self._op, Spiking) and value == self._op.threshold:
            real = change(values_of(value, self.tensors), self._noise, self._random)
            codes = self._encode(real, self.unit_of(role), value, role)
        return self._rules.wrap(self._rules.tensor(codes))

    def weights(self, value: Param, role: str, unit_in: Unit, unit_out: Unit) -> Values:
        if not isinstance(value, Ref):
            return self._rules.wrap(
                self._rules.tensor(super().weights(value, role, unit_in, unit_out))
            )
        real = self._reals[value.name]
        format, gain = self._quantity(role), unit_in / unit_out
        gain = np.broadcast_to(gain, real.shape)
        low, high = format.low / gain, format.high / gain
        codes = self._encode(np.clip(real, low, high) * unit_in, unit_out, value, role)
        leaf = self._rules.tensor(codes).requires_grad_()
        self.leaves[value.name] = Leaf(leaf, self._rules.tensor(gain), format.low, format.high)
        return self._rules.wrap(leaf)

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        format = self.formats.get(role)
        if format is None and factor == 1.0:
            return codes
        if not isinstance(format, Factor):
            raise NumberError(f"{self.where}: role '{role}' needs a factor format; run quantize")
        one = np.ones((), dtype=np.int64) << format.frac
        scaled = self.keep(
            ("factor", factor, role),
            lambda: self._rules.wrap(self._rules.tensor(np.rint(self.factor(factor, role) * one))),
        )
        product = require_exact(self._rules.tensor(codes) * self._rules.tensor(scaled))
        return self._rules.wrap(shift(product, format.frac, format.rounding))

    def align(self, codes: Values, role: str) -> Values:
        return codes * self.keep(
            ("align", role),
            lambda: self._rules.wrap(self._rules.tensor(2.0 ** self._find_shift(role))),
        )

    def contract(self, function: Contract, signal: Values, weights: Values) -> Values:
        inner = self._scatter if isinstance(self._op, Sparse) else function
        real, most = self._rules.tensor(signal), self._rules.tensor(weights)
        if id(weights) not in self._gains:
            ones = self._rules.wrap(torch.ones_like(real[:1]).detach())
            reach = inner(ones, self._rules.wrap(most.detach().abs()))
            self._gains[id(weights)] = float(self._rules.tensor(reach).amax())
        worst = self._gains[id(weights)] * float(real.detach().abs().amax())
        if worst >= LARGEST:
            raise NumberError(
                f"{self.where}: a sum of products may reach {worst:.3g}, and tuning computes in "
                "52 bits; use fewer --weight-bits"
            )
        return inner(signal, weights)

    def _scatter(self, signal: Values, weights: Values) -> Values:
        """One synapse after the other, added up where several meet."""
        op = self._op
        assert isinstance(op, Sparse), "others are contracted by their own function"
        rows, columns = (
            torch.tensor(np.array(self.tensors[ref.name].values, dtype=np.int64)).to(
                self._rules.device
            )
            for ref in (op.rows, op.columns)
        )
        parts = self._rules.tensor(signal)[:, columns] * self._rules.tensor(weights)
        total = parts.new_zeros((len(parts), op.size))
        return self._rules.wrap(total.index_add(1, rows, parts))

    def bilinear(self, function: Contract, left: Values, right: Values, terms: int) -> Values:
        a, b = (float(self._rules.tensor(x).detach().abs().amax()) for x in (left, right))
        if a * b * terms >= LARGEST:
            raise NumberError(
                f"{self.where}: a sum of products may reach {a * b * terms:.3g}, and tuning "
                "computes in 52 bits; use fewer --state-bits"
            )
        return function(left, right)

    def rescale(self, codes: Values, role: str, scale: str) -> Values:
        multiplier, format = self.multiplier(role, scale), self.formats[scale]
        assert isinstance(format, Factor), "the multiplier was looked up with it"
        product = require_exact(self._rules.tensor(codes) * self._rules.tensor(multiplier[None]))
        return self._rules.wrap(shift(product, format.frac, format.rounding))

    def lookup(self, function: RealFunction, codes: Values, index: str, value: str) -> Values:
        data = self._rules.tensor(codes)
        at = to_codes(data)
        exact = super().lookup(function, at, index, value)
        step = 1 << max(0, self._quantity(index).bits - 8)  # a line between two knots
        low, high = (int(end) for end in self.limits(index))
        ends = [
            super(TracedIntegers, self).lookup(
                function, np.clip(at + side, low, high), index, value
            )
            for side in (-step, step)
        ]
        slope = self._rules.tensor((ends[1] - ends[0]) / (2 * step))
        return self._rules.wrap(pass_straight(self._rules.tensor(exact), data * slope))

    def normalise(self, codes: Values, epsilon: float, role: str) -> Values:
        data = self._rules.tensor(codes)
        exact = self._rules.tensor(super().normalise(to_codes(data), epsilon, role))
        size = data.shape[-1]
        added = self._rules.tensor(self.compute_epsilon(epsilon, size) / size**2)
        apart = data - data.mean(-1, keepdim=True)
        deviation = (apart.square().mean(-1, keepdim=True) + added).clamp(min=1 / size**2).sqrt()
        unit = float(self.unit_of(role).reshape(()))
        return self._rules.wrap(pass_straight(exact, apart / (deviation * unit)))

    def fit(self, codes: Values, role: str) -> Values:
        data, format = self._rules.tensor(codes), self._quantity(role)
        match format.overflow:
            case Overflow.SATURATE:
                return self._rules.wrap(data.clamp(format.low, format.high))
            case Overflow.WRAP:
                turn = float(1 << format.bits)
                exact = torch.remainder(data.detach() - format.low, turn) + format.low
                return self._rules.wrap(pass_straight(exact, data))
            case Overflow.TRAP:
                if bool(((data < format.low) | (data > format.high)).any()):
                    super().fit(to_codes(data), role)  # says which, and by how much
                return self._rules.wrap(data)

    def counts(self, flags: Values) -> Values:
        return flags.astype(np.int64)

    def notice(self, beyond: Values, role: str) -> None:
        """Nothing: what is cut off while a network is tuned, is counted when it is built."""


def change(values: Values, noise: float, random: np.random.Generator) -> Values:
    """Values with random relative changes of that standard deviation."""
    return np.asarray(values * (1 + noise * random.standard_normal(values.shape)))


def to_codes(data: Tensor) -> Values:
    """The integers of a tensor, without their gradient."""
    return data.detach().cpu().numpy().astype(np.int64)


def shift(product: Tensor, bits: int, rounding: Rounding) -> Tensor:
    """Integers divided by 2**bits, as `snncc.ir`'s `shift_codes` rounds them."""
    smooth = product * 2.0**-bits
    rest = smooth.detach()
    match rounding:
        case Rounding.FLOOR:
            exact = rest.floor()
        case Rounding.TOWARD_ZERO:
            exact = rest.trunc()
        case Rounding.HALF_EVEN:
            exact = rest.round()
        case Rounding.HALF_AWAY:
            exact = rest.sign() * (rest.abs() + 0.5).floor()
    return pass_straight(exact, smooth)
