"""The user's way: build for tflm, verify in the interpreter; what is said where it is missing."""

from pathlib import Path

import numpy as np
import pytest

from snncc.backends.tflm.run import interpreter
from snncc.build.compile_model import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.ir import Network, UsageError, show
from snncc.run.engines import run
from snncc.run.verify import verify
from tests.nets import hand

from .nets import needs_tflm


def written(network: Network, folder: Path) -> str:
    """MODEL for a network, with its tensors beside it."""
    path = folder / f"{network.name}.snn"
    path.write_text(show(network))
    arrays = {name: tensor.values for name, tensor in network.tensors.items()}
    np.savez(path.with_suffix(".npz"), **arrays)
    return str(path)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("tflm")
    model = written(hand("recurrent"), folder)
    request = BuildRequest(model, "tflm", output=folder / "recurrent.snnb")
    return Bundle.open(compile_model(request))


@needs_tflm
def test_every_stage_agrees_up_to_the_interpreter(bundle: Bundle) -> None:
    report = verify(bundle)
    target = next(c for c in report.comparisons if c.right == "target")
    assert target.samples == 4 and target.spikes > 0
    assert not target.mismatches and not target.absent


@needs_tflm
def test_a_bundle_runs_in_the_interpreter(bundle: Bundle) -> None:
    signal, expected = bundle.check()
    found = run(bundle, signal, "target", record=("%s.wait",))
    assert found["%s.wait"].max() == 2  # ticks of refractoriness
    assert (found.output == expected.output).all()


def test_an_unknown_wire_is_named(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match=r"unknown wire '%s.w'; did you mean '%s.v'"):
        run(bundle, bundle.check()[0], "native", record=("%s.w",))


def test_a_missing_interpreter_is_reported_as_absent(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(interpreter.MODULES, "tflm", "no_such_interpreter")
    report = verify(bundle)
    target = next(c for c in report.comparisons if c.right == "target")
    assert "add it with: pip install 'tflite-micro==" in target.absent
    assert target.samples == 0 and not report.passed
