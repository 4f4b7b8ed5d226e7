"""Espressif's chips: the real esptool against a ROM loader at the end of a socket."""

from collections.abc import Callable

import pytest

from snncc.boards import Board, Image, board, play, program
from snncc.boards.espressif import flat
from snncc.ir import DeviceError

from .conftest import ACCUMULATE
from .rom_loader import FLASH_MD5, RomLoader, listening

Built = Callable[[Board, bytes], Image]
C3 = board("esp32-c3")


def test_firmware_is_written_summed_up_and_started(built: Built) -> None:
    image = built(C3, ACCUMULATE)
    loader = RomLoader()
    with listening(loader) as port:
        assert program(C3, image, port=port) is True
    content = flat(C3, image)
    assert bytes(loader.flash[: len(content)]) == content
    assert loader.flash[: len(content)].startswith(bytes.fromhex("1d04dbae1d04dbae"))
    assert loader.operations.count(FLASH_MD5) >= 2  # once by writing, once to verify


def test_a_serial_line_plays_no_spikes_and_says_what_would(built: Built) -> None:
    with (
        listening(RomLoader()) as port,
        pytest.raises(DeviceError, match="cannot be stopped; to play spikes attach its JTAG"),
    ):
        play(C3, built(C3, ACCUMULATE), b"", port=port)
