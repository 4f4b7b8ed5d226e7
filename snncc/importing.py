"""import_model: MODEL → network and its test samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from snncc.frontends import Imported, ImportRequest
from snncc.ir import UsageError, unknown

from .plugins import frontend
from .samples import Samples, find_samples, tick_option

EXAMPLES = 4  # samples that a frontend may run the model on
COMMON_OPTIONS = {"ticks": "present [samples, *shape] data at each of so many ticks"}


@dataclass(frozen=True)
class Model:
    """An imported model and the test samples that belong to it."""

    imported: Imported
    samples: Samples | None


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
    told = {**tick_option(model), **options}
    return Model(reader.load(ImportRequest(model, weights, signal, told)), samples)
