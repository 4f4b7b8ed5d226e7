"""The arithmetic of states in single precision on tensors: the same numbers, and a gradient."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import torch
from torch import Tensor

from snncc.ir import Param, SingleArithmetic, Values

from .traced import Rules
from .traced_integers import Leaf


class TracedSingles(SingleArithmetic):
    """States in float32 of one node; PyTorch rounds each operation as numpy does.

    Attributes:
        leaves: none; a neuron has no weights.
    """

    def __init__(self, rules: Rules, a: SingleArithmetic) -> None:
        super().__init__(a.tensors, a.formats, a.units, a.where, a.place)
        self._rules = rules
        self._made: dict[Hashable, Tensor] = {}
        self.leaves: dict[str, Leaf] = {}

    def forget(
        self, reals: Mapping[str, Values], noise: float, random: np.random.Generator
    ) -> None:
        """Nothing: no weights are encoded here, and single precision hardly rounds."""

    def _single(self, key: Hashable, values: Values) -> Values:
        if key not in self._made:
            self._made[key] = torch.tensor(values, dtype=torch.float32, device=self._rules.device)
        return self._rules.wrap(self._made[key])

    def quantity(self, value: Param, role: str) -> Values:
        return self._single((value, role), super().quantity(value, role))

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        self._get_single(role)
        return codes * self._single(("factor", factor), self.factor(factor, role))

    def align(self, codes: Values, role: str) -> Values:
        ones = np.ones((1, *self.units[0].shape))
        return self.fit(codes, role) * self._single(("align", role), super().align(ones, role)[0])

    def fit(self, codes: Values, role: str) -> Values:
        return self._rules.wrap(self._rules.tensor(codes).to(torch.float32))

    def counts(self, flags: Values) -> Values:
        return self._rules.wrap(self._rules.tensor(flags).to(torch.float32))

    def notice(self, beyond: Values, role: str) -> None:
        """Nothing: what is cut off while a network is tuned, is counted when it is built."""
