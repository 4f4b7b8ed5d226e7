"""Encoders in a build: as an option before a model, and as modules within one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.encoders import ENCODERS, Chain
from snncc.importing import import_model
from snncc.ir import ImportRefused, UsageError, Use, run, show
from snncc.run import verify

MODELS = Path(__file__).with_name("encoded.py")
X = np.random.default_rng(0).integers(0, 257, (12, 24, 3)) / 256


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> Path:
    np.savez(tmp_path / "raw.npz", x=X, y=np.arange(12) % 4)
    return tmp_path / "raw.npz"


@pytest.mark.parametrize("name", ENCODERS)
def test_a_module_within_a_model_is_read_as_the_nodes_of_its_encoder(
    name: str, data: Path, tmp_path: Path
) -> None:
    text = ENCODERS[name].example
    model = tmp_path / "model.py"
    model.write_text(
        f"import sys\nsys.path.insert(0, {str(MODELS.parent)!r})\n"
        f"import encoded\n\n\ndef net():\n    return encoded.build({text!r})\n"
    )
    imported = import_model(f"{model}:net", None, data, {}).imported
    network = imported.network
    assert not network.inputs[0].op.spiking
    assert network.shapes[network.inputs[0].name] == (3,)
    encoded = run(Chain.parse(text).network((3,)), X).output
    layer = next(node for node in network if node.op.keyword == "dense" and "layer" in node.name)
    found = run(network, X, record=[str(layer.inputs[0])])[str(layer.inputs[0])]
    assert encoded.any()
    assert np.array_equal(found, encoded)


def test_an_option_puts_encoders_before_a_model_and_they_are_part_of_the_bundle(
    data: Path, tmp_path: Path
) -> None:
    options = {"encoder": "standard,delta,step=0.25"}
    request = BuildRequest(
        f"{MODELS}:plain", "c99", data=data, options=options, output=tmp_path / "net.snnb"
    )
    bundle = Bundle.open(compile_model(request))
    stated = bundle.model_options["encoder"]
    assert stated == str(Chain.parse(options["encoder"]).learn(X))
    assert stated.startswith("standard,mean=0.")
    assert bundle.source.shapes[bundle.source.inputs[0].name] == (3,)
    signal, expected = bundle.check()
    assert np.array_equal(signal, X[:4])
    assert expected["%delta_up"].any()
    report = verify(bundle, data=data, target_samples=2)
    assert report.passed
    first = report.comparisons[0]
    assert first.left == "eager"
    assert first.spikes > 0

    # Further data are scaled as those that the bundle was built with.
    np.savez(tmp_path / "more.npz", x=X[:3] + 1, y=np.zeros(3, np.int64))
    assert verify(bundle, data=tmp_path / "more.npz", target_samples=1).passed


def test_a_network_without_data_takes_raw_samples_of_the_shape_that_follows(
    tmp_path: Path,
) -> None:
    network = Chain.parse("regular").network((2, 3))
    (tmp_path / "net.snn").write_text(show(network))
    options = {"encoder": "population,neurons=2"}
    found = import_model(str(tmp_path / "net.snn"), None, None, options)
    assert found.imported.network.shapes["raw"] == (1, 3)
    assert found.decided == options
    (use,) = found.imported.network["regular_spikes"].inputs
    assert use == Use("population_out")


def test_what_is_wrong_is_said_before_anything_is_run(data: Path) -> None:
    with pytest.raises(UsageError, match="unknown encoder 'rat'; did you mean 'rate'"):
        import_model(f"{MODELS}:plain", None, data, {"encoder": "rat"})
    with pytest.raises(ImportRefused, match="3"):
        import_model(f"{MODELS}:plain", None, data, {"encoder": "regular"})
