"""What `snncc check` found, as values: of each target, and of each node on it; nothing computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from snncc.backends import Json

State: TypeAlias = Literal["fine", "approximated", "refused"]


@dataclass(frozen=True)
class Finding:
    """What becomes of one node on one target.

    Attributes:
        node: its name in the network; empty where the model is refused before it is a network.
        op: what it computes, or the operation in the user's model.
        rule: id of the rule that refuses it, if one does.
        why: why it is refused, or by what it is approximated; empty where it is exact.
        bounds: role → how far a value may be from the model's, where it is approximated.
        cure: the smallest change that removes a refusal.
        cost: what that change does on the user's data; empty where it could not be run.
        place: in the user's model.
    """

    node: str
    op: str
    state: State
    rule: str = ""
    why: str = ""
    bounds: Mapping[str, float] = field(default_factory=dict[str, float])
    cure: str = ""
    cost: str = ""
    place: str = ""

    def as_json(self) -> dict[str, Json]:
        """As `check --json` prints it."""
        found: dict[str, Json] = {
            "node": f"%{self.node}" if self.node else "",
            "op": self.op,
            "state": self.state,
            "rule": self.rule,
            "why": self.why,
            "cure": self.cure,
            "cost": self.cost,
            "place": self.place,
        }
        if self.bounds:
            found["bounds"] = dict[str, Json](self.bounds)
        return found


@dataclass(frozen=True)
class Target:
    """What becomes of a model on one target.

    Attributes:
        nodes: those of the network, in order; then what is of no node.
    """

    name: str
    nodes: tuple[Finding, ...]

    @property
    def fits(self) -> bool:
        """Whether the target takes the model."""
        return all(node.state != "refused" for node in self.nodes)

    def as_json(self) -> dict[str, Json]:
        """As `check --json` prints it."""
        return {"fits": self.fits, "nodes": [node.as_json() for node in self.nodes]}


@dataclass(frozen=True)
class Checked:
    """What becomes of a model on each target that was asked for.

    Attributes:
        model: as typed.
        notes: of the import.
    """

    model: str
    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether each target takes the model."""
        return all(target.fits for target in self.targets)

    def as_json(self) -> dict[str, Json]:
        """As `check --json` prints it."""
        targets: dict[str, Json] = {target.name: target.as_json() for target in self.targets}
        return {"model": self.model, "targets": targets, "notes": list(self.notes)}
