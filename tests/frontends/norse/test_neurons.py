"""Every row of Norse's table beside the class itself, with random parameters; and its refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import norse.torch as nt
import numpy as np
import pytest

from snncc.frontends import Imported
from snncc.frontends.torch.check.eager import EagerModel
from snncc.frontends.torch.neurons.libraries import rows
from snncc.frontends.torch.neurons.norse import KINDS, LIBRARY, REFUSED
from snncc.ir import ImportRefused, run
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FOLDER = Path(__file__).parent
TICKS = 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_is_its_op_whatever_its_parameters(kind: str, load: Load) -> None:
    shares = []
    for seed in range(4):
        imported = load(f"{FOLDER / 'neurons.py'}:{kind}_{seed}", shape="6", signal="real")
        assert isinstance(imported.eager, EagerModel)
        shares += equal_on_eighths(imported)
    assert max(shares) > 0.02


def equal_on_eighths(imported: Imported) -> list[float]:
    """As `equal`, on multiples of 1/8, with which potentials meet thresholds exactly."""
    eager, network = imported.eager, imported.network
    assert isinstance(eager, EagerModel)
    random = np.random.default_rng(3)
    x = random.integers(-8, 25, (6, TICKS, 6)) / 8
    theirs, ours = eager(x), run(network, x, record="spikes")
    assert theirs.compare(ours) == (0, None)
    np.testing.assert_allclose(
        ours.scores(network.decode), theirs.scores(network.decode), rtol=1e-9, atol=1e-9
    )
    return [float(np.mean(ours[f"%{name}"])) for name in eager.traced.members]


def test_a_potential_at_the_threshold_does_not_fire(load: Load) -> None:
    """v > v_th: 2 gives (1 - 1/2) 0 + 2/2 = 1, the threshold."""
    imported = load(f"{FOLDER / 'refused.py'}:half", shape="1", signal="real")
    x = np.array([2.0, 3.0, 0.0]).reshape(1, 3, 1)
    spikes = run(imported.network, x).output
    assert spikes.ravel().tolist() == [0.0, 1.0, 0.0]


def test_parameters_that_are_plain_numbers_stay_exact(load: Load) -> None:
    imported = load(f"{FOLDER / 'refused.py'}:numbers", shape="1", signal="real")
    assert imported.network.populations[0].op.threshold == 0.6
    assert run(imported.network, np.full((1, 1, 1), 0.6)).output.item() == 0


def test_every_class_of_norse_is_in_one_of_the_tables() -> None:
    bases = (nt.module.snn.SNNCell, nt.module.snn.SNN, nt.module.snn.SNNRecurrentCell)
    bases += (nt.module.snn.SNNRecurrent,)
    own = {n for n, v in vars(nt).items() if isinstance(v, type) and issubclass(v, bases)}
    own -= {base.__name__ for base in bases}
    assert len(own) > 20
    assert own <= set(KINDS) | set(REFUSED)
    named = {name for name in [*KINDS, *REFUSED] if name} - {"ExpFilter"}  # not in its face
    assert all(hasattr(nt, name) for name in named)


def test_the_rows_say_what_the_documentation_lists() -> None:
    found = {row.name: row for row in rows() if row.library.startswith("Norse 1.1")}
    assert found["norse.LIFBoxCell"].exact and "v_th" in found["norse.LIFBoxCell"].law
    assert not found["norse.CobaLIFCell"].exact


REASONS: Mapping[str, str] = {
    "izhikevich": "its potential grows with its own square",
    "adex": "its potential grows with its own exponential",
    "exponential": "its potential grows with its own exponential",
    "conductances": "its conductances multiply its potential",
    "compartments": "its neurons' potentials flow into each other",
    "overshooting": "a tick overshoots",
    "own_activation": "its activation is scaled_step, which is not Norse's own",
    "own_reset": "its reset_method is neither reset_value nor reset_subtract",
    "half_a_tick": "rho_reset is not a multiple of a tick",
    "adjoint": "Norse itself fails in its forward",
    "derived": "(Leaning): it is derived from LIFCell of Norse and may change it",
    "scaled_state": "is not the one it returned at its last call",
    "own_cell": "describe the neuron yourself",
}


@pytest.mark.parametrize("name", REASONS)
def test_what_no_op_expresses_is_refused_by_name(name: str, load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(f"{FOLDER / 'refused.py'}:{name}", shape="6")
    assert REASONS[name] in str(refused.value)
    assert refused.value.exit_code == 1
    assert len(str(refused.value).splitlines()) == 1


def test_another_release_is_refused() -> None:
    other = replace(LIBRARY, version="2.0.0")
    with pytest.raises(
        ImportRefused, match=r"LIFCell 2\.0\.0 have not been compared; install 1\.1"
    ):
        other.find(nt.LIFCell(), "lif")


def test_parameters_are_computed_with_in_float64(load: Load) -> None:
    """Norse keeps them as single-precision tensors in a tuple: 0.001 * 100 is 0.1 there too."""
    imported = load(f"{FOLDER / 'refused.py'}:defaults", shape="6")
    equal(imported)
    assert imported.network["n1"].op.decay == pytest.approx(0.9, abs=1e-15)
