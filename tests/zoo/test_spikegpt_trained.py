"""The trained SpikeGPT: as good in integers as in floats, the same in C, and it goes on."""

import numpy as np
import pytest

from snncc import zoo
from snncc.ir import Network, Stream, Values, arithmetics, run
from tests.zoo.test_egru_trained import both, perplexity, same_in_c

Networks = tuple[Network, Network, Values, Values]
NAME = "spikegpt-text"
IN_C = 60  # samples; the interpreter takes a tenth of a second for each


@pytest.fixture(scope="module")
def networks() -> Networks:
    return both(NAME)


def test_symbols_are_foretold_as_well(networks: Networks) -> None:
    real, whole, x, y = networks
    unit = float(np.max(arithmetics(whole)[whole.outputs[0].source][1]))
    expected = perplexity(run(real, x[::3]).scores("last"), y[::3])
    assert expected < 5
    found = run(whole, x[::3])
    assert perplexity(found.scores("last") * unit, y[::3]) < 1.03 * expected
    assert not found.saturated


def test_c_computes_the_same(networks: Networks) -> None:
    _, whole, x, _ = networks
    trace = same_in_c(whole, x[:IN_C])
    fired = [np.mean(trace[f"%{n.name}"]) for n in whole.firing]
    assert len(fired) == 4
    assert all(0.02 < rate < 0.6 for rate in fired), fired


def test_it_goes_on_beyond_the_length_it_was_trained_on(networks: Networks) -> None:
    """A state that runs on neither runs away nor dies down: the text stays a text."""
    _, whole, x, _ = networks
    symbols = zoo.data_set(NAME).classes
    stream, text = Stream(whole), ""
    played = stream.play(x[:1])
    for _ in range(4 * x.shape[1]):
        best = int(played.output[0, -1].argmax())
        text += symbols[best]
        played = stream.play(np.eye(len(symbols))[None, None, best])
    assert not played.saturated
    words = [word for word in text.split() if word.isalpha()]
    assert len(words) > 20
    assert {"the", "array"} & set(words), text
