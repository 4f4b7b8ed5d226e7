"""BuildRequest: what `snncc build` was asked for; contains no default of a target or a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from snncc.ir.passes import USUAL_STATE_BITS, USUAL_WEIGHT_BITS


@dataclass(frozen=True)
class BuildRequest:
    """What `snncc build` was asked for; paths as typed."""

    model: str
    target: str
    weights: Path | None = None
    data: Path | None = None
    weight_bits: int = USUAL_WEIGHT_BITS
    layer_bits: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    state_bits: int = USUAL_STATE_BITS
    board: str | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    passes: str | None = None
    print_after: str | None = None
    dump: Path | None = None
    time: bool = False
    output: Path | None = None
    check_each: int = 0
    bisect: bool = False
    sign: Path | None = None
    max_drop: float | None = None
    calibrate: str = "ranges"
    budget: str | None = None
