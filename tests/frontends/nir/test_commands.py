"""A `.nir` file as the MODEL of every command, and `inspect --as nir` of other models."""

import json
from collections.abc import Callable
from pathlib import Path

import nir
import numpy as np
import pytest

from snncc.cli import main
from snncc.frontends import ImportRequest
from snncc.frontends.nir import NirFrontend
from tests.nets import hand

Made = Callable[..., Path]


@pytest.fixture
def network(made: Made) -> Path:
    rng = np.random.default_rng(1)
    one = np.ones(4)
    nodes = {
        "fc": nir.Linear(rng.normal(0.3, 0.6, (4, 6))),
        "lif": nir.LIF(0.001 * one, 10 * one, 0 * one, one, 0 * one),
        "rec": nir.Linear(rng.normal(0, 0.4, (4, 4))),
    }
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "rec"), ("rec", "lif"), ("lif", "output")]
    return made(nodes, edges, (6,), (4,))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    path = tmp_path / "data.npz"
    np.savez(path, x=(rng.random((6, 30, 6)) < 0.3).astype(np.uint8), y=rng.integers(0, 4, 6))
    return path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[object, str, str]]:
    def run(*arguments: object) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as leaving:
            main([str(each) for each in arguments])
        shown = capsys.readouterr()
        return leaving.value.code, shown.out, shown.err

    return run


Call = Callable[..., tuple[object, str, str]]


def test_build_verify_and_run(
    network: Path, data: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--option", "reset=subtract", "--option", "preset=as-snntorch"]
    bundle = tmp_path / "made.snnb"
    arguments = ["--target", "c99", "--data", data, *options, "-o", bundle]
    assert call("build", network, *arguments)[0] == 0
    code, out, _ = call("verify", bundle, "--data", data, "--json")
    assert (code, json.loads(out)["passed"]) == (0, True)
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["model"] == str(network)
    assert manifest["tick"] == 1e-4
    given = {"reset": "subtract", "preset": "as-snntorch"}
    assert manifest["settings"]["model_options"] == {**given, "signal": "spike"}
    said = " ".join(manifest["warnings"])
    assert "reset=subtract (option)" in said
    assert "dt=0.0001, integrator=forward" in said
    assert "(preset as-snntorch)" in said
    assert "warning nir-" not in said


def test_an_option_that_target_and_model_know_needs_a_name_before_it(
    network: Path, tmp_path: Path, call: Call
) -> None:
    arguments = ["build", network, "--target", "lava", "-o", tmp_path / "made.snnb", "--option"]
    code, _, err = call(*arguments, "reset=subtract")
    assert (code, "target.reset=subtract or model.reset=subtract" in err) == (2, True)
    code, _, err = call(*arguments, "mode.reset=subtract")
    assert (code, "before the dot goes target or model" in err) == (2, True)
    code, _, err = call(*arguments, "model.dt=1", "--option", "dt=2")
    assert (code, "option dt is given twice" in err) == (2, True)
    assert call(*arguments, "model.reset=subtract", "--option", "target.reset=zero")[0] == 0
    settings = json.loads((tmp_path / "made.snnb" / "manifest.json").read_text())["settings"]
    assert settings["model_options"] == {"reset": "subtract"}
    assert settings["options"] == {"reset": "zero"}


def test_inspect_shows_a_file_and_what_it_leaves_open(network: Path, call: Call) -> None:
    code, out, err = call("inspect", network)
    assert (code, "%rec = dense(%lif@-1)" in out) == (0, True)
    assert "note: warning nir-dt:" in err
    assert "note: warning nir-reset:" in err


def test_inspect_writes_a_model_and_a_bundle_as_nir(
    network: Path, data: Path, tmp_path: Path, call: Call
) -> None:
    first, second, bundle = (tmp_path / name for name in ("a.nir", "b.nir", "c.snnb"))
    code, out, err = call("inspect", network, "--as", "nir", "-o", first, "--option", "reset=none")
    assert (code, out) == (0, "")
    assert 'note: NIR cannot say of %lif: reset="none"' in err
    assert set(nir.read(first).nodes) == {"input", "fc", "lif", "rec", "output"}
    assert call("build", first, "--target", "c99", "--data", data, "-o", bundle)[0] == 0
    assert call("inspect", bundle, "--as", "nir", "-o", second)[0] == 0
    assert second.read_bytes() == first.read_bytes()  # the float network, not the quantized one
    imported = NirFrontend().load(ImportRequest(str(second), None, None, {}))
    assert imported.network["lif"].op.reset == "none"


def test_what_nir_cannot_say_ends_with_one(tmp_path: Path, call: Call) -> None:
    from snncc.ir import show

    model = hand("convolutional")
    (tmp_path / "net.snn").write_text(show(model))
    np.savez(tmp_path / "net.npz", **{k: t.values for k, t in model.tensors.items()})
    code, out, err = call("inspect", tmp_path / "net.snn", "--as", "nir", "-o", tmp_path / "x.nir")
    assert (code, out) == (1, "")
    assert err == "error: %p: NIR has no node that computes max_pool\n"
    assert not (tmp_path / "x.nir").exists()


def test_nir_is_not_printed(network: Path, call: Call) -> None:
    code, _, err = call("inspect", network, "--as", "nir")
    assert (code, "-o FILE.nir" in err) == (2, True)


@pytest.mark.parametrize(
    ("content", "code"), [(None, 2), (b"no HDF5", 2), (b"\x89HDF\r\n\x1a\n" + b"\0" * 99, 2)]
)
def test_bad_files_end_with_a_sentence(
    tmp_path: Path, call: Call, content: bytes | None, code: int
) -> None:
    path = tmp_path / "bad.nir"
    if content is not None:
        path.write_bytes(content)
    found, out, err = call("build", path, "--target", "c99")
    assert (found, out) == (code, "")
    assert err.startswith("error: ")
    assert "Traceback" not in err
