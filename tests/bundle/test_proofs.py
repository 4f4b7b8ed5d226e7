"""A bundle proves itself: what was edited is found, though its digest was edited as well."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from snncc import BuildRequest, compile_model, verify
from snncc.backends import pack_npz
from snncc.bundle import MANIFEST, Bundle
from snncc.cli import main
from snncc.ir import DECODES, Decode, LoweringRefused, UsageError, plugins, show
from snncc.ir.untrusted import limits
from snncc.run import Report
from snncc.run.lowered import backend_of
from snncc.run.rebuild import Rebuilt, rebuild
from tests.nets import HAND, hand, spikes_for


def saved(name: str, folder: Path) -> tuple[Path, Path]:
    """A hand-written network and data for it, as a user has them."""
    network = hand(name)
    model, data = folder / f"{name}.snn", folder / f"{name}_data.npz"
    model.write_text(show(network))
    arrays = {key: tensor.values for key, tensor in network.tensors.items()}
    model.with_suffix(".npz").write_bytes(pack_npz(arrays))
    data.write_bytes(pack_npz({"x": spikes_for(network, samples=4)["x"]}))
    return model, data


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    model, data = saved("feedforward", folder)
    return compile_model(BuildRequest(str(model), "c99", data=data, output=folder / "net.snnb"))


@pytest.fixture
def bundle(built: Path, tmp_path: Path) -> Path:
    return Path(copytree(built, tmp_path / "net.snnb"))


def rehashed(bundle: Path, changes: Mapping[str, bytes] | None = None, **facts: object) -> None:
    """Edits files of a bundle and its manifest, and makes all digests right again."""
    manifest = json.loads((bundle / MANIFEST).read_text())
    for name, content in (changes or {}).items():
        (bundle / name).write_bytes(content)
        entry = {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
        manifest["files"][name] = {"role": "target", **manifest["files"].get(name, {}), **entry}
    (bundle / MANIFEST).write_text(json.dumps({**manifest, **facts}))


@pytest.mark.parametrize("target", plugins("snncc.backends"))
def test_every_bundle_is_what_its_source_becomes(target: str, tmp_path: Path) -> None:
    built = 0
    for name in HAND:
        model, data = saved(name, tmp_path)
        request = BuildRequest(str(model), target, data=data, output=tmp_path / f"{name}.snnb")
        try:
            opened = Bundle.open(compile_model(request))
        except LoweringRefused:
            continue
        backend = backend_of(opened)
        found = rebuild(opened, backend, backend.lower(opened.network, opened.settings))
        assert (found.differs, found.absent) == ((), ""), name
        built += 1
    assert built >= len(HAND) - 2


@pytest.mark.parametrize("decode", DECODES)
def test_a_manifest_states_every_decoding(decode: Decode, tmp_path: Path) -> None:
    model, data = saved("feedforward", tmp_path)
    model.write_text(model.read_text().replace("decode=count", f"decode={decode}"))
    request = BuildRequest(str(model), "c99", data=data, output=tmp_path / "net.snnb")
    assert Bundle.open(compile_model(request)).manifest.decode == decode


def edited(bundle: Path, name: str, old: str, new: str) -> dict[str, bytes]:
    text = (bundle / name).read_text()
    assert old in text
    return {name: text.replace(old, new, 1).encode()}


def _bias(bundle: Path) -> None:
    with np.load(bundle / "tensors.npz") as file:
        arrays = {key: file[key] for key in file.files}
    arrays["s1.bias"] = arrays["s1.bias"] + 1
    rehashed(bundle, {"tensors.npz": pack_npz(arrays)})


def test_arrays_that_unfold_without_end_are_refused(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = pack_npz({"signal": np.zeros((1, 1 << 24), np.uint8)}, large_bytes=1 << 60)
    rehashed(bundle, {"check/check.npz": bomb})
    monkeypatch.setattr(limits, "DATA_BYTES", 1 << 20)
    with pytest.raises(UsageError, match=r"takes 16\.0 MiB"):
        Bundle.open(bundle).check()


EDITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "the threshold of a neuron": (
        lambda b: rehashed(b, edited(b, "network.snn", "threshold=1.0", "threshold=1.5")),
        "expected %s1: threshold=1.0, found threshold=1.5",
    ),
    "a bias": (_bias, "tensor @s1.bias has other values"),
    "how a neuron compares": (
        lambda b: rehashed(b, edited(b, "network.snn", 'compare=">"', 'compare=">="')),
        'found compare=">="',
    ),
    "the float network": (
        lambda b: rehashed(b, edited(b, "source/network.snn", "decay=0.9", "decay=0.8")),
        "network.snn is not what source/ becomes",
    ),
    "the C source": (
        lambda b: rehashed(b, edited(b, "target/feedforward.c", "{", "{ /* hello */")),
        "target/feedforward.c is not what target c99 writes",
    ),
    "a file too many": (
        lambda b: rehashed(b, {"target/more.c": b"int more;\n"}),
        "target/more.c is not a file that target c99 writes",
    ),
    "the report": (
        lambda b: rehashed(b, edited(b, "report.json", "1", "2")),
        "report.json is not what target c99 reports",
    ),
    "the pipeline": (
        lambda b: rehashed(b, pipeline="canonicalize,quantize{weight_bits=4}"),
        "network.snn is not what source/ becomes",
    ),
    "the lag": (lambda b: rehashed(b, lag={"s2": 3}), "the stated lag"),
}


@pytest.mark.parametrize(("edit", "says"), EDITS.values(), ids=EDITS)
def test_an_edited_bundle_with_right_digests_is_found(
    edit: Callable[[Path], object], says: str, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(bundle)
    opened = Bundle.open(bundle)
    backend = backend_of(opened)
    found = rebuild(opened, backend, backend.lower(opened.network, opened.settings))
    assert says in found.differs[0]


def check_edited(bundle: Path) -> None:
    with np.load(bundle / "check/check.npz") as file:
        arrays = {key: file[key] for key in file.files}
    arrays["%s2"] = 1 - arrays["%s2"]
    rehashed(bundle, {"check/check.npz": pack_npz(arrays)})


def test_verify_refuses_an_edited_bundle(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_edited(bundle)
    with pytest.raises(SystemExit) as leaving:
        main(["verify", str(bundle)])
    shown = capsys.readouterr()
    assert leaving.value.code == 3
    assert "check/check.npz are not what the network gives" in shown.err
    assert "do not use it" in shown.err


def test_another_release_is_not_compared(bundle: Path) -> None:
    rehashed(bundle, snncc="0.0.1")
    opened = Bundle.open(bundle)
    backend = backend_of(opened)
    found = rebuild(opened, backend, backend.lower(opened.network, opened.settings))
    assert not found.differs
    assert found.absent.startswith("built by snncc 0.0.1")


# --- a colleague's bundle ------------------------------------------------------------------------


def stage(report: Report, left: str) -> dict[str, object]:
    """The comparison of `verify --json` whose left stage that is."""
    found = report.as_json()["comparisons"]
    assert isinstance(found, list)
    return next(each for each in found if isinstance(each, dict) and each["left"] == left)


def test_a_bundle_without_its_model_is_verified_but_for_that(bundle: Path) -> None:
    rehashed(bundle, model="elsewhere/net.snn")
    report = verify(Bundle.open(bundle))
    first = stage(report, "eager")
    assert (first["samples"], first["mismatches"]) == (0, 0)
    assert "elsewhere/net.snn is not here" in str(first["absent"])
    assert "--model MODEL" in str(first["absent"])
    assert stage(report, "reference-quantized")["samples"] == 4
    assert report.passed


FACTORY = """
from pathlib import Path
Path("ran").touch()

