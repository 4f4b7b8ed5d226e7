"""`flash` on SpiNNaker 2: the emitted program in the kit's environment, a stand-in for the kit."""

import io
import subprocess
import sys
import sysconfig
import venv
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from snncc.backends.spinnaker2 import Spinnaker2Backend, device
from snncc.bundle import network_files
from snncc.cli import main
from snncc.ir import DeviceError
from tests.backends.spinnaker2.nets import loop, prepared
from tests.nets import hand, spikes_for

DOUBLE = Path(__file__).parent / "double"
ADDRESS = "192.0.2.7"
Done: TypeAlias = subprocess.CompletedProcess[str]


def snncc(*arguments: str) -> Done:
    """A command in this process, which has loaded what it needs; what it left."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as leaving:
        main(arguments)
    code = leaving.value.code
    assert isinstance(code, int)
    return Done(arguments, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runtimes whose py-spinnaker2 is the stand-in."""
    home = tmp_path_factory.mktemp("runtimes") / "spinnaker2"
    venv.create(home, with_pip=False, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SNNCC_RUNTIMES", str(home.parent))
        runtime = device.runtime()
        packages = runtime.home / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        shared = sysconfig.get_paths()["purelib"]
        (packages / "site-packages" / "kit.pth").write_text(f"{DOUBLE}\n{shared}\n")
        (runtime.home / "ready").write_text(runtime.pins, encoding="utf-8")
    return home.parent


@pytest.fixture
def kit(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNNCC_RUNTIMES", str(made))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a feed-forward network, which stock applications run."""
    folder = tmp_path_factory.mktemp("bundle")
    network = hand("feedforward")
    for name, content in network_files(network, "net.snn", "net.npz").items():
        with (folder / name).open("wb") as file:
            content(file) if callable(content) else file.write(content)
    (_, signal), *_ = spikes_for(network, 1, samples=4, ticks=20).items()
    np.savez(folder / "data.npz", x=signal, y=np.arange(4) % 3)
    found = snncc(
        "build", str(folder / "net.snn"), "--target", "spinnaker2", "-o", str(folder / "b")
    )
    assert found.returncode == 0, found.stderr
    return folder / "b"


@pytest.mark.usefixtures("kit")
def test_the_board_gives_the_check_spikes(bundle: Path) -> None:
    found = snncc("flash", str(bundle), "--board", "spinnaker2", "--port", ADDRESS, "--check")
    assert found.returncode == 0, found.stderr
    assert " 0 mismatches" in found.stdout


@pytest.mark.usefixtures("kit")
def test_a_dry_run_touches_no_board(bundle: Path) -> None:
    assert snncc("flash", str(bundle), "--dry-run").returncode == 0


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [([], "give its address with --port"), (["--board", "pico"], "runs on board spinnaker2")],
)
def test_a_board_without_address_and_another_board_are_usage(
    bundle: Path, arguments: list[str], sentence: str
) -> None:
    found = snncc("flash", str(bundle), *arguments)
    assert found.returncode == 2
    assert sentence in found.stderr


def test_without_the_kit_it_says_how_to_get_it(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNNCC_RUNTIMES", str(tmp_path))
    found = snncc("flash", str(bundle), "--port", ADDRESS)
    assert found.returncode == 4
    assert "no py-spinnaker2 in" in found.stderr
    assert "snncc setup spinnaker2" in found.stderr
    assert "snncc setup spinnaker2" in str(Spinnaker2Backend().absent())


@pytest.mark.usefixtures("kit")
def test_cores_that_wait_need_another_application() -> None:
    network = loop()
    signal = spikes_for(network, 1, samples=1, ticks=5)
    _, program = prepared(network, signal, None, 8)
    assert program.period > 1
    with pytest.raises(DeviceError, match="hop=pipelined"):
        device.perform(program, next(iter(signal.values())), ADDRESS)


@pytest.mark.usefixtures("kit")
def test_a_board_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    network = hand("feedforward")
    signal = spikes_for(network, 1, samples=1, ticks=5)
    _, program = prepared(network, signal, None, 8)
    written = {"program.py": b"import time\ntime.sleep(600)\n"}
    monkeypatch.setattr(device, "emit", lambda _: {Path(k): v for k, v in written.items()})
    with pytest.raises(DeviceError, match="made no progress for 1 s and was ended"):
        device.perform(program, next(iter(signal.values())), ADDRESS, silence=1.0)
    assert device.SILENCE_SECONDS < 60
