"""Manifests that are wrong: each is one sentence with the documented exit code, and soon."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from snncc import report
from snncc.bundle import MANIFEST, Bundle
from snncc.bundle.file_names import REQUIRED, UNLISTED, is_inside
from snncc.bundle.manifest import ports
from snncc.bundle.ranges import ranges_arrays, ranges_from
from snncc.ir import SnnccError, Tensor, UsageError, parse
from snncc.ir.passes import Quantize, calibrate
from snncc.run import run
from snncc.run.lowered import backend_of
from tests.nets import hand, spikes_for

from .small import write

MUTANTS = 2000
ODD: tuple[object, ...] = (
    None, True, 0, 1, -1, 2**31, 2**63, 10**400, 0.5, 1e308, "", "x", "\u202e\x1b[31m", "é" * 300,
    [], [0], {}, {"a": 1}, [[]] * 50, "../../etc/passwd", "/etc/passwd", "c99", "lava",
    "spinnaker2", "zoo:l2mu-motions", "nowhere.py:build", [1, 2, 3], "quantize{weight_bits=4}",
    16, 32, 8,
)  # fmt: skip


@pytest.fixture
def bundle(swift: Path) -> Path:
    write(swift / "net.snnb", seed=1)
    return swift / "net.snnb"


def opened(path: Path) -> str | None:
    """What every reader of a bundle says of it: nothing, or a sentence."""
    try:
        bundle = Bundle.open(path)
        report.bundle_text(bundle)
        report.bundle_html(bundle)
        json.dumps(report.bundle_json(bundle))
        signal, _ = bundle.check()
        run(bundle, signal[:1, :2])
        backend_of(bundle).lower(bundle.network, bundle.settings)
        assert bundle.ranges
    except SnnccError as error:
        assert str(error)
        return str(error)
    return None


def test_a_bundle_as_it_was_written_opens(bundle: Path) -> None:
    assert opened(bundle) is None
    stated = json.loads((bundle / MANIFEST).read_text())
    here = {str(p.relative_to(bundle)) for p in bundle.rglob("*") if p.is_file()}
    assert stated["files"].keys() == here - UNLISTED
    assert stated["files"].keys() >= set(REQUIRED)


PORTS = """network p tick=0.001s decode=count {
  %x = input() {shape=[2], signal="spike"}
  %c = dense(%x) {weight=@w}
  %s = alif(%c) {bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, \
reset_order="now", spikes=1, refractory=2, initial=0.0, decay=0.5, adaptation_decay=0.5, \
adaptation_step=0.25}
  %l = li(%c) {decay=0.5, bias=0.0, initial=0.0}
  return %s, %s.wait, %s.s, %s.b, %l, %c
}
"""


def test_a_port_has_the_format_of_its_values() -> None:
    """Spikes, counts and ticks are integers in ones and have none, whatever their neuron has."""
    network = parse(PORTS, {"w": Tensor(np.eye(2))})
    whole = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    inputs, outputs = ports(whole)
    assert [port.format for port in inputs] == [None]
    v, potential = (str(whole[name].formats["v"]) for name in ("s", "l"))
    assert [port.format for port in outputs] == [None, None, None, v, potential, None]


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a tree of JSON."""
    items = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list)
        else ()
    )  # fmt: skip
    return [path, *(each for key, item in items for each in places(item, (*path, key)))]


def mutant(text: str, chance: random.Random) -> bytes:
    """A manifest with something wrong: a value, a key, a place, or the bytes themselves."""
    tree: Any = json.loads(text)
    *path, last = chance.choice([each for each in places(tree) if each])
    parent = tree
    for key in path:
        parent = parent[key]
    match chance.randrange(6):
        case 0:
            parent[last] = chance.choice(ODD)
        case 1:
            del parent[last]
        case 2 if isinstance(parent, dict):
            parent[str(chance.choice(ODD))] = parent[last]
        case 3 if isinstance(parent, dict):
            parent[str(chance.choice(ODD))] = parent.pop(last)
        case 4:
            parent[last] = [parent[last]]
        case _:
            raw = bytearray(text.encode())
            start = chance.randrange(len(raw))
            raw[start : start + chance.randrange(9)] = chance.randbytes(chance.randrange(4))
            return bytes(raw)
    return json.dumps(tree).encode()


def test_a_mutated_manifest_ends_in_a_sentence(bundle: Path) -> None:
    text = (bundle / MANIFEST).read_text()
    chance = random.Random(0)
    refused, longest = 0, 0.0
    for _ in range(MUTANTS):
        (bundle / MANIFEST).write_bytes(mutant(text, chance))
        began = time.monotonic()
        refused += opened(bundle) is not None
        longest = max(longest, time.monotonic() - began)
    assert longest < 10
    assert refused > MUTANTS * 0.6


