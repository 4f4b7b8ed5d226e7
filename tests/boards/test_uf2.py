"""Boards that are a drive: the file they get, whether it was taken, what can be read back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.boards import Board, Image, board, play, program
from snncc.boards import uf2 as uf2_driver
from snncc.boards.espressif import flat
from snncc.boards.uf2 import contents, uf2
from snncc.ir import DeviceError

from .conftest import ACCUMULATE
from .drive import BootLoader

Built = Callable[[Board, bytes], Image]
PICOS = [("pico", "RPI-RP2", 0xE48B_FF56), ("pico-2", "RP2350", 0xE48B_FF59)]


@pytest.mark.parametrize(("name", "board_id", "family"), PICOS)
def test_the_drive_takes_the_firmware_and_goes(
    name: str, board_id: str, family: int, tmp_path: Path, built: Built
) -> None:
    pico = board(name)
    image = built(pico, ACCUMULATE)
    with BootLoader(tmp_path, board_id).watching() as loader:
        assert program(pico, image, port=str(tmp_path)) is False  # this ROM shows nothing
    assert loader.families == {family}
    expected = flat(pico, image)
    taken = b"".join(loader.flash[address] for address in sorted(loader.flash))
    assert taken[: len(expected)] == expected
    assert sorted(loader.flash) == list(
        range(pico.flash_origin, pico.flash_origin + len(taken), 256)
    )


def test_a_drive_that_shows_its_flash_is_read_back(tmp_path: Path, built: Built) -> None:
    pico = board("pico")
    with BootLoader(tmp_path, "RPI-RP2", reads_back=True).watching():
        assert program(pico, built(pico, ACCUMULATE), port=str(tmp_path)) is True


def test_a_drive_plays_no_spikes_and_says_what_would(tmp_path: Path, built: Built) -> None:
    pico = board("pico")
    with (
        BootLoader(tmp_path, "RPI-RP2").watching(),
        pytest.raises(DeviceError, match="cannot be stopped; to play spikes attach a debug probe"),
    ):
        play(pico, built(pico, ACCUMULATE), b"", port=str(tmp_path))


def test_the_only_mounted_drive_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Built
) -> None:
    monkeypatch.setattr(uf2_driver, "MOUNTS", (f"{tmp_path}/*",))
    pico = board("pico")
    other, ours = tmp_path / "a", tmp_path / "b"
    other.mkdir()
    ours.mkdir()
    BootLoader(other, "RP2350")
    assert "boot button held" in (uf2_driver.Uf2().detect(pico) or "")
    with BootLoader(ours, "RPI-RP2").watching() as loader:
        assert uf2_driver.Uf2().detect(pico) is None
        program(pico, built(pico, ACCUMULATE))
    assert loader.flash


def test_a_file_read_again_is_the_image(built: Built) -> None:
    image = built(board("pico-2"), ACCUMULATE)
    pages = contents(uf2(image, 7))
    whole = b"".join(pages[address] for address in sorted(pages))
    expected = flat(board("pico-2"), image)
    assert whole[: len(expected)] == expected
    assert not any(whole[len(expected) :])
    assert len(whole) % 4096 == 0 and min(pages) % 4096 == 0  # whole sectors: RP2040-E14


@settings(max_examples=200)
@given(st.binary(max_size=1600), st.integers(0, 511), st.binary(max_size=40))
def test_a_drive_may_hold_any_file(content: bytes, at: int, noise: bytes) -> None:
    """Blocks that say what no block holds are none; what is read lies within its block."""
    whole = uf2(Image("x", b"", 0, 0, 0, 0, 0, ((0x1000_0000, content[:300]),), ()), 1)
    damaged = whole[:at] + noise + whole[at + len(noise) :]
    for file in (content, damaged):
        found = contents(file)
        assert all(len(piece) <= uf2_driver.MOST_DATA_BYTES for piece in found.values())
        assert len(found) <= len(file) // uf2_driver.BLOCK_BYTES
