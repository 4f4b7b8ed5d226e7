"""Progress: how far tuning has come, in a file, so that it goes on as if it had not ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from snncc.backends import pack_npz
from snncc.files import write_file
from snncc.ir import UsageError, Values, open_arrays

Score: TypeAlias = tuple[float, float]
"""Share of right answers, and mean loss."""
NONE: Score = (-1.0, 0.0)
"""Worse than any."""
MOMENTS = ("exp_avg", "exp_avg_sq")
NOW, BEST, CALL, FACTS, STEP = "now/", "best/", "call", "facts", "step"


class Progress:
    """Weights, moments of Adam and the best weights so far, after each epoch.

    Attributes:
        epoch: epochs that are done.
        waited: of them, those since the best one.
    """

    def __init__(self, file: Path | None, call: str, *, resume: bool = False) -> None:
        """Progress in a file, or in memory alone.

        Args:
            file: where it is kept.
            call: what tuning was asked for and of what, as text.
            resume: go on with what the file has.

        Raises:
            UsageError: there is no such file, or it is of another call.
        """
        self._file, self._call = file, call
        self._arrays: dict[str, Values] = {}
        self.epoch, self.waited = 0, 0
        self._score = NONE
        if resume and file is not None:
            self._read(file)

    @property
    def begun(self) -> bool:
        """Whether there is anything to go on with."""
        return bool(self._arrays)

    def _read(self, file: Path) -> None:
        if not file.exists():
            raise UsageError(f"'{file}' is not there, so there is nothing to resume; leave it out")
        with open_arrays(file) as arrays:
            self._arrays = {name: arrays.read(name) for name in arrays.names}
        if self._arrays.get(CALL, np.zeros(0, np.uint8)).tobytes().decode() != self._call:
            raise UsageError(
                f"'{file}' is of another call, or of other data; resume with the same options, or "
                "leave out --resume to start again"
            )
        epoch, waited, share, loss = self._arrays[FACTS].tolist()
        self.epoch, self.waited, self._score = int(epoch), int(waited), (share, loss)

    def begin(self, parameters: Mapping[str, Tensor], score: Score) -> None:
        """Notes the network as it was."""
        self._score = score
        for name, values in parameters.items():
            self._arrays[NOW + name] = self._arrays[BEST + name] = _copy(values)
        self._write()

    def note(
        self,
        parameters: Mapping[str, Tensor],
        steps: torch.optim.Optimizer,
        score: Score,
        *,
        allowed: bool,
    ) -> bool:
        """Notes an epoch that is done; whether it is the best of those that are allowed to be."""
        best = allowed and (score[0], -score[1]) > (self._score[0], -self._score[1])
        self.epoch, self.waited = self.epoch + 1, 0 if best or not allowed else self.waited + 1
        self._score = score if best else self._score
        for name, values in parameters.items():
            self._arrays[NOW + name] = _copy(values)
            if best:
                self._arrays[BEST + name] = _copy(values)
            state = steps.state[values]
            for moment in MOMENTS:
                if moment in state:
                    self._arrays[f"{moment}/{name}"] = _copy(state[moment])
                    self._arrays[f"{STEP}/{name}"] = _copy(state[STEP])
        self._write()
        return best

    def restore(self, parameters: Mapping[str, Tensor], steps: torch.optim.Optimizer) -> None:
        """Puts weights and moments where they were after the last epoch."""
        self._load(parameters, NOW)
        for name, values in parameters.items():
            if f"{STEP}/{name}" not in self._arrays:
                continue
            steps.state[values] = {
                key: torch.from_numpy(self._arrays[f"{key}/{name}"].copy()).to(values.device)
                for key in MOMENTS
            } | {STEP: torch.from_numpy(self._arrays[f"{STEP}/{name}"].copy())}

    def take_best(self, parameters: Mapping[str, Tensor]) -> None:
        """Puts the weights where they were after the best epoch."""
        self._load(parameters, BEST)

    def _load(self, parameters: Mapping[str, Tensor], prefix: str) -> None:
        with torch.no_grad():
            for name, values in parameters.items():
                values.copy_(torch.from_numpy(self._arrays[prefix + name].copy()))

    def _write(self) -> None:
        self._arrays[CALL] = np.frombuffer(self._call.encode(), np.uint8)
        self._arrays[FACTS] = np.asarray([self.epoch, self.waited, *self._score])
        if self._file is not None:
            write_file(self._file, pack_npz(self._arrays))


def _copy(values: Tensor) -> Values:
    return np.array(values.detach().cpu().numpy())
