"""A package outside the tree brings an op, a pass, a target, a frontend and neurons of its own."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands import Commands

from .conftest import ROOT, python, refused, snncc

NEURON = {
    "bias": 0.0625, "threshold": 1.0, "compare": ">=", "reset": "subtract", "reset_amount": 1.0,
    "reset_order": "now", "spikes": 1, "refractory": 0, "initial": 0.0, "decay": 0.875,
    "jump": 0.25, "limit": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer of tired neurons, one of neurons that never tire, and data."""
    made = tmp_path_factory.mktemp("user")
    rng = np.random.default_rng(0)
    weight = rng.normal(0.1, 0.5, (5, 6)).tolist()
    for name, jump in (("layer", 0.25), ("awake", 0.0)):
        layer = {"weight": weight, "gain": 2.0, "neuron": {**NEURON, "jump": jump}}
        (made / f"{name}.tired").write_text(json.dumps(layer))
    x = rng.integers(0, 2, (6, 40, 6))
    np.savez(made / "x.npz", x=x, y=np.zeros(6, dtype=np.int64))
    return made


@pytest.fixture(scope="module")
def bundle(installed: Commands, folder: Path) -> Path:
    snncc(
        "build", "layer.tired", "--target", "organ", "--data", "x.npz", "-o", "layer.snnb",
        by=installed, folder=folder,
    )  # fmt: skip
    return folder / "layer.snnb"


def test_its_bundle_is_verified_in_another_process(
    installed: Commands, folder: Path, bundle: Path
) -> None:
    said = snncc("verify", str(bundle), "--data", "x.npz", "--json", by=installed, folder=folder)
    found = json.loads(said)
    assert found["passed"]
    assert found["target"] == "organ"
    run = snncc("run", str(bundle), "--data", "x.npz", by=installed, folder=folder)
    assert run


def test_the_scale_of_its_currents_went_into_all_its_voltages(bundle: Path) -> None:
    """`fold-norm` knows the second voltage by its type, and leaves no affine map behind."""
    lines = (bundle / "target" / "score.snn").read_text().splitlines()
    assert not any("affine" in line for line in lines)
    (neuron,) = (line for line in lines if "tired_lif" in line)
    assert "threshold=0.5" in neuron
    assert "jump=0.125" in neuron
    assert "bias=0.03125" in neuron


def test_the_manifest_names_the_package_and_its_version(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["packages"] == {"snncc-tired": "1.2"}
    assert "wake-up" in manifest["pipeline"]


@pytest.mark.parametrize("form", ["text", "dot", "html", "json"])
def test_it_is_drawn(form: str, installed: Commands, folder: Path, bundle: Path) -> None:
    said = snncc("inspect", str(bundle), "--as", form, by=installed, folder=folder)
    assert "tired_lif" in said


@pytest.mark.parametrize("source", ["layer.tired", "layer.snnb"])
def test_it_becomes_onnx(source: str, installed: Commands, folder: Path, bundle: Path) -> None:
    """What the file computes is compared by the law of every op, in `test_write.py` below."""
    onnx = pytest.importorskip("onnx")
    snncc("inspect", source, "--as", "onnx", "-o", "cell.onnx", by=installed, folder=folder)
    model = onnx.load(folder / "cell.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [each.name for each in model.functions if each.name == "tired_lif"], model.functions


@pytest.mark.parametrize("target", ["c99", "tflm", "lava", "spinnaker2"])
def test_a_target_that_does_not_know_it_says_so(
    target: str, installed: Commands, folder: Path
) -> None:
    code, said = refused(
        "build", "layer.tired", "--target", target, "--data", "x.npz", by=installed, folder=folder
    )
    assert code == 1
    assert "%s: tired_lif" in said
    assert "which computes every op" not in said, "no target of snncc has it"
    assert not (folder / "tired.snnb").exists()


def test_its_pass_is_one_like_any_other(installed: Commands, folder: Path) -> None:
    done = installed(
        "build", "awake.tired", "--target", "organ", "--data", "x.npz",
        "--print-after", "wake-up", "--passes", "wake-up,fold-norm,quantize", "-o", "awake.snnb",
        folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # The count of recent spikes is an output here, so the neuron stays what it is.
    assert "after 1 wake-up" in done.stderr
    assert "nothing changed" in done.stderr
    code, said = refused(
        "build", "awake.tired", "--target", "organ", "--data", "x.npz", "--passes", "wake",
        by=installed, folder=folder,
    )  # fmt: skip
    assert code == 2
    assert "did you mean 'wake-up'" in said


def test_its_neurons_are_read_from_a_model_in_pytorch(installed: Commands, folder: Path) -> None:
    pytest.importorskip("torch")
    model = "snncc_tired.neurons:Layer"
    said = snncc("inspect", model, "--option", "shape=6", by=installed, folder=folder)
    assert "tired_lif" in said
    snncc(
        "build", model, "--target", "organ", "--data", "x.npz", "-o", "torch.snnb",
        by=installed, folder=folder,
    )  # fmt: skip
    said = snncc("verify", "torch.snnb", "--data", "x.npz", "--json", by=installed, folder=folder)
    assert json.loads(said)["passed"]


def test_a_bundle_says_which_package_it_lacks(
    lacking: Commands, folder: Path, bundle: Path
) -> None:
    code, said = refused("inspect", str(bundle), by=lacking, folder=folder)
    assert code == 4
    assert "needs snncc-tired==1.2" in said
    assert "pip install snncc-tired==1.2" in said


def test_without_the_package_its_op_is_unknown(
    lacking: Commands, folder: Path, bundle: Path
) -> None:
    (folder / "score.snn").write_bytes((bundle / "target" / "score.snn").read_bytes())
    code, said = refused("inspect", "score.snn", by=lacking, folder=folder)
    assert code == 1
    assert "unknown op 'tired_lif'" in said


LAWS = (
    "tests/laws/test_steps.py",
    "tests/laws/test_strategy.py",
    "tests/laws/test_facts.py",
    "tests/laws/test_backends.py",
    "tests/laws/test_claims.py",
    "tests/laws/test_worst_case.py",
    "tests/frontends/onnx/test_write.py",
)


def test_every_law_is_tried_on_its_op_and_its_target(site: Path) -> None:
    which = "tired_lif or organ"
    words = ["-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-k", which, *LAWS]
    done = python(*words, site=site, folder=ROOT)
    assert done.returncode == 0, done.stdout
    assert "deselected" in done.stdout
