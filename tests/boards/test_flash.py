"""`snncc flash` from a bundle to check spikes: emulated boards, and real ones' drivers."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from snncc.boards import Board, board, boards
from snncc.build.compile_model import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.cli import main
from snncc.ir import CapacityError, DeviceError, SpikesDiffer, show
from snncc.run.flash import flash
from tests.nets import hand, spikes_for

from .debug_server import DebugServer, serving
from .drive import BootLoader
from .held_core import HeldCore
from .rom_loader import RomLoader, listening

CORTEX_M = [known for known in boards() if not known.emulated and not known.riscv]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recurrent network as `net.snn` beside `net.npz`."""
    path = tmp_path_factory.mktemp("net") / "net.snn"
    network = hand("recurrent")
    path.write_text(show(network))
    np.savez(path.with_suffix(".npz"), **{k: t.values for k, t in network.tensors.items()})
    return path


@pytest.fixture(scope="module")
def bundle(text: Path) -> Iterator[Bundle]:
    """That network, built for c99."""
    np.savez(data := text.parent / "x.npz", **spikes_for(hand("recurrent"), samples=2, ticks=32))
    output = text.parent / "net.snnb"
    request = BuildRequest(model=str(text), target="c99", data=data, output=output)
    yield Bundle.open(compile_model(request))


def test_flash_verifies_and_replays_on_every_emulated_board(mapped: Board, bundle: Bundle) -> None:
    report = flash(bundle, mapped.name, check=True)
    assert (report.board, report.programmed, report.verified) == (mapped.name, True, True)
    assert report.mismatches == 0
    assert report.spikes is not None and report.spikes > 100
    assert report.instructions_per_tick is not None and report.instructions_per_tick > 0
    assert 0 < report.flash_bytes <= mapped.flash_bytes


@pytest.mark.parametrize("real", CORTEX_M, ids=lambda known: known.name)
def test_flash_replays_on_real_parts_through_a_debug_server(real: Board, bundle: Bundle) -> None:
    with serving(DebugServer(HeldCore(real))) as port:
        report = flash(bundle, real.name, port, check=True)
    assert report.verified and report.mismatches == 0
    assert report.instructions_per_tick is None  # nobody counts on silicon


def test_flash_programs_a_pico_through_its_drive(tmp_path: Path, bundle: Bundle) -> None:
    with BootLoader(tmp_path, "RPI-RP2").watching():
        report = flash(bundle, "pico", str(tmp_path))
    assert (report.programmed, report.verified, report.mismatches) == (True, False, None)


def test_flash_programs_an_esp32c3_over_its_line(bundle: Bundle) -> None:
    with listening(RomLoader()) as port:
        report = flash(bundle, "esp32-c3", port)
    assert (report.programmed, report.verified) == (True, True)


def test_spikes_that_differ_are_an_error_of_their_own(bundle: Bundle) -> None:
    class Forgets(HeldCore):
        """A core whose RAM takes no input."""

        def write(self, address: int, content: bytes) -> None:
            dead = len(content) == 6  # one tick of input
            super().write(address, bytes(len(content)) if dead else content)

    with (
        serving(DebugServer(Forgets(board("nucleo-f446re")))) as port,
        pytest.raises(SpikesDiffer, match="values on nucleo-f446re differ from the check spikes"),
    ):
        flash(bundle, "nucleo-f446re", port, check=True)


def test_the_command_line_says_what_it_did(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "pico-2-emulated"
    with pytest.raises(SystemExit) as leaving:
        main(["flash", str(bundle.path), "--board", name, "--check", "--json"])
    assert leaving.value.code == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["board"], report["verified"], report["mismatches"]) == (name, True, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--board", "nucleo-f446re"), 4, "no debug probe is attached"),
        (("--board", "pico", "--port", "/nowhere"), 4, "has no INFO_UF2.TXT"),
        (("--board", "esp32-c3", "--port", "/dev/ttyNOWHERE"), 4, "nothing is attached at"),
        (("--board", "nucleo-f446re", "--port", "127.0.0.1:9"), 4, "no debug server at"),
        (("--board", "nucleo"), 2, "unknown board 'nucleo'"),
    ],
)
def test_the_command_line_fails_with_the_code_of_the_fault(
    bundle: Bundle,
    arguments: tuple[str, ...],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["flash", str(bundle.path), *arguments])
    assert leaving.value.code == code
    captured = capsys.readouterr()
    assert said in captured.err and "Traceback" not in captured.err


def test_a_network_too_large_for_the_board_names_the_bytes(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    tiny = replace(board("nucleo-f446re"), name="tiny", flash_bytes=1024)
    monkeypatch.setattr("snncc.boards.catalogue.BOARDS", (tiny,))
    request = BuildRequest(
        model=str(text), target="c99", board="tiny", output=tmp_path / "tiny.snnb"
    )
    with pytest.raises(CapacityError, match=r"tiny has 1,024: [\d,]+ bytes too many"):
        compile_model(request)
    assert not (tmp_path / "tiny.snnb").exists()


def test_a_bundle_for_a_real_board_is_flashed_to_its_twin(text: Path, tmp_path: Path) -> None:
    request = BuildRequest(
        model=str(text), target="c99", board="nano-33-ble", output=tmp_path / "net.snnb"
    )
    bundle = Bundle.open(compile_model(request))
    assert (bundle.path / "firmware" / "nano-33-ble.elf").is_file()
    assert flash(bundle, "nano-33-ble-emulated", check=True).mismatches == 0
    with pytest.raises(DeviceError, match="no debug probe"):
        flash(bundle)  # the board it was built for
