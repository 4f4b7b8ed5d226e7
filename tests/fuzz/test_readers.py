"""Some hundred damaged files and conversations; `make fuzz` tries thousands."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest

from .attempt import Outcome, attempt
from .conversations import talk
from .devices import attach, mount
from .files import arguments, damaged, load, prepare, tried, whole_files
from .mutations import OF_SUFFIX, mutated

FILES, CONVERSATIONS = 48, 60
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a child is needed, by fork")


@pytest.fixture(scope="module")
def whole() -> Mapping[str, bytes]:
    return whole_files()


@pytest.fixture(scope="module")
def folder(whole: Mapping[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzz").resolve()
    prepare(place, whole)
    load(place, whole)
    return place


def test_every_kind_of_file_is_damaged(whole: Mapping[str, bytes]) -> None:
    assert {Path(name).suffix for name in whole} == {*OF_SUFFIX}


def test_damaged_files_end_with_a_sentence_or_a_network(
    folder: Path, whole: Mapping[str, bytes]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = [damaged(seed, whole) for seed in range(FILES)]
    found = [tried(name, content, folder, whole) for name, content in files]
    pairs = [
        (seed, name, o.fault) for seed, ((name, _), o) in enumerate(zip(files, found, strict=True))
    ]
    assert [pair for pair in pairs if pair[2]] == []
    assert len({name for name, _ in files}) > 10
    assert {0, 1, 2} <= {outcome.code for outcome in found}


def test_a_seed_names_a_file(whole: Mapping[str, bytes]) -> None:
    for name, content in whole.items():
        suffix = Path(name).suffix
        twice = [mutated(random.Random(7), suffix, content) for _ in range(2)]
        assert twice[0] == twice[1] or suffix == ".nir"  # HDF5 keeps the time of a change


def test_conversations_end_with_a_sentence() -> None:
    began = time.monotonic()
    ends = [talk(seed) for seed in range(CONVERSATIONS)]
    assert time.monotonic() - began < 10 * CONVERSATIONS
    assert {*map(bool, ends)} == {True, False}, "some are whole, and some are not"


def test_drives_that_lie_end_with_a_sentence(tmp_path: Path) -> None:
    ends: list[str] = []
    for seed in range(4 * CONVERSATIONS):
        (tmp_path / str(seed)).mkdir()
        ends.append(mount(seed, tmp_path / str(seed)))
    assert {*map(bool, ends)} == {True, False}


def test_chips_that_lie_end_with_a_sentence() -> None:
    assert [bool(attach(seed)) for seed in (0, 1)] == [True, False]


# The harness sees what it is there to see.
REACHES = {
    "reads": "try: open({outside!r}).read()\n    except OSError: pass",
    "writes": "open({outside!r}, 'w')",
    "removes": "import os\n    try: os.remove({outside!r})\n    except OSError: pass",
    "runs": "import subprocess\n    subprocess.run(['true'])",
    "connects": "import socket\n    socket.socket().connect_ex(('127.0.0.1', 9))",
}


def asked(folder: Path, body: str) -> Outcome:
    (folder / "reach.py").write_text(f"def build():\n    {body}\n    raise RuntimeError('done')\n")
    return attempt(["inspect", "reach.py:build", "--data", "whole.npz"], folder)


@pytest.mark.parametrize("what", REACHES)
def test_a_reach_out_of_the_folder_is_seen(
    what: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All folders of tests are in the temporary one, to which a child may write.
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    body = REACHES[what].format(outside=str(tmp_path / "reached"))
    assert asked(folder, body).fault.startswith("touched ")


def test_a_hang_and_a_crash_are_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[attempt.__module__], "SECONDS", 0.5)
    assert asked(folder, "while True: pass").fault == "hang"
    assert asked(folder, "import time\n    time.sleep(60)").fault == "hang"
    assert asked(folder, "import os\n    os.kill(os.getpid(), 9)").fault == "killed by SIGKILL"
    assert asked(folder, "bytes(3 << 30)").code == 1


def test_whole_files_are_read(folder: Path, whole: Mapping[str, bytes]) -> None:
    for name in ("foreign.nir", "lightning.ckpt", "packed_data.npz"):
        outcome = attempt(arguments(name), folder)
        assert (outcome.code, outcome.fault) == (0, ""), outcome.told
    assert len(whole) > 15
