"""Which file a seed damages, how a user has it read, and what came of it."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Mapping
from pathlib import Path

from .attempt import Outcome, attempt, exit_code
from .corpus import FOLDER, MODEL, own
from .mutations import mutated

WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt")
DATA = ("stored_data.npz", "packed_data.npz", "data.h5", "table.csv")
EVENTS = ("events.h5", "events.npy", "events.csv")


def arguments(name: str) -> list[str]:
    """What a user types to have that file read."""
    if name.endswith(WEIGHTS):
        return ["inspect", "model.py:build", "--data", "whole.npz", "--weights", name]
    if name in EVENTS:
        shape = ["--option", "bin=1000", "--option", "shape=8", "--option", "ticks=8"]
        return ["inspect", "wide.py:build", "--data", name, *shape]
    if name in DATA:
        return ["inspect", "model.py:build", "--weights", "whole.safetensors", "--data", name]
    if name.endswith(".npz"):
        return ["inspect", name.replace(".npz", ".snn")]
    return ["inspect", name]


def whole_files() -> dict[str, bytes]:
    """Name → content of the whole files that are damaged."""
    committed = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}
    return {**committed, **own()}


def prepare(folder: Path, whole: Mapping[str, bytes]) -> None:
    """Writes all files that belong to a damaged one."""
    for name, content in whole.items():
        (folder / name).write_bytes(content)
    (folder / "model.py").write_text(MODEL)
    (folder / "wide.py").write_text(MODEL.replace("nn.Linear(4, 6)", "nn.Linear(8, 6)"))
    (folder / "whole.npz").write_bytes(whole["stored_data.npz"])
    (folder / "whole.safetensors").write_bytes(whole["plain.safetensors"])


def damaged(seed: int, whole: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Name and content of the file that a seed damages."""
    rng = random.Random(seed)
    name = rng.choice(sorted(whole))
    return name, mutated(rng, Path(name).suffix, whole[name])


def tried(name: str, content: bytes, folder: Path, whole: Mapping[str, bytes]) -> Outcome:
    """What came of a damaged file, in a folder where the others are whole."""
    (folder / name).write_bytes(content)
    try:
        return attempt(arguments(name), folder)
    finally:
        (folder / name).write_bytes(whole[name])


def load(folder: Path, whole: Mapping[str, bytes]) -> None:
    """Reads every whole file in this process, which loads once what every child needs."""
    nowhere = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        for name in whole:
            exit_code(arguments(name))


def demand_whole(folder: Path, whole: Mapping[str, bytes]) -> None:
    """Refuses to begin where a whole file is not read."""
    for name in whole:
        outcome = attempt(arguments(name), folder)
        assert outcome.code == 0 and not outcome.fault, f"{name}, whole: {outcome}"
