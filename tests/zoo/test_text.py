"""The text: the same on every machine, apart in its parts, and refused where it is not there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from snncc.ir import UsageError
from snncc.zoo.data.samples import Samples
from snncc.zoo.data.symbols import FILES, SYMBOLS, TICKS, manual
from snncc.zoo.models.egru import EGRU, EGRUConfig
from snncc.zoo.training.fit import measure, objective
from snncc.zoo.training.recipes import RECIPES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of our own in the place of the manual: counting, over and over."""
    place = tmp_path_factory.mktemp("text")
    for file in FILES:
        text = " ".join(str(n) for n in range(2000))
        (place / Path(file).name).write_text(text + "\u00e9")
    return place


def read(samples: Samples) -> list[str]:
    return ["".join(SYMBOLS[k] for k in row) for row in samples.x.argmax(-1)]


def test_windows_are_pieces_of_the_text_and_classes_what_follows(folder: Path) -> None:
    text = " ".join(str(n) for n in range(2000)) + " "
    for part in (split := manual(folder)).train, split.validation, split.test:
        assert part.x.shape[1:] == (TICKS, len(SYMBOLS))
        assert np.all(part.x.sum(-1) == 1)
        for row, label in zip(read(part), part.y, strict=True):
            assert row + SYMBOLS[label] in text
    assert not set(read(split.train)) & set(read(split.test))


def test_the_manual_is_there() -> None:
    split = manual()
    assert [len(part.y) for part in (split.train, split.validation, split.test)] == [
        8966,
        2235,
        2235,
    ]
    assert any("array" in row for row in read(split.test))


def test_a_text_that_is_not_there_or_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected numpy/_core/_add_newdocs\.py of numpy"):
        manual(tmp_path)
    for file in FILES:
        (tmp_path / Path(file).name).write_text("short")
    with pytest.raises(UsageError, match="has 5 symbols; too few"):
        manual(tmp_path)


def test_every_tick_is_asked_for_the_next_symbol(folder: Path) -> None:
    part = manual(folder).train
    x, y = torch.from_numpy(part.x[:4]).float(), torch.from_numpy(part.y[:4])
    torch.manual_seed(0)
    model = EGRU(EGRUConfig(len(SYMBOLS), len(SYMBOLS), (8,), embedding=5))
    recipe = replace(RECIPES["egru-text"], quiet=0.0)
    loss, rates = objective(model, x, y, recipe)
    scores = model.scores(x.transpose(0, 1))
    codes = torch.cat([x.argmax(-1), y[:, None]], dim=1)
    terms = [torch.nn.functional.cross_entropy(scores[t], codes[:, t + 1]) for t in range(TICKS)]
    torch.testing.assert_close(loss, torch.stack(terms).mean())
    assert rates.shape == (1,)
    accuracy, cost = measure(model, Samples(part.x[:4], part.y[:4]))
    assert cost == pytest.approx(float(terms[-1].detach()), rel=1e-5)
    assert 0 <= accuracy <= 1
