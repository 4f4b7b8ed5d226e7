"""import_model: MODEL → network and its test samples; asks every frontend whether it reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from snncc.frontends import Frontend, Imported, ImportRequest
from snncc.ir import UsageError, unknown

from .plugins import plugins
from .samples import Samples, find_samples

EXAMPLES = 4  # samples that a frontend may run the model on
COMMON_OPTIONS = {"ticks": "present [samples, *shape] data at each of so many ticks"}


@dataclass(frozen=True)
class Model:
    """An imported model and the test samples that belong to it."""

    imported: Imported
    samples: Samples | None


def frontend(source: str) -> Frontend:
    """The frontend that reads this source.

    Raises:
        UsageError: none does.
    """
    for entry in plugins("snncc.frontends").values():
        found = cast("Frontend", entry.load())
        if found.accepts(source):
            return found
    raise UsageError(
        f"'{source}' is no model: expected zoo:NAME, path/to/file.py:factory, "
        "package.module:factory or a .snn network"
    )


def import_model(
    model: str, weights: Path | None, data: Path | None, options: Mapping[str, str]
) -> Model:
    """A model as a network, proven equal to itself, with its test samples.

    Raises:
        ImportRefused: it holds something that cannot be expressed exactly.
        UsageError: a name, a file or an option does not exist.
    """
    reader = frontend(model)
    known = {**reader.options, **COMMON_OPTIONS}
    for key in options:
        if key not in known:
            raise UsageError(unknown("option", key, known))
    samples = find_samples(model, data, options)
    signal = None if samples is None else samples.first(EXAMPLES).signal
    return Model(reader.load(ImportRequest(model, weights, signal, options)), samples)
