"""Several writers of one bundle at once: the bundle is whole, and who loses says so."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from snncc.bundle import Bundle, writing
from snncc.files import write_file
from snncc.ir import UsageError

from .small import made, write

ROUNDS, WRITERS = 15, 4
FORK = multiprocessing.get_context("fork")


def told(place: Path, seed: int, start: int, answer: Connection) -> None:
    """Waits until all are ready, writes, and tells what came of it: nothing, or a sentence."""
    os.read(start, 1)
    try:
        write(place, seed)
    except UsageError as error:
        answer.send(str(error))
    else:
        answer.send("")


def race(place: Path, seeds: Sequence[int]) -> list[str]:
    """What each of the writers told."""
    waiting, start = os.pipe()
    answers, racers = [], []
    for seed in seeds:
        here, there = FORK.Pipe()
        racers.append(FORK.Process(target=told, args=(place, seed, waiting, there)))
        racers[-1].start()
        answers.append(here)
    os.write(start, bytes(len(seeds)))
    sentences = [answer.recv() for answer in answers]
    for racer in racers:
        racer.join()
    os.close(waiting)
    os.close(start)
    return sentences


@pytest.mark.parametrize("there", [False, True], ids=["new place", "old bundle"])
def test_concurrent_writers_leave_a_whole_bundle(there: bool, swift: Path) -> None:
    place = swift / "net.snnb"
    for seed in range(WRITERS):
        made(seed)  # by this process, of which each writer is a copy
    if there:
        write(place, seed=9)
    lost = 0
    for _ in range(ROUNDS):
        sentences = race(place, range(WRITERS))
        winners = [seed for seed, sentence in enumerate(sentences) if not sentence]
        losers = [sentence for sentence in sentences if sentence]
        assert winners
        lost += len(losers)
        for sentence in losers:
            assert sentence.startswith(f"another snncc is writing {place}")
            assert "\n" not in sentence
        assert Bundle.open(place).report["seed"] in winners
        assert [path.name for path in swift.iterdir()] == ["net.snnb"]
    assert lost, "no two writers ever met"


def test_a_writer_holds_its_place_from_the_beginning(swift: Path) -> None:
    place = swift / "net.snnb"
    with writing(place):
        for _ in range(2):
            with pytest.raises(UsageError, match="another snncc is writing"):
                write(place, seed=1)
        with pytest.raises(UsageError, match="another snncc is writing"):
            write_file(place, b"")
        write(swift / "other.snnb", seed=1)
    assert not place.exists()
    write(place, seed=1)
    assert sorted(path.name for path in swift.iterdir()) == ["net.snnb", "other.snnb"]


def test_readers_see_one_bundle_or_the_other_while_it_is_replaced(swift: Path) -> None:
    place = swift / "net.snnb"
    write(place, seed=0)
    writer = FORK.Process(target=lambda: [write(place, seed % 2) for seed in range(40)])
    writer.start()
    opened = 0
    while writer.is_alive():
        bundle = Bundle.open(place)
        opened += 1
        try:
            assert bundle.report["seed"] in (0, 1)
        except UsageError as error:
            assert "was replaced by another bundle while it was read" in str(error)
    writer.join()
    assert writer.exitcode == 0
    assert opened
