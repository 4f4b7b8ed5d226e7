"""The EGRU that reads text, on emulated cores: inside their memories, the reference's tokens."""

from __future__ import annotations

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.spinnaker2 import Spinnaker2Backend
from snncc.backends.spinnaker2.chip.target import DATA_BYTES_PER_CORE
from snncc.backends.spinnaker2.kernel import Program, lower, play, simulate
from snncc.ir import Network, Values, run
from snncc.ir.passes import Ranges, calibrate
from tests.zoo_models import trained

TOKENS = 40
LAYER = "%layers_0_events"


@pytest.fixture(name="model", scope="module")
def imported() -> tuple[Network, Ranges, Values]:
    """In integers, with rates and some text."""
    network, samples = trained("egru-text")
    signal = samples.signal
    ranges = calibrate(network, signal[:8])
    settings = Settings(options={"kernel": "own"}, rates=ranges.rates)
    for step in Spinnaker2Backend().passes(network, settings, ranges):
        network = step(network)
    return network, ranges, signal


def built(model: tuple[Network, Ranges, Values], atoms: str) -> Program:
    options = {"kernel": "own"} | ({"atoms": atoms} if atoms else {})
    return lower(model[0], Settings(options=options, rates=model[1].rates))


@pytest.mark.parametrize(("atoms", "cores"), [("", 1), ("64", 5)])
def test_tokens_are_the_references(
    model: tuple[Network, Ranges, Values], atoms: str, cores: int
) -> None:
    network, _, signal = model
    program, text = built(model, atoms), signal[:1, :TOKENS]
    played, expected = play(program, text, (LAYER,)), run(network, text, record=(LAYER,))
    assert len(program.codes) == cores
    assert expected.compare(played.trace) == (0, None)
    assert len(np.unique(expected.output.argmax(axis=-1))) > 3
    assert max(played.data_bytes) <= DATA_BYTES_PER_CORE


def test_units_below_their_threshold_send_nothing(model: tuple[Network, Ranges, Values]) -> None:
    network, _, signal = model
    program, text = built(model, "64"), signal[:1, :TOKENS]
    sent = play(program, text).sent[0].sum(axis=-1)
    events = run(network, text, record=(LAYER,))[LAYER][0]
    values = network.shapes["embedding"][0]
    active = np.count_nonzero(events, axis=-1)
    assert np.all(sent <= active + values)
    assert np.all(sent >= active)
    assert active.mean() < events.shape[-1] / 2


def test_all_samples_on_the_host_are_the_references(model: tuple[Network, Ranges, Values]) -> None:
    network, _, signal = model
    found = simulate(built(model, "64"), signal[:64], (LAYER,))
    assert run(network, signal[:64], record=(LAYER,)).compare(found) == (0, None)
