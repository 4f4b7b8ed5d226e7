"""One network on one target: passes, lowering, emission, and every way in which it runs here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from snncc.backend_and_frontend import backend
from snncc.backends import (
    Backend,
    ChoosingBackend,
    FirmwareBackend,
    InstallableBackend,
    Settings,
)
from snncc.backends.tflm import TflmBackend
from snncc.backends.tflm.run.simulate import play as interpreted
from snncc.build.claims import Claims
from snncc.build.lowering import lower_network
from snncc.ir import Network, SpikesDiffer, Trace, Values, run

from .case import Case
from .strict_c import Way, run_sanitized

TARGETS = ("c99", "tflm", "spinnaker2", "lava")
SAMPLED = 25
"""Of so many networks one runs in Lava itself, and one on emulated cores of SpiNNaker 2."""
NATIVE = 4
"""Of so many networks one runs as the fast library of this machine too, in C."""
INTERPRETED = 2
"""Of so many networks one runs in TFLite-Micro itself too."""
TICKS_SAMPLED = 8
OPTIONS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "c99": ({},),
    "tflm": ({}, {"state": "io"}),
    "spinnaker2": ({}, {}, {"kernel": "own"}, {"hop": "pipelined"}, {"atoms": "3"}),
    "lava": ({}, {}, {"reset": "zero"}, {"input-bits": "6"}),
}


@dataclass(frozen=True)
class Choice:
    """What `snncc build` is told beside the network."""

    weight_bits: int
    state_bits: int
    options: Mapping[str, str]
    way: Way
    sampled: bool
    native: bool
    interpreted: bool

    @classmethod
    def drawn(cls, target: str, kind: str, number: int) -> Choice:
        rng = Random(f"{target} {kind} {number}")
        weight_bits, options = (
            rng.choice((4, 4, 8, 8, 8, 2, 3, 5, 6, 7)),
            rng.choice(OPTIONS[target]),
        )
        # Loihi has its own width of states, and py-spinnaker2's applications have single precision.
        fixed = target == "lava" or (target == "spinnaker2" and options.get("kernel") != "own")
        return cls(
            weight_bits,
            32 if fixed else rng.choice((16, 32)),
            options,
            Way.drawn(rng),
            number % SAMPLED == 0,
            number % NATIVE == 0,
            number % INTERPRETED == 0,
        )

    def __str__(self) -> str:
        told = "".join(f" {key}={value}" for key, value in self.options.items())
        return f"weights {self.weight_bits} states {self.state_bits}{told}"


def on_target(name: str, case: Case, choice: Choice, folder: Path) -> tuple[str, ...]:
    """Names of the ways that were compared, every wire of each with the reference.

    Raises:
        SnnccError: the target does not take the network.
        SpikesDiffer: a way computes something else than the reference.
        Warned, Sanitized: of the C.
    """
    target = backend(name)
    settings = Settings(
        choice.weight_bits, choice.state_bits, choice.options, rates=case.ranges.rates
    )
    network, program = _lowered(target, case, settings)
    for content in target.emit(program).values():
        assert isinstance(content, bytes)
    target.report(program)
    wires = tuple(readout.text for readout in program.traced)
    ways = _ways(target, program, choice)
    for way in ways:
        signal = _shorter(case.signal) if way in ("kit", "cores") else case.signal
        found = _computed(way, target, program, signal, wires, choice, folder)
        _demand_equal(way, network, signal, wires, found)
    return tuple(ways)


def _lowered(target: Backend[Any], case: Case, settings: Settings) -> tuple[Network, Any]:
    """The network in integers, every pass held to its claim, and the target's program."""
    if case.network.quantized:
        return case.network, target.lower(case.network, _last_way(target, settings))
    found = lower_network(
        target,
        case.network,
        settings,
        lambda way: target.passes(case.network, way, case.ranges),
        [Claims(case.signal)],
    )
    return found.network, found.program


def _last_way(target: Backend[Any], settings: Settings) -> Settings:
    """Settings for a network that has formats already: those that refuse the least."""
    return target.ways(settings)[-1] if isinstance(target, ChoosingBackend) else settings


def _ways(target: Backend[Any], program: Any, choice: Choice) -> list[str]:
    ways = []
    if isinstance(target, FirmwareBackend):
        ways.append("sanitized")
    if choice.native or not ways:
        ways.append("simulated")
    if isinstance(target, TflmBackend) and choice.interpreted:
        ways.append("interpreter")
    if choice.sampled and target.name == "lava" and _has_kit(target):
        ways.append("kit")
    if choice.sampled and target.name == "spinnaker2":
        ways.append("cores")
    return ways


def _has_kit(target: Backend[Any]) -> bool:
    return isinstance(target, InstallableBackend) and target.absent() is None


def _computed(
    way: str,
    target: Any,
    program: Any,
    signal: Mapping[str, Values],
    wires: tuple[str, ...],
    choice: Choice,
    folder: Path,
) -> Trace:
    if way == "simulated":
        return target.simulate(program, signal, wires)
    if way == "interpreter":
        return interpreted(program, signal, wires)
    if way in ("kit", "cores"):
        return target.play(program, signal, wires)
    sources = target.firmware(program, wires)
    output = run_sanitized(sources, target.stimulus(program, signal), choice.way, folder)
    samples = len(next(iter(signal.values())))
    return target.response(program, wires, output, samples)


def _shorter(signal: Mapping[str, Values]) -> dict[str, Values]:
    return {
        name: np.ascontiguousarray(values[:1, :TICKS_SAMPLED]) for name, values in signal.items()
    }


def _demand_equal(
    way: str,
    network: Network,
    signal: Mapping[str, Values],
    wires: tuple[str, ...],
    found: Trace,
) -> None:
    expected = run(network, signal, record=wires)
    missing = set(wires) - set(found.wires)
    if missing:
        raise SpikesDiffer(f"{way}: {', '.join(sorted(missing))} did not come back")
    count, first = expected.compare(found)
    if count:
        raise SpikesDiffer(f"{way}: {count} values differ from the reference, first {first}")
