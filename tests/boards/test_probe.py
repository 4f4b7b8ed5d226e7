"""Boards at a debug probe, by pyOCD: its own exceptions and memory maps, an emulated core beneath.

No probe is attached to where tests run; what pyOCD does between probe and core is its own affair.
"""

import inspect
import random
from collections.abc import Callable, Sequence
from importlib import import_module

import pytest

from snncc.boards import Board, Image, board, boards, driver
from snncc.boards.pyocd import OPTIONS, PyocdBoard, Target
from snncc.ir import DeviceError

from .conftest import ACCUMULATE, accumulate
from .held_core import HeldCore
from .probe import ProbedTarget

Built = Callable[[Board, bytes], Image]
STIMULUS = random.Random(6).randbytes(48 * 5 + 3)
PROBED = [known for known in boards() if known.driver == "pyocd"]


@pytest.mark.parametrize("real", PROBED, ids=lambda known: known.name)
def test_firmware_is_programmed_read_back_and_played(real: Board, built: Built) -> None:
    image = built(real, ACCUMULATE)
    target = ProbedTarget(HeldCore(real))
    held = PyocdBoard(real, target, target.load)
    held.program(image)
    assert held.verify(image)
    run = held.run(image, STIMULUS)
    assert run.output == accumulate(STIMULUS)
    assert run.code == 0 and run.marks == ()
    held.reset()
    assert target.released


@pytest.mark.parametrize("name", [n for n in vars(Target) if not n.startswith("_")])
def test_pyocd_has_what_is_used_of_it(name: str) -> None:
    theirs = import_module("pyocd.core.soc_target").SoCTarget
    assert callable(getattr(theirs, name))
    given = len(inspect.signature(getattr(Target, name)).parameters)
    needed = [
        parameter
        for parameter in inspect.signature(getattr(theirs, name)).parameters.values()
        if parameter.default is parameter.empty
    ]
    assert len(needed) <= given <= len(inspect.signature(getattr(theirs, name)).parameters)


@pytest.mark.parametrize("name", ["stm32h743xx", "nrf52840", "rp2040", "rp2350"])
def test_pyocd_s_own_memory_map_holds_the_board_s(name: str) -> None:
    targets = import_module("pyocd.target").TARGET
    regions = targets[name].MEMORY_MAP.regions if hasattr(targets[name], "MEMORY_MAP") else []
    (real,) = [b for b in boards() if b.machine == name and not b.emulated]
    flash = [r for r in regions if r.is_flash and r.start <= real.flash_origin <= r.end]
    ram = [r for r in regions if r.is_ram and r.start <= real.ram_origin <= r.end]
    assert flash and ram
    end = max(r.end for r in regions if r.is_flash and r.start >= flash[0].start) + 1
    assert real.flash_origin + 64 * 1024 <= end


def test_pyocd_knows_the_options() -> None:
    known = import_module("pyocd.core.options").OPTIONS_INFO
    assert set(OPTIONS) <= set(known)
    assert "target_override" in known


def test_without_a_probe_the_driver_says_what_to_do() -> None:
    real = board("nucleo-f446re")
    absent = driver(real).detect(real)
    assert absent is not None and "no debug probe is attached: plug" in absent
    with pytest.raises(DeviceError, match="no debug probe"), driver(real).connect(real):
        raise AssertionError("connected")


def test_load_hands_over_every_segment(built: Built) -> None:
    real = board("nano-33-ble")
    image = built(real, ACCUMULATE)
    given: list[Sequence[tuple[int, bytes]]] = []
    target = ProbedTarget(HeldCore(real))
    PyocdBoard(real, target, given.append).program(image)
    assert given == [image.segments]
