"""All operations of a graph that are refused, where one would do: others stand in their place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from snncc.frontends.recognition import Atoms, Poly
from snncc.ir import ImportRefused, Problem


@dataclass
class Refused:
    """What is refused of a graph so far.

    Attributes:
        lost: names of the values that are not the graph's own, as they follow from what is refused.
    """

    problems: dict[Problem, None] = field(default_factory=dict[Problem, None])
    lost: set[str] = field(default_factory=set[str])

    def follow(self, inputs: Iterable[str], outputs: Iterable[str]) -> None:
        """Notes that values were made of others."""
        if self.lost.intersection(inputs):
            self.lost.update(outputs)

    def replace(
        self,
        atoms: Atoms,
        refusal: ImportRefused,
        names: tuple[Sequence[str], Sequence[str]],
        signals: Iterable[object],
        known: bool,
    ) -> list[Poly]:
        """Signals in the place of what a refused operation puts out.

        Args:
            atoms: of the graph.
            refusal: of the operation.
            names: of the values that it reads, and of those that it makes.
            signals: the values that it is given.
            known: whether others of its kind are read; of such only the first on a way is noted,
                as the next may be refused for what stands in the place of that one.

        Raises:
            ImportRefused: no signal goes in, so nothing is known of what comes out.
        """
        inputs, outputs = names
        if not (known and self.lost.intersection(inputs)):
            self.problems.update(dict.fromkeys(refusal.problems))
        pattern = next((each for each in signals if isinstance(each, Poly)), None)
        if pattern is None:
            raise ImportRefused(*self.problems)
        self.lost.update(outputs)
        return [atoms.entry(f"in the place of {name}", pattern.shape) for name in outputs]

    def demand_none(self) -> None:
        """Refuses the graph if something of it was refused.

        Raises:
            ImportRefused: names all of it.
        """
        if self.problems:
            raise ImportRefused(*self.problems)
