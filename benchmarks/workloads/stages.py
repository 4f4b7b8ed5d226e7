"""Networks of a size before each stage of the compiler; counts nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads.growing import Axis, Grown, grow, torch_source
from snncc.backend_and_frontend import backend, frontend
from snncc.backends import Backend, Settings
from snncc.build import compile_model, run_pipeline
from snncc.bundle import BuildRequest, Bundle
from snncc.frontends import ImportRequest
from snncc.frontends.nir import write_nir
from snncc.ir import Network, parse, run, show, verify
from snncc.ir.passes import Ranges, calibrate
from snncc.run import Player, answer
from snncc.run import verify as verify_bundle

TARGETS: Mapping[str, Mapping[str, str]] = {
    "c99": {},
    "tflm": {},
    "spinnaker2": {"kernel": "stock"},
    "spinnaker2-own": {"kernel": "own"},
    "lava": {},
}
"""Target, and where it has two ways which of them → options; a dash parts the two."""
MANY_LAYERS: Mapping[str, Mapping[str, str]] = {
    "spinnaker2": {"boards": "1"},
    "spinnaker2-own": {"boards": "1"},
    "lava": {"chips": "8"},
}
"""Options for a thousand layers, of which each takes a core: one chip has fewer of them."""
BOARD = "nucleo-l4r5zi-emulated"
"""With 2 MiB of flash, as a thousand layers take 0.8."""


def backend_of(target: str) -> Backend[Any]:
    """The backend of a target of `TARGETS`."""
    return backend(target.partition("-")[0])


@dataclass
class Case:
    """A network of one size, and what each stage finds made by those before it."""

    axis: Axis
    size: int
    kind: str
    folder: Path
    made: dict[str, tuple[Backend[Any], Settings, Network, object]] = field(
        default_factory=dict[str, tuple[Backend[Any], Settings, Network, object]]
    )

    @cached_property
    def grown(self) -> Grown:
        return grow(self.axis, self.size, self.kind)

    @cached_property
    def ranges(self) -> Ranges:
        few = self.grown.signal[:4, :64]
        return calibrate(self.grown.network, few)

    def settings(self, target: str) -> Settings:
        states = 24 if target == "lava" else 32
        ticks = self.grown.signal.shape[1]
        options = dict(TARGETS[target])
        if target == "spinnaker2":
            options["duration"] = str(ticks)  # cores record for as long
        if self.axis == "layers":
            options |= MANY_LAYERS.get(target, {})
        return Settings(state_bits=states, rates=self.ranges.rates, options=options)

    def quantized(self, target: str) -> Network:
        built, settings = backend_of(target), self.settings(target)
        steps = built.passes(self.grown.network, settings, self.ranges)
        return run_pipeline(self.grown.network, steps)

    def lowered(self, target: str) -> tuple[Backend[Any], Settings, Network, object]:
        """What the target has made, kept for the stages behind."""
        if target not in self.made:
            built, settings = backend_of(target), self.settings(target)
            network = self.quantized(target)
            self.made[target] = built, settings, network, built.lower(network, settings)
        return self.made[target]

    @cached_property
    def text(self) -> str:
        return show(self.grown.network)

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    @cached_property
    def data(self) -> Path:
        path = self.folder / "data.npz"
        np.savez(path, x=self.grown.signal)
        return path

    @cached_property
    def model(self) -> str:
        """The network as a file that `build` takes."""
        arrays = {name: t.values for name, t in self.grown.network.tensors.items()}
        np.savez(self.folder / "model.npz", allow_pickle=False, **arrays)
        return self.file("model.snn", self.text.encode())

    @cached_property
    def module(self) -> str:
        """A PyTorch model of that size, as MODEL."""
        return f"{self.file('model.py', torch_source(self.axis, self.size).encode())}:build"

    @cached_property
    def bundle(self) -> Bundle:
        return self._build(self.model)

    @cached_property
    def module_bundle(self) -> Bundle:
        return self._build(self.module)

    def _build(self, model: str) -> Bundle:
        path = self.folder / f"{len([*self.folder.iterdir()])}.snnb"
        compile_model(BuildRequest(model, "c99", data=self.data, output=path))
        return Bundle.open(path)


Stage = Callable[[Case], Callable[[], object]]
"""What makes ready all that a stage needs, and gives the stage itself."""


def _torch(case: Case) -> Callable[[], object]:
    request = ImportRequest(case.module, None, case.grown.signal[:4], {})
    return lambda: frontend(request.source).load(request)


def _nir(case: Case) -> Callable[[], object]:
    source = case.file("model.nir", write_nir(case.grown.network).content)
    request = ImportRequest(source, None, case.grown.signal[:4], {"reset": "subtract"})
    return lambda: frontend(source).load(request)


def _snn(case: Case) -> Callable[[], object]:
    return lambda: verify(parse(case.text, case.grown.network.tensors))


def _lower(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        built, settings, network, _ = case.lowered(target)
        return lambda: built.lower(verify(parse(show(network), network.tensors)), settings)

    return stage


def _emit(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        built, _, _, program = case.lowered(target)

        def written() -> int:
            files = built.emit(program)
            return sum(len(files[name]) for name in files)

        return written

    return stage


def _simulate(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        built, _, _, program = case.lowered(target)
        return lambda: built.simulate(program, case.grown.signal, ())

    return stage


def _quantize(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        assert case.ranges
        return lambda: case.quantized(target)

    return stage


def _build(case: Case) -> Callable[[], object]:
    request = BuildRequest(case.model, "c99", data=case.data, output=case.folder / "again.snnb")
    return lambda: compile_model(request)


def _verify(case: Case) -> Callable[[], object]:
    bundle = case.bundle
    return lambda: verify_bundle(bundle, data=case.data, target_samples=1)


def _verify_module(case: Case) -> Callable[[], object]:
    bundle = case.module_bundle
    return lambda: verify_bundle(bundle, data=case.data, target_samples=1)


def _run(case: Case) -> Callable[[], object]:
    bundle = case.bundle
    return lambda: answer(bundle, case.grown.signal, "native")


def _instructions(case: Case) -> Callable[[], object]:
    """Of an emulated Cortex-M4, all samples and ticks; the stage returns their number."""
    built, _, _, program = case.lowered("c99")
    player = Player(built, program, BOARD)
    signal = case.grown.signal
    counted = signal.shape[0] * signal.shape[1]
    return lambda: sum(player.play(signal, counted=counted).instructions)


STAGES: Mapping[str, Stage] = {
    "import-torch": _torch,
    "import-nir": _nir,
    "import-snn": _snn,
    "show": lambda case: lambda: show(case.grown.network),
    "calibrate": lambda case: lambda: calibrate(case.grown.network, case.grown.signal),
    "reference-float": lambda case: lambda: run(case.grown.network, case.grown.signal),
    **{f"passes-{target}": _quantize(target) for target in TARGETS},
    **{f"lower-{target}": _lower(target) for target in TARGETS},
    **{f"emit-{target}": _emit(target) for target in TARGETS},
    "reference": lambda case: lambda: run(case.lowered("c99")[2], case.grown.signal),
    **{f"simulate-{target}": _simulate(target) for target in TARGETS},
    "build": _build,
    "run-native": _run,
    "verify": _verify,
    "verify-torch": _verify_module,
    "instructions-c99": _instructions,
}
DATA = {
    "build",
    "calibrate",
    "import-torch",
    "instructions-c99",
    "reference",
    "reference-float",
    "run-native",
    "verify",
    "verify-torch",
    *(f"simulate-{target}" for target in TARGETS),
}
"""Stages that are given data; to the others ticks and samples are nothing."""


def _count_chip_ticks(case: Case) -> int:
    program: Any = case.lowered("spinnaker2")[3]
    return int(case.grown.signal.shape[1] * program.period + program.settle)


ROUNDS: Mapping[tuple[Axis, str], Callable[[Case], int]] = {
    ("layers", "simulate-spinnaker2"): _count_chip_ticks,
}
"""Axis and stage → rounds, of which there are more along the axis, and by one of which lines count.

On SpiNNaker 2 a spike takes a tick from layer to layer, all of which compute in each: a sample
takes the chip a tick longer with each layer.
"""


def belongs(axis: Axis, stage: str) -> bool:
    """Whether a stage has anything to do with an axis, and is not measured otherwise.

    What `verify-torch` does of layers are `import-torch` and `verify`.
    """
    if axis in ("ticks", "samples"):
        return stage in DATA
    return axis != "layers" or stage != "verify-torch"