def build():
    raise SystemExit("this code was run")
"""


def test_code_that_a_foreign_bundle_names_is_not_run(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(FACTORY)
    rehashed(bundle, model="model.py:build")
    report = verify(Bundle.open(bundle))
    assert "was not built here, so what it names is not run" in str(
        stage(report, "eager")["absent"]
    )
    assert report.passed
    assert not Path("ran").exists()


def test_code_that_the_user_names_is_run(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(FACTORY)
    rehashed(bundle, model="model.py:build")
    with pytest.raises(Exception, match="this code was run"):
        verify(Bundle.open(bundle), model="model.py:build")
    assert Path("ran").exists()


def test_a_board_that_is_too_small_throws_nothing_away(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from snncc import boards

    small = replace(boards.board("cortex-m4-emulated"), name="tiny", flash_bytes=1024)
    monkeypatch.setattr("snncc.boards.catalogue.BOARDS", (*boards.boards(), small))
    report = verify(Bundle.open(bundle), board="tiny")
    absent = str(report.as_json()["comparisons"][-1]["absent"])
    assert "name a larger board with --board" in absent
    assert stage(report, "reference-quantized")["spikes"]
    assert not report.passed


# --- signatures ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two key pairs in PEM and one in OpenSSH's format, and an RSA key."""
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    folder = tmp_path_factory.mktemp("keys")
    pem, ssh = forms.Encoding.PEM, forms.Encoding.OpenSSH
    secret, public = forms.PrivateFormat, forms.PublicFormat
    plain = forms.NoEncryption()
    made = {}
    for name in ("mine", "other"):
        key = Ed25519PrivateKey.generate()
        made |= {
            name: key.private_bytes(pem, secret.PKCS8, plain),
            f"{name}.pub": key.public_key().public_bytes(pem, public.SubjectPublicKeyInfo),
            f"{name}_ssh": key.private_bytes(pem, secret.OpenSSH, plain),
            f"{name}_ssh.pub": key.public_key().public_bytes(ssh, public.OpenSSH),
            f"{name}_locked": key.private_bytes(
                pem, secret.PKCS8, forms.BestAvailableEncryption(b"x")
            ),
        }
    rsa = generate_private_key(65537, 2048)
    made["rsa"] = rsa.private_bytes(pem, secret.PKCS8, plain)
    made["none"] = b"hello\n"
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in made}


