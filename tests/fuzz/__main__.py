"""Damages files by the thousand and shows them to every reader: `make fuzz`."""

from __future__ import annotations

import argparse
import collections
import json
import sys
import tempfile
import warnings
from pathlib import Path

from .conversations import talk
from .devices import attach, mount
from .files import damaged, demand_whole, load, prepare, tried, whole_files

CONVERSATIONS_A_CHIP = 10  # one with a chip takes seconds: esptool waits


def main() -> int:
    """Tries the files and the conversations, says what failed, and counts what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000, help="how many are damaged")
    parser.add_argument(
        "--conversations", type=int, default=500, help="with a debug server; as many drives"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first; the others follow")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="the files at fault")
    told = parser.parse_args()
    warnings.simplefilter("ignore")  # of zipfile, where a name is there twice
    counts: collections.Counter[str] = collections.Counter()
    faults: collections.Counter[str] = collections.Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        whole = whole_files()
        prepare(folder, whole)
        load(folder, whole)
        demand_whole(folder, whole)
        for seed in range(told.seed, told.seed + told.files):
            name, content = damaged(seed, whole)
            outcome = tried(name, content, folder, whole)
            counts[f"{Path(name).suffix} exit {outcome.code}"] += 1
            slowest = max(slowest, outcome.seconds)
            if outcome.fault:
                keep(told.keep, seed, name, content)
                faults[outcome.fault.partition(" ")[0]] += 1
                last = (outcome.told.strip().splitlines() or [""])[-1][:300]
                _say(f"{seed} {name} {outcome.fault} {outcome.seconds:.1f} s: {last}")
    for seed in range(told.seed, told.seed + told.conversations):
        counts["conversation ended by " + ("a sentence" if talk(seed) else "its end")] += 1
        with tempfile.TemporaryDirectory() as drive:
            counts[
                "drive ended by " + ("a sentence" if mount(seed, Path(drive)) else "its end")
            ] += 1
    for seed in range(told.seed, told.seed + told.conversations // CONVERSATIONS_A_CHIP):
        counts["chip ended by " + ("a sentence" if attach(seed) else "its end")] += 1
    figures = {"counts": dict(sorted(counts.items())), "faults": dict(faults)}
    _say(json.dumps({**figures, "slowest_seconds": round(slowest, 2)}, indent=1))
    return bool(faults)


def keep(place: Path, seed: int, name: str, content: bytes) -> None:
    """Stores a file at fault under the number that it has."""
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{seed}-{name}").write_bytes(content)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
