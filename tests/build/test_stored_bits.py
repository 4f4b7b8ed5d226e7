"""Weights of few bits save bytes on a target, or the build says where they save nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Settings, StoringBackend
from snncc.build import Attempt, LoweredNetwork
from snncc.build.stored_bits import note_stored_bits
from snncc.bundle import BuildRequest
from snncc.ir import Network, plugins
from snncc.ir.passes import calibrate
from tests.nets import hand, spikes_for

TARGETS = sorted(plugins("snncc.backends"))
WAYS = (*((target, {}) for target in TARGETS), ("spinnaker2", {"kernel": "own"}))
NAMES = ("feedforward", "convolutional")


def lower(
    network: Network, target: str, options: Mapping[str, str], bits: int
) -> tuple[Attempt, LoweredNetwork[Any]]:
    """A network as a build lowers it with weights of so many bits."""
    ranges = calibrate(network, spikes_for(network, 0))
    settings = Settings(bits, options=options, rates=ranges.rates)
    attempt = Attempt(BuildRequest("net.snn", target), backend(target), settings, ranges)
    return attempt, attempt.lower(network)


def count_weight_bytes(target: str, lowered: LoweredNetwork[Any]) -> int:
    """What the target's report says of the bytes of weights."""
    report: Any = backend(target).report(lowered.program)
    counts = [report.get(key) for key in ("constant_bytes", "weight_bytes", "model_bytes")]
    found = next((count for count in counts if count is not None), None)
    return report["fullest_core_bytes"] if found is None else int(found)


@pytest.mark.parametrize(("target", "options"), WAYS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [4, 6])
def test_few_bits_save_bytes_or_the_build_says_that_they_do_not(
    name: str, target: str, options: Mapping[str, str], bits: int
) -> None:
    network = hand(name)
    attempt, few = lower(network, target, options, bits)
    notes = note_stored_bits(attempt, network, few)
    assert note_stored_bits(*_swap(attempt, network, target, options)) == ()
    said = " ".join(notes)
    if target == "lava":
        assert "save nothing" in said  # its report counts no bytes
        return
    wide = count_weight_bytes(target, lower(network, target, options, 8)[1])
    if count_weight_bytes(target, few) >= wide:
        assert f"weights of {bits} bits save nothing at %" in said and "--weight-bits 8" in said
    elif not isinstance(backend(target), StoringBackend):
        assert bits <= 4  # a model of TFLite-Micro may need fewer operators for smaller sums


def _swap(
    attempt: Attempt, network: Network, target: str, options: Mapping[str, str]
) -> tuple[Attempt, Network, LoweredNetwork[Any]]:
    whole, lowered = lower(network, target, options, 8)
    return whole, network, lowered


def test_a_layer_that_keeps_a_byte_is_named_alone() -> None:
    network = hand("convolutional")
    attempt, few = lower(network, "c99", {}, 4)
    (note,) = note_stored_bits(attempt, network, few)
    assert "weights of 4 bits save nothing at %" in note and "c99 stores each in 8 bits" in note


@pytest.mark.parametrize("target", [t for t in TARGETS if isinstance(backend(t), StoringBackend)])
def test_what_a_target_stores_is_what_it_refuses_beyond(target: str) -> None:
    told = cast("Any", backend(target)).count_stored_bits(Settings(options={}))
    assert told is not None
    least, reason = told
    assert least == 8 and reason and not reason.endswith(".")


def test_a_build_says_it(tmp_path: Path) -> None:
    """It is among the notes of a bundle."""
    from snncc.build import compile_model
    from snncc.bundle import Bundle

    out = tmp_path / "motions.snnb"
    compile_model(BuildRequest("zoo:l2mu-motions", "tflm", weight_bits=4, output=out))
    said = " ".join(Bundle.open(out).notes)
    assert "weights of 4 bits save nothing" in said and "build for c99" in said
