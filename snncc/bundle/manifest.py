"""The manifest of a bundle: what was asked for and what came of it, as JSON; writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import snncc
from snncc.backends import Json, Settings
from snncc.ir import Network, Use
from snncc.ir.passes import Pass, show_pass, total_lag

from .schema import FORMAT_VERSION


@dataclass(frozen=True)
class BuildRequest:
    """What `snncc build` was asked for; paths as typed."""

    model: str
    target: str
    weights: Path | None = None
    data: Path | None = None
    weight_bits: int = 8
    state_bits: int = 32
    board: str | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    passes: str | None = None
    print_after: str | None = None
    dump: Path | None = None
    time: bool = False
    output: Path | None = None
    check_each: int = 0
    bisect: bool = False


def manifest(
    request: BuildRequest,
    source: Network,
    network: Network,
    settings: Settings,
    model_options: Mapping[str, str],
    steps: Sequence[Pass],
    notes: Sequence[str],
) -> dict[str, Json]:
    """Everything about a build that does not depend on the machine or the hour.

    Args:
        request: what was asked for.
        source: the network as imported.
        network: as lowered.
        settings: what the backend was told.
        model_options: what the frontend was told.
        steps: the passes that ran.
        notes: what the user should know, a sentence each.
    """
    return {
        "format_version": FORMAT_VERSION,
        "snncc": snncc.__version__,
        "target": request.target,
        "board": request.board,
        "model": request.model,
        "weights": _weights(request.weights),
        "pipeline": ",".join(map(show_pass, steps)),
        "settings": _settings(settings, model_options),
        "tick": network.tick,
        "decode": network.decode,
        "inputs": [_port(network, Use(node.name)) for node in network.inputs],
        "outputs": [_port(network, use) for use in network.outputs],
        "lag": _lag(source, steps),
        "warnings": list(notes),
    }


def _weights(path: Path | None) -> Json:
    if path is None:
        return None
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _settings(settings: Settings, theirs: Mapping[str, str]) -> Json:
    return {
        "weight_bits": settings.weight_bits,
        "state_bits": settings.state_bits,
        "options": dict(settings.options),
        "model_options": dict(theirs),
        "rates": dict(settings.rates),
    }


def _port(network: Network, use: Use) -> Json:
    formats = {role: str(format) for role, format in network[use.source].formats.items()}
    return {
        "name": str(use).removeprefix("%"),
        "shape": list(network.shapes[use.source]),
        "format": formats.get(use.state or "value", formats.get("v")),
    }


def _lag(network: Network, steps: Sequence[Pass]) -> Json:
    late = total_lag(network, steps)
    return {wire.removeprefix("%"): ticks for wire, ticks in late.items()}
