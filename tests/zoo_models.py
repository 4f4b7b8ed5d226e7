"""The trained models of the zoo, which a process of tests imports once each; no tests."""

from __future__ import annotations

from functools import cache

import pytest

from snncc.datasets import Samples
from snncc.importing import import_model
from snncc.ir import Network, UsageError


def trained(name: str) -> tuple[Network, Samples]:
    """A model and its test samples; the test is skipped where PyTorch or the data are not here."""
    pytest.importorskip("torch")
    try:
        return _import(name)
    except UsageError as absent:
        pytest.skip(f"the data of {name} are not here; SNNCC_DATA names their folder: {absent}")


@cache
def _import(name: str) -> tuple[Network, Samples]:
    model = import_model(f"zoo:{name}", None, None, {})
    assert model.samples is not None, "the zoo brings its own test data"
    return model.imported.network, model.samples