BOARD = "cortex-m4-emulated"
ELF = f"firmware/{BOARD}.elf"


@pytest.fixture(scope="module")
def boarded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("boarded")
    model, data = saved("feedforward", folder)
    output = folder / "net.snnb"
    return compile_model(BuildRequest(str(model), "c99", data=data, output=output, board=BOARD))


def rebuilt(path: Path) -> Rebuilt:
    bundle = Bundle.open(path)
    backend = backend_of(bundle)
    return rebuild(bundle, backend, backend.lower(bundle.network, bundle.settings))


def test_firmware_is_compiled_again_and_compared(boarded: Path, tmp_path: Path) -> None:
    assert rebuilt(boarded) == Rebuilt()
    other = Path(copytree(boarded, tmp_path / "net.snnb"))
    content = bytearray((other / ELF).read_bytes())
    content[-1] ^= 1
    rehashed(other, {ELF: bytes(content)})
    assert rebuilt(other).differs == (f"{ELF} is not what target/ is compiled to",)


def test_sizes_that_firmware_has_not_are_found(boarded: Path, tmp_path: Path) -> None:
    other = Path(copytree(boarded, tmp_path / "net.snnb"))
    report = json.loads((other / "report.json").read_text())
    report["board"]["flash_bytes"] -= 4
    rehashed(other, {"report.json": json.dumps(report).encode()})
    assert rebuilt(other).differs == (f"report.json states other sizes than {ELF} has",)


def test_firmware_of_another_compiler_is_not_compared(boarded: Path, tmp_path: Path) -> None:
    other = Path(copytree(boarded, tmp_path / "net.snnb"))
    report = json.loads((other / "report.json").read_text())
    report["board"]["compiler"] = "Clang 3"
    rehashed(other, {"report.json": json.dumps(report).encode(), ELF: b"ELF"})
    assert rebuilt(other).differs == ()
    assert rebuilt(other).absent.startswith(f"{ELF} was compiled by Clang 3, here is ")


def test_firmware_for_a_board_that_does_not_exist_is_found(boarded: Path, tmp_path: Path) -> None:
    other = Path(copytree(boarded, tmp_path / "net.snnb"))
    (other / ELF).rename(other / "firmware/none.elf")
    manifest = json.loads((other / MANIFEST).read_text())
    manifest["files"]["firmware/none.elf"] = manifest["files"].pop(ELF)
    (other / MANIFEST).write_text(json.dumps(manifest))
    assert rebuilt(other).differs[0].startswith("firmware/none.elf cannot come of the program: ")


@pytest.mark.parametrize("form", ["", "_ssh"], ids=["PEM", "OpenSSH"])
def test_a_signature_is_required_and_found(
    form: str, keys: dict[str, Path], tmp_path: Path
) -> None:
    model, data = saved("feedforward", tmp_path)
    request = BuildRequest(
        str(model), "c99", data=data, output=tmp_path / "net.snnb", sign=keys[f"mine{form}"]
    )
    path = compile_model(request)
    first = (path / "manifest.sig").read_bytes()
    for public in ("mine.pub", "mine_ssh.pub"):
        if public == f"mine{form}.pub" or not form:
            assert Bundle.open(path, keys[f"mine{form}.pub"]).target == "c99"
    with pytest.raises(UsageError, match="is not a signature"):
        Bundle.open(path, keys["other.pub"])
    assert compile_model(request) == path  # a signed bundle is replaced as any other
    assert (path / "manifest.sig").read_bytes() == first
    rehashed(path, edited(path, "network.snn", 'compare=">"', 'compare=">="'))
    with pytest.raises(UsageError, match="do not use the bundle"):
        Bundle.open(path, keys["mine.pub"])


def test_an_unsigned_bundle_is_not_flashed(
    bundle: Path, keys: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["flash", "--dry-run"], ["verify"], ["run", "--data", str(keys["none"])]):
        with pytest.raises(SystemExit) as leaving:
            main([*command, str(bundle), "--require-signature", str(keys["mine.pub"])])
        assert leaving.value.code == 2
        assert "is not signed" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["rsa", "none", "mine_locked", "mine.pub"])
def test_a_key_that_cannot_sign_is_refused_before_the_build(
    name: str, keys: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=str(keys[name])):
        compile_model(
            BuildRequest("nowhere.py:build", "c99", output=tmp_path / "n.snnb", sign=keys[name])
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["rsa", "none", "mine"])
def test_what_is_not_a_public_key_is_refused(
    name: str, keys: dict[str, Path], bundle: Path
) -> None:
    with pytest.raises(UsageError, match="public key"):
        Bundle.open(bundle, keys[name])
