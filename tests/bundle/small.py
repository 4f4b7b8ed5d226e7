"""A bundle's contents, made once in memory and written as often as needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.build import run_pipeline
from snncc.bundle import (
    BuildRequest,
    check_files,
    list_lowered_files,
    manifest,
    source_files,
    writing,
)
from snncc.files import Content
from snncc.ir import Network, run
from snncc.ir.passes import Pass, Ranges, calibrate
from tests.nets import hand, spikes_for


@cache
def made(seed: int) -> tuple[Network, Network, Ranges, tuple[Pass, ...], dict[str, Content]]:
    """The source, what becomes of it, and the files of the bundle of a seed."""
    source = hand("feedforward", seed)
    ranges = calibrate(source, spikes_for(source))
    backend = C99Backend()
    steps = backend.passes(source, Settings(), ranges)
    network = run_pipeline(source, steps)
    signal = np.asarray(spikes_for(network, seed)["x"], np.uint8)
    files = list_lowered_files(network, backend.emit(backend.lower(network, Settings())))
    files |= source_files(source, ranges)
    files |= check_files(signal, run(network, signal, record="spikes"), {"seed": seed})
    return source, network, ranges, steps, files


def write(path: Path, seed: int) -> None:
    """Writes the bundle of that seed at `path`, as a build does."""
    source, network, ranges, steps, files = made(seed)
    settings = Settings(rates=ranges.rates)
    request = BuildRequest("net.snn", "c99")
    facts = manifest(request, (source, network), (settings, {}), steps, {"%s2": 0}, (), {})
    with writing(path) as writer:
        writer.write(facts, files, {"seed": seed})
