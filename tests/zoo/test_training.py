"""Training: losses fall, seeds decide everything, and the helpers do what their recipes say."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from snncc.ir import UsageError
from snncc.zoo.data.data_sets import MOTIONS
from snncc.zoo.models.families import family
from snncc.zoo.models.l2mu import L2MU, L2MUConfig
from snncc.zoo.training.fit import Epoch, augment, fit, measure, objective, optimizer, shake_weights
from snncc.zoo.training.recipes import RECIPES, Recipe
from snncc.zoo.training.train import make_untrained, train

TINY = replace(
    RECIPES["l2mu-motions"],
    config=L2MUConfig(6, 4, 6, 3, 10, 8.0, encoder="single", pop=3),
    epochs=3,
    batch=16,
    average=0.0,
)


def quiet(recipe: Recipe) -> Recipe:
    return replace(recipe, roll=0, warp=0.0, jitter=0, stretch=0.0, noise=0.0, drop=0.0)


def test_a_few_epochs_lower_the_loss() -> None:
    split = MOTIONS.split(None)
    model = make_untrained(TINY, split.train)
    before = measure(model, split.train)[1]
    epochs: list[Epoch] = []
    fit(model, split.train, split.validation, TINY, epochs.append)
    assert [epoch.number for epoch in epochs] == [0, 1, 2]
    assert epochs[-1].loss < epochs[0].loss
    assert measure(model, split.train)[1] < before
    assert all(0 <= rate <= 1 for epoch in epochs for rate in epoch.rates.values())
    assert measure(model, split.validation)[0] == max(epoch.accuracy for epoch in epochs)


def test_the_memory_is_not_trained() -> None:
    split = MOTIONS.split(None)
    model = make_untrained(TINY, split.train)
    before = model.A.clone()
    fit(model, split.train, split.validation, replace(TINY, epochs=1))
    assert torch.equal(model.A, before)


def test_a_checkpoint_and_its_card_follow_from_the_seed(tmp_path: Path) -> None:
    screen = Console(quiet=True)
    cards = [
        train("l2mu-motions", None, tmp_path / f"{run}.safetensors", epochs=1, console=screen)
        for run in (1, 2)
    ]
    first, second = (load_file(tmp_path / f"{run}.safetensors") for run in (1, 2))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert cards[0] == cards[1]
    assert json.loads((tmp_path / "1.json").read_text()) == json.loads(json.dumps(cards[0]))
    train("l2mu-motions", None, tmp_path / "3.safetensors", epochs=1, seed=9, console=screen)
    third = load_file(tmp_path / "3.safetensors")
    assert not torch.equal(first["W_h.weight"], third["W_h.weight"])


def test_training_leaves_the_global_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    make_untrained(TINY, MOTIONS.split(None).train)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_encoder_standardises_the_training_values() -> None:
    training = MOTIONS.split(None).train
    layer = make_untrained(TINY, training).encoder[0]
    standard = (torch.from_numpy(training.x) - layer.mean) * layer.gain
    torch.testing.assert_close(standard.mean((0, 1)), torch.zeros(6), atol=1e-4, rtol=0)
    torch.testing.assert_close(standard.std((0, 1)), torch.ones(6), atol=1e-3, rtol=0)


def test_an_unknown_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'l2mu-motions'"):
        train("l2mu-motion", None, tmp_path / "x.safetensors")


@pytest.mark.parametrize("name", RECIPES)
def test_decays_and_thresholds_are_trained_at_the_cautious_rate(name: str) -> None:
    recipe = RECIPES[name]
    model = family(recipe.family).build(asdict(recipe)["config"])
    weights, *shared = optimizer(model, recipe).param_groups
    named = dict(model.named_parameters())
    assert {id(p) for group in shared for p in group["params"]} == {
        id(p) for key, p in named.items() if key.endswith(("beta", "threshold"))
    }
    assert [group["lr"] for group in shared] == [pytest.approx(recipe.rate * recipe.caution)] * len(
        shared
    )
    assert len(shared) == (recipe.family in ("l2mu", "egru"))
    assert len(weights["params"]) + sum(len(group["params"]) for group in shared) == len(named)


def test_without_augmentation_inputs_stay_as_they_are() -> None:
    x = torch.randn(4, 20, 3)
    assert torch.equal(augment(x, quiet(TINY), torch.Generator()), x)


@pytest.mark.parametrize("change", [{"roll": 7}, {"warp": 0.1}, {"jitter": 2}])
def test_shifts_invent_no_values(change: dict[str, float]) -> None:
    x = torch.arange(2 * 30 * 3.0).reshape(2, 30, 3)
    moved = augment(x, replace(quiet(TINY), **change), torch.Generator().manual_seed(3))
    assert not torch.equal(moved, x)
    for sample in range(2):
        for channel in range(3):
            assert set(moved[sample, :, channel].tolist()) <= set(x[sample, :, channel].tolist())


def test_a_rolled_sample_is_the_sample_turned() -> None:
    x = torch.randn(1, 30, 3)
    moved = augment(x, replace(quiet(TINY), roll=7), torch.Generator().manual_seed(1))
    assert any(torch.equal(moved, x.roll(turn, 1)) for turn in range(-7, 8))


def test_dropped_values_are_zero_and_the_others_unchanged() -> None:
    x = torch.rand(8, 50, 6) + 1
    kept = augment(x, replace(quiet(TINY), drop=0.25), torch.Generator().manual_seed(1))
    assert set(torch.unique(kept / x).tolist()) == {0.0, 1.0}
    assert 0.7 < float((kept > 0).float().mean()) < 0.8


def test_silence_is_rewarded() -> None:
    split = MOTIONS.split(None)
    x, y = torch.from_numpy(split.validation.x), torch.from_numpy(split.validation.y)
    model = make_untrained(TINY, split.train)
    with torch.no_grad():
        plain, rates = objective(model, x, y, replace(TINY, quiet=0.0))
        charged, _ = objective(model, x, y, replace(TINY, quiet=2.0))
    assert float(charged - plain) == pytest.approx(2 * float(rates.square().sum()), rel=1e-3)


def test_shaken_weights_return() -> None:
    model = L2MU(TINY.config)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with shake_weights(model, 0.1, torch.Generator().manual_seed(0)):
        inside = model.W_h.weight.detach().clone()
    after = model.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    difference = np.abs((inside - before["W_h.weight"]).numpy())
    assert 0 < difference.max() < 0.6 * float(before["W_h.weight"].abs().max())
