"""`snncc.compile`: a model in memory, to a compiled one that can be verified, run and priced."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, cast

from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.datasets import find_samples
from snncc.ir import Network
from snncc.ir.passes import USUAL_STATE_BITS, USUAL_WEIGHT_BITS
from snncc.run import (
    Answer,
    Estimate,
    Explained,
    FlashReport,
    Report,
    answer,
    estimate,
    explain,
    flash,
)
from snncc.run import verify as verify_bundle

from .in_memory import Workspace

if TYPE_CHECKING:
    from torch import nn

    from .in_memory import Array

    Model: TypeAlias = nn.Module | Network | str | Path


@dataclass(frozen=True, repr=False)
class CompiledModel:
    """A model that is compiled for a target: its bundle, and what can be done with it.

    Data are x, `[samples, ticks, *shape]` or what the options say, and classes y, int `[samples]`;
    without x they are those that the model was compiled with. `x` may be a file, as `--data`.

    Attributes:
        bundle: in the folder that `compile` was given, or in one that goes with this object.
        path: of the bundle.
    """

    bundle: Bundle
    _model: str
    _weights: Path | None
    _data: Path | None
    _workspace: Workspace

    @property
    def path(self) -> Path:
        """The bundle's folder."""
        return self.bundle.path

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the build, a sentence each."""
        return self.bundle.notes

    def verify(
        self,
        x: Array | Path | None = None,
        y: Array | None = None,
        *,
        board: str | None = None,
        target_samples: int = 40,
    ) -> Report:
        """Every stage beside the one before it, spike by spike; `.passed` says how it ended.

        Args:
            x: samples.
            y: their classes.
            board: whose core runs the firmware; by default the target's usual one.
            target_samples: how many samples the target itself gets, which may be slow.

        Raises:
            SnnccError: the data are bad, or the target cannot run here.
        """
        return verify_bundle(
            self.bundle,
            data=self._find(x, y),
            weights=self._weights,
            board=board,
            target_samples=target_samples,
        )

    def run(self, x: Array | Path, *, engine: str = "native") -> Answer:
        """One score per class, and the class, of each sample.

        Args:
            x: samples.
            engine: `reference`, `native` (this machine) or `target` (board or runtime).

        Raises:
            SnnccError: the data are bad, or the engine is not to be had here.
        """
        samples = find_samples(self._model, self._find(x, None), self.bundle.model_options)
        assert samples is not None, "x was given"
        return answer(self.bundle, samples.signal, engine)

    def loss(self, x: Array | Path | None = None, y: Array | None = None) -> Explained:
        """What integers lose of the float model, and which layer and which cause is to blame."""
        return explain(self.bundle, self._find(x, y))

    def estimate(
        self,
        x: Array | Path | None = None,
        y: Array | None = None,
        *,
        profiles: Sequence[str] = (),
        board: str | None = None,
    ) -> Estimate:
        """What an inference costs: operations, time of a tick, energy by each profile, memory."""
        return estimate(self.bundle, self._find(x, y), profiles, board=board)

    def flash(
        self,
        board: str | None = None,
        port: str | None = None,
        *,
        check: bool = True,
        dry_run: bool = False,
    ) -> FlashReport:
        """Programs a board; with `check` it replays the check samples, and its spikes are compared.

        Raises:
            SnnccError: it does not fit, the board cannot be reached, or its spikes differ.
        """
        return flash(self.bundle, board, port, check=check, dry_run=dry_run)

    def report(self) -> str:
        """A page of HTML without anything from outside, as `snncc inspect --as html` writes it."""
        from snncc.report import bundle_html

        return bundle_html(self.bundle)

    def __str__(self) -> str:
        from snncc.report import bundle_text

        return bundle_text(self.bundle)

    def __repr__(self) -> str:
        network, manifest = self.bundle.network, self.bundle.manifest
        return f"<{network.name} compiled for {manifest.target}: {self.path}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def _find(self, x: Array | Path | None, y: Array | None) -> Path | None:
        """The file of the samples that a method was given, or of those from `compile`."""
        return self._data if x is y is None else self._workspace.write_samples(x, y)


def compile(  # noqa: A001 - the word for it
    model: Model,
    x: Array | Mapping[str, Array] | Path | None = None,
    y: Array | None = None,
    target: str = "c99",
    *,
    board: str | None = None,
    weights: Path | None = None,
    output: Path | str | None = None,
    weight_bits: int = USUAL_WEIGHT_BITS,
    state_bits: int = USUAL_STATE_BITS,
    layer_bits: Mapping[str, int] = MappingProxyType({}),
    calibrate: str = "ranges",
    budget: str | None = None,
    max_drop: float | None = None,
    **options: object,
) -> CompiledModel:
    """A model compiled for a target, as `snncc build` does it.

    Args:
        model: an `nn.Module` with its weights, which is copied and stays as it is; a `Network`; or
            any MODEL of the command line, such as `net.nir`, `model.py:build`, `zoo:l2mu-motions`.
        x: samples `[samples, ticks, *shape]`, spikes, counts or real values; a mapping of them by
            name where the model has several inputs; or a file, as `--data`.
        y: their classes, int `[samples]`.
        target: c99, tflm, spinnaker2, lava, or one that a package offers.
        board: compile its firmware as well.
        weights: a file of weights, where the model does not have them.
        output: the bundle's folder, `NAME.snnb`, where it is to stay; otherwise it goes with the
            object.
        weight_bits: of integers.
        state_bits: of integers.
        layer_bits: node → bits of its weights, where they are others.
        calibrate: `ranges`, or `search` for better integers.
        budget: of the search, as `--budget`.
        max_drop: points of accuracy that integers may lose at most.
        options: of the frontend, the target and the data, as `--option`: `ticks=25`.

    Raises:
        SnnccError: the model cannot be compiled, or the call is wrong; the message says where, and
            what to do.
    """
    workspace = Workspace()
    named, data = workspace.name_model(model), workspace.write_samples(x, y)
    request = BuildRequest(
        model=named,
        target=target,
        weights=weights,
        data=data,
        weight_bits=weight_bits,
        state_bits=state_bits,
        layer_bits=dict(layer_bits),
        board=board,
        options={key: _show_option(value) for key, value in options.items()},
        output=workspace.path / "compiled.snnb" if output is None else Path(output),
        max_drop=max_drop,
        calibrate=calibrate,
        budget=budget,
    )
    return CompiledModel(Bundle.open(compile_model(request)), named, weights, data, workspace)


def _show_option(value: object) -> str:
    """An option as the command line spells it: a shape is 2x34x34, True is yes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return "x".join(map(str, cast("Sequence[object]", value)))
    return str(value)
