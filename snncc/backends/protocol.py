"""What a backend is: network → files, with a simulation that must equal the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from snncc.ir import Network, Trace, UsageError, Values
from snncc.ir.passes import USUAL_STATE_BITS, USUAL_WEIGHT_BITS, Pass, Ranges

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Files: TypeAlias = Mapping[PurePosixPath, bytes]
NO_TABLE: Mapping[str, float] = MappingProxyType({})
NO_OPTIONS: Mapping[str, str] = MappingProxyType({})
NO_BITS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Presentation:
    """How the samples of the data are shown to the network.

    Attributes:
        ticks: of a sample; then the network is read, and starts over.
        held: each sample shows the same values at all of its ticks, as a still image does.
    """

    ticks: int
    held: bool = False


@dataclass(frozen=True)
class Settings:
    """What a backend is given with the network; stored in the bundle, so that lowering repeats.

    Attributes:
        weight_bits: 2 to 16; a target may have fewer.
        state_bits: 16 or 32.
        options: KEY=VALUE of the command line that this backend understands.
        rates: node → mean spikes per neuron and tick, from calibration; empty if unknown.
        presentation: of the samples that came with the model; None: there were none.
        classes: what the classes are called, in order; empty if unknown.
        layer_bits: node with weights, or population that weights lead to → bits of these weights.
    """

    weight_bits: int = USUAL_WEIGHT_BITS
    state_bits: int = USUAL_STATE_BITS
    options: Mapping[str, str] = field(default_factory=lambda: NO_OPTIONS)
    rates: Mapping[str, float] = field(default_factory=lambda: NO_TABLE)
    presentation: Presentation | None = None
    classes: tuple[str, ...] = ()
    layer_bits: Mapping[str, int] = field(default_factory=lambda: NO_BITS)

    @property
    def layers(self) -> str:
        """The layers' own bits, as `quantize` takes them."""
        return ";".join(f"{name}:{bits}" for name, bits in self.layer_bits.items())

    @property
    def widest_weight_bits(self) -> int:
        """The most bits of any weights."""
        return max((self.weight_bits, *self.layer_bits.values()))

    def require_narrow(self, most: int, target: str) -> None:
        """Refuses weights of more bits than a target has.

        Raises:
            UsageError: names the target and those that have them.
        """
        if self.widest_weight_bits > most:
            raise UsageError(
                f"{target} has weights of {most} bits at most; leave --weight-bits and "
                "--layer-bits within them, or build for c99, or for spinnaker2 with --option "
                "kernel=own"
            )


P = TypeVar("P")


class Backend(Protocol[P]):
    """Builds for one target. `P` is its own frozen description of a program.

    Attributes:
        name: what `--target` takes.
        description: one line for `snncc targets`.
        options: names of the `--option` keys it understands → what they mean.
    """

    name: str
    description: str
    options: Mapping[str, str]

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        """The passes that this target needs for a float network, in order."""
        ...

    def lower(self, network: Network, settings: Settings) -> P:
        """Every choice that is left, made; pure.

        Raises:
            LoweringRefused: the target cannot compute a node exactly; names it and says why.
        """
        ...

    def emit(self, program: P) -> Files:
        """The target's files, by path within the bundle's `target/`; pure, deterministic."""
        ...

    def simulate(self, program: P, signal: Values, record: tuple[str, ...]) -> Trace:
        """What the program computes, on this machine and without a vendor's kit.

        Args:
            program: lowered.
            signal: `[samples, ticks, *shape]`, real values or spikes as the user has them.
            record: wires in addition to the outputs, by their text.
        """
        ...

    def report(self, program: P) -> dict[str, Json]:
        """Counts and bytes per layer, each against its limit where there is one."""
        ...


@runtime_checkable
class AssistedBackend(Backend[P], Protocol[P]):
    """A backend that lowers otherwise where a package is missing, or of another release.

    Attributes:
        packages: names of such distributions.
    """

    packages: tuple[str, ...]


@runtime_checkable
class ChoosingBackend(Backend[P], Protocol[P]):
    """A backend that can build in several ways, each with passes of its own."""

    def ways(self, settings: Settings) -> tuple[Settings, ...]:
        """The settings to build with, in turn: the first with which nothing is refused are taken.

        They are what the bundle keeps, so that `lower` need not choose again.
        """
        ...


