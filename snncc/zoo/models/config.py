"""What the hyper-parameters of all families share: how a card holds them; loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self, cast


@dataclass(frozen=True, slots=True)
class Config:
    """Hyper-parameters of a model; a family's are a frozen dataclass derived from this."""

    def to_json(self) -> dict[str, object]:
        """The hyper-parameters as a card contains them."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """The hyper-parameters that a card contains; its lists are tuples here.

        Raises: TypeError for a missing or an unknown hyper-parameter.
        """
        fields = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        return cls(**cast("dict[str, Any]", fields))
