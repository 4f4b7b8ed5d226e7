"""Every row of Sinabs' table beside the class itself, with random parameters; and its refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import sinabs.layers as sl

from snncc.frontends import Imported
from snncc.frontends.torch.check.eager import EagerModel
from snncc.frontends.torch.neurons.sinabs import BASES, KINDS, REFUSED
from snncc.ir import ImportRefused, run

Load = Callable[..., Imported]
FOLDER = Path(__file__).parent
TICKS = 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_is_its_op_whatever_its_parameters(kind: str, load: Load) -> None:
    shares: list[float] = []
    for seed in range(6):
        imported = load(f"{FOLDER / 'neurons.py'}:{kind}_{seed}", shape="6", signal="real")
        eager, network = imported.eager, imported.network
        assert isinstance(eager, EagerModel)
        # Multiples of 1/8 are summed exactly: potentials meet thresholds exactly.
        x = np.random.default_rng(seed).integers(-8, 20, (6, TICKS, 6)) / 8
        theirs, ours = eager(x), run(network, x, record="spikes")
        assert theirs.compare(ours) == (0, None), seed
        np.testing.assert_allclose(
            ours.scores(network.decode), theirs.scores(network.decode), rtol=1e-9, atol=1e-9
        )
        shares += [float(np.mean(ours[f"%{name}"] > 0)) for name in eager.traced.members]
    assert max(shares) > 0.05


def test_a_potential_at_the_threshold_fires_as_often_as_it_fits(load: Load) -> None:
    imported = load(f"{FOLDER / 'neurons.py'}:IAF_0", shape="6", signal="real")
    op = imported.network.populations[0].op
    threshold = op.threshold
    x = np.full((1, 1, 6), 2 * threshold)
    expected = min(2, op.spikes)
    assert set(run(imported.network, x).output.ravel()) == {expected}


def test_how_often_a_threshold_fits_is_the_rounded_quotient(load: Load, tmp_path: Path) -> None:
    """1.0 / 0.1 is 10 in floating point, and so many spikes Sinabs gives; 1.0 // 0.1 is 9."""
    file = tmp_path / "tenth.py"
    file.write_text(
        "import torch, sinabs.layers as sl\n"
        "def build():\n"
        "    tenth = torch.tensor(0.1, dtype=torch.float64)\n"
        "    return torch.nn.Sequential(torch.nn.Identity(), sl.IAF(spike_threshold=tenth))\n"
    )
    imported = load(file, shape="1", signal="real")
    assert isinstance(imported.eager, EagerModel)
    x = np.ones((1, 1, 1))
    assert imported.eager(x).output.item() == run(imported.network, x).output.item() == 10


def test_every_class_of_sinabs_is_in_one_of_the_tables() -> None:
    own = {n for n, v in vars(sl).items() if isinstance(v, type) and issubclass(v, BASES)}
    own.discard("StatefulLayer")
    assert len(own) >= 14
    assert own <= set(KINDS) | set(REFUSED)


REASONS: Mapping[str, str] = {
    "reset_to_a_value": "MembraneReset adds its reset_value to all neurons",
    "high_floor": "its min_v_mem is above zero",
    "floor_at_the_threshold": "its min_v_mem is not below its threshold",
    "more_than_the_threshold": "a spike subtracts more than the threshold",
    "clipped_readout": "min_v_mem clips its output",
    "own_spikes": "is not one of sinabs.activation",
    "own_reset": "is not one of sinabs.activation",
    "pooled_over_time": "it counts the spikes of each pixel since the beginning; use SumPool2d",
    "random_spikes": "it draws random spikes",
    "analog": "it stands for spikes in training only",
    "derived": "(Leaning): it is derived from LIF of Sinabs and may change it",
}


@pytest.mark.parametrize("name", REASONS)
def test_what_no_op_expresses_is_refused_by_name(name: str, load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(f"{FOLDER / 'refused.py'}:{name}", shape="2x4x4" if "pooled" in name else "6")
    assert REASONS[name] in str(refused.value)
    assert refused.value.exit_code == 1
    assert len(str(refused.value).splitlines()) == 1