@runtime_checkable
class StoringBackend(Backend[P], Protocol[P]):
    """A backend that says how it stores weights, however few bits they are given."""

    def count_stored_bits(self, settings: Settings) -> tuple[int, str] | None:
        """The least bits that a weight takes, and why, as in "its kernels read int8".

        None where it depends on the layer: then builds compare the report's layers.
        """
        ...


@runtime_checkable
class StreamBackend(Backend[P], Protocol[P]):
    """A backend whose simulation can be given a signal in parts."""

    def stream(self, program: P, record: tuple[str, ...]) -> Callable[[Values], Trace]:
        """A program at rest: each call plays the next ticks `[samples, ticks, *shape]`.

        Parts one after another give what `simulate` gives at once, and take no more memory for
        the ticks before them. A call with other samples than the first raises UsageError.
        """
        ...


@runtime_checkable
class FirmwareBackend(Backend[P], Protocol[P]):
    """A backend whose program can be linked into a firmware that a board plays.

    The firmware speaks the exchange of `snncc/boards/firmware/board.h`.
    """

    def firmware(self, program: P, record: tuple[str, ...]) -> Mapping[str, bytes]:
        """C sources by file name; their `main` answers each tick with outputs and `record`."""
        ...

    def stimulus(self, program: P, signal: Values) -> bytes:
        """The bytes that the firmware reads for `signal` `[samples, ticks, *shape]`."""
        ...

    def response(self, program: P, record: tuple[str, ...], output: bytes, samples: int) -> Trace:
        """The trace that the firmware's `output` stands for.

        Raises:
            DeviceError: the output is shorter than `samples` samples need.
        """
        ...


@runtime_checkable
class CompilerBackend(FirmwareBackend[P], Protocol[P]):
    """A firmware backend whose user may name the C compiler."""

    def compiler(self, program: P) -> str:
        """Name of an installed GCC; empty for the Clang that snncc brings."""
        ...


@runtime_checkable
class InstallableBackend(Backend[P], Protocol[P]):
    """A backend whose target has a kit of its own, in an environment of its own."""

    def absent(self) -> str | None:
        """What the runtime lacks here, with the command that adds it; None when it is there."""
        ...

    def install(self, say: Callable[[str], None]) -> str:
        """Installs the runtime, in an environment of its own, and says where; `snncc setup`.

        Args:
            say: receives what is being done, a line at a time.

        Raises:
            DeviceError: a package cannot be had.
        """
        ...


@runtime_checkable
class RuntimeBackend(Backend[P], Protocol[P]):
    """A backend whose programs run on this machine as they do on the target.

    In the target's own kit, or on emulated cores of it.
    """

    def play(self, program: P, signal: Values, record: tuple[str, ...]) -> Trace:
        """What kit or cores compute; arguments as for `simulate`.

        Raises:
            DeviceError: the kit or the emulator is absent, failed or hung.
        """
        ...


@dataclass(frozen=True)
class Clock:
    """How a chip of many cores keeps time.

    Attributes:
        seconds: of one tick of the network.
        chips: that are used.
    """

    seconds: float
    chips: int


@runtime_checkable
class ClockedBackend(Backend[P], Protocol[P]):
    """A backend whose chip runs its ticks by a clock, however much there is to do in one."""

    def clock(self, program: P) -> Clock:
        """The clock that a program is built for."""
        ...


@dataclass(frozen=True)
class ChipLoad:
    """What a run asks of the cores of a chip, and of the ways between them.

    Attributes:
        counts: by name; a mean of a tick where the name does not say that it is the most of one.
        warnings: a sentence for each limit that the run passed.
    """

    counts: Mapping[str, float]
    warnings: tuple[str, ...] = ()


@runtime_checkable
class RoutedBackend(Backend[P], Protocol[P]):
    """A backend whose target is many cores that send messages to each other."""

    def measure_load(self, program: P, signal: Values) -> ChipLoad:
        """What a run on `signal` `[samples, ticks, *shape]` asks of the chip."""
        ...


@runtime_checkable
class DeviceBackend(InstallableBackend[P], Protocol[P]):
    """A backend whose target's kit runs programs on a device that is reached over a network.

    Attributes:
        device: what `--board` calls it.
    """

    device: str

    def perform(self, program: P, signal: Values, port: str) -> Trace:
        """The outputs of the device at address `port` for `signal` `[samples, ticks, *shape]`.

        Raises:
            DeviceError: the kit is absent, or the device cannot be reached, failed or hung.
        """
        ...
