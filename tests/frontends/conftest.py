"""What the frontend's tests share: one thread, and an import as the command line asks for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from snncc.frontends import Imported, ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.frontends.torch.load import importing as importing  # so that no test measures its import
from snncc.ir import Values

Load = Callable[..., Imported]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def load() -> Load:
    """`load(source, shape="12", ...)`: the frontend's answer, with a fixed seed for the weights."""

    def call(
        source: str | Path,
        weights: Path | None = None,
        data: Values | None = None,
        ticks: str = "",
        **options: str,
    ) -> Imported:
        torch.manual_seed(0)
        text = str(source) if ":" in str(source) else f"{source}:build"
        asked = int(ticks) if ticks else None
        return TorchFrontend().load(ImportRequest(text, weights, data, options, asked))

    return call