def listing(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Changes the manifest's list of files."""

    def edit(bundle: Path) -> None:
        manifest = json.loads((bundle / MANIFEST).read_text())
        change(manifest["files"])
        (bundle / MANIFEST).write_text(json.dumps(manifest))

    return edit


def piped(name: str) -> Callable[[Path], None]:
    def edit(bundle: Path) -> None:
        (bundle / name).unlink()
        os.mkfifo(bundle / name)

    return edit


def linked(name: str, target: str) -> Callable[[Path], None]:
    def edit(bundle: Path) -> None:
        (bundle / name).rename(bundle.parent / "moved")
        (bundle / name).symlink_to(target)

    return edit


def _link_folder(bundle: Path) -> None:
    (bundle / "target").rename(bundle.parent / "moved")
    (bundle / "target").symlink_to("../moved")


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no list": (listing(dict.clear), "not among the files"),
    "a file is not listed": (listing(lambda files: files.pop("target/feedforward.c")), "not among"),
    "a listed file is missing": (lambda b: (b / "report.json").unlink(), "report.json is missing"),
    "a file too many": (lambda b: (b / "target/extra.c").touch(), "target/extra.c is not among"),
    "an empty folder": (lambda b: (b / "empty").mkdir(), "empty is not among"),
    "two names that some computers do not tell apart": (
        listing(lambda files: files.update({"target/FeedForward.c": files["network.snn"]})),
        "target/feedforward.c and target/FeedForward.c are one file on some computers",
    ),
    "capitals of the manifest": (
        listing(lambda files: files.update({"Manifest.json": files["network.snn"]})),
        "manifest.json and Manifest.json are one file on some computers",
    ),
    "a file outside": (
        listing(lambda files: files.update({"../x": files["network.snn"]})),
        "'../x' is not the name of a file in a bundle",
    ),
    "an absolute file": (
        listing(lambda files: files.update({"/etc/passwd": files["network.snn"]})),
        "'/etc/passwd' is not the name",
    ),
    "a pipe": (piped("tensors.npz"), "tensors.npz is not among"),
    "the manifest is a pipe": (piped(MANIFEST), "manifest.json is not a file"),
    "a link": (linked("report.json", "../moved"), "report.json is not among"),
    "the manifest is a link": (linked(MANIFEST, "../moved"), "manifest.json cannot be read"),
    "a folder is a link": (_link_folder, "target is not among"),
    "a device": (linked("report.json", "/dev/zero"), "report.json is not among"),
    "one byte differs": (
        lambda b: (b / "report.json").write_bytes(b" " + (b / "report.json").read_bytes()[1:]),
        "report.json is missing or was changed",
    ),
}


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_folder_is_named(change: Callable[[Path], object], says: str, bundle: Path) -> None:
    change(bundle)
    with pytest.raises(UsageError) as refusal:
        Bundle.open(bundle)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("place", "says"),
    [("none.snnb", "does not exist"), ("file", "is a file and not a bundle"), ("", MANIFEST)],
)
def test_what_is_not_a_bundle_is_said(place: str, says: str, swift: Path) -> None:
    (swift / "file").touch()
    with pytest.raises(UsageError, match=says):
        Bundle.open(swift / place)


@pytest.mark.parametrize("name", ["a", "a/b.c", "target/ä b.txt"])
def test_names_inside(name: str) -> None:
    assert is_inside(name)


@pytest.mark.parametrize(
    "name", ["", ".", "/a", "a/", "a//b", "./a", "..", "a/../b", "a\\b", "a\n"]
)
def test_names_that_are_not_inside(name: str) -> None:
    assert not is_inside(name)


def test_ranges_come_back_to_the_bit() -> None:
    network = hand("readout")
    ranges = replace(
        calibrate(network, spikes_for(network)),
        held_out=frozenset({"x"}),
        chosen={"c.weight": np.linspace(-1, 1, 6).reshape(2, 3)},
        units={"c": np.array([0.5, 0.25])},
        finer={"s1": 2.0},
    )
    again = ranges_from(ranges_arrays(ranges))
    assert all(vars(ranges).values()), "a field is empty, so nothing is shown of it"
    for name, value in vars(ranges).items():
        found = getattr(again, name)
        if name in ("peaks", "signal", "chosen", "units"):
            assert {k: Tensor(v) for k, v in found.items()} == {
                k: Tensor(v) for k, v in value.items()
            }
        else:
            assert found == value


def test_a_copied_bundle_is_the_same_bundle(bundle: Path, tmp_path: Path) -> None:
    copy = Path(copytree(bundle, tmp_path / "copy"))
    assert Bundle.open(copy).network == Bundle.open(bundle).network
