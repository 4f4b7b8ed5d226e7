"""The manifest of a bundle: what was asked for and what came of it; writes nothing.

Its fields, and the version of the format that can be read, are in `schema.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from snncc.backends import Settings
from snncc.files import digest
from snncc.ir import Network, Node, Output, Use
from snncc.ir.passes import Pass, show_pass
from snncc.packages import packages
from snncc.version import __version__

from .request import BuildRequest
from .schema import FORMAT_VERSION, Listed, Manifest, Port, Presented, Told, Weights

Unfinished: TypeAlias = Callable[[dict[str, Listed]], Manifest]
"""A manifest that lacks its list of files, which are known when they are written."""


def manifest(
    request: BuildRequest,
    networks: tuple[Network, Network],
    told: tuple[Settings, Mapping[str, str]],
    steps: Sequence[Pass],
    lag: Mapping[str, int],
    notes: Sequence[str],
    lowered_with: Mapping[str, str | None],
) -> Unfinished:
    """Everything about a build that does not depend on the machine or the hour.

    Args:
        request: what was asked for.
        networks: the network as imported, and as lowered.
        told: what the backend was given, and the options of the frontend.
        steps: the passes that ran.
        lag: output of the source → ticks by which they make it later.
        notes: what the user should know, a sentence each.
        lowered_with: package → its version, or None where it is missing.
    """
    network = networks[1]
    return partial(
        Manifest,
        FORMAT_VERSION,
        __version__,
        request.target,
        request.board,
        request.model,
        _weights(request.weights),
        ",".join(map(show_pass, steps)),
        _record_settings(*told),
        network.tick,
        network.decode,
        *ports(network),
        port_lags(lag),
        list(notes),
        dict(lowered_with),
        packages=packages(request.target, request.model, networks, steps),
    )


def _weights(path: Path | None) -> Weights | None:
    return None if path is None else Weights(path.name, digest(path))


def _record_settings(settings: Settings, theirs: Mapping[str, str]) -> Told:
    shown = settings.presentation
    return Told(
        settings.weight_bits,
        settings.state_bits,
        dict(settings.options),
        dict(theirs),
        dict(settings.rates),
        None if shown is None else Presented(shown.ticks, shown.held),
        list(settings.classes),
        dict(settings.layer_bits),
    )


def ports(network: Network) -> tuple[list[Port], list[Port]]:
    """Inputs and outputs of a network."""
    inputs = [_port(network, Use(node.name)) for node in network.inputs]
    return inputs, [_port(network, use) for use in network.outputs]


def _port(network: Network, use: Use) -> Port:
    node = network[use.source]
    format = node.formats.get(_port_role(node, use))
    shape = list(network.shapes[use.source])
    return Port(str(use).removeprefix("%"), shape, None if format is None else str(format))


def _port_role(node: Node, use: Use) -> str:
    """The role whose format the values of a wire have; empty where they are counts, or sums."""
    if use.state:
        state = node.op.state(use.state)
        return state.role if state.real else ""
    if node.op.output is Output.INPUT:
        return "value"
    return "" if node.op.output is Output.CURRENT else node.op.output_role


def port_lags(lag: Mapping[str, int]) -> dict[str, int]:
    """Output → ticks by which it comes later than in the model, named as ports are."""
    return {wire.removeprefix("%"): ticks for wire, ticks in lag.items()}
