"""How many random mutants of the compiler its tests kill; `make mutants`, with mutmut.

A mutant is one changed token of one function (`<` for `<=`, a constant, an argument left out). It
is killed where a test fails on it. Each area is sampled with a fixed seed and judged by the tests
that run the changed function, the fastest first, up to a time in all. Every mutant counts, those
of messages too; one that no test can kill counts as alive, and survivors.toml says why it lives.

Each verdict is written down as it falls, and a run that was interrupted goes on where it stopped.
After a commit, what lived without a reason and what is in a changed file is judged again; with a
new folder, all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from itertools import accumulate
from pathlib import Path

from .survivors import Survivor, listed

SAMPLED = {"snncc/ir": 300, "snncc/backends/c99": 200}
SEED = 0
TESTS = (
    *("tests/ir", "tests/errors", "tests/golden", "tests/laws", "tests/cost/test_counts.py"),
    *("tests/backends/c99", "tests/projects/test_projects.py"),
)
# Half of the time, and few kills that no other test makes: the same C again under each of a dozen
# compilers, trained networks on whole data sets, times and memory, and what random networks are of.
LEFT_OUT = (
    "--ignore=tests/backends/c99/test_compilers.py",
    "--ignore=tests/backends/c99/test_budgets.py",
    "--deselect=tests/backends/c99/test_source.py::test_no_compiler_has_a_word",
    "--ignore=tests/laws/test_growth.py",
    "--ignore=tests/laws/test_strategy.py",
)
OWN = {
    "snncc/ir": ("tests/ir", "tests/errors", "tests/golden", "tests/laws", "tests/cost"),
    "snncc/backends/c99": ("tests/backends/c99",),
}
STATS = "mutants/mutmut-stats.json"
ALL_STATS = "mutants/all-stats.json"  # while those of mutmut are cut to the fastest tests
JUDGED = "mutants/judged"  # the commit at which the last run came to its end
SURVIVED, UNCOVERED = (0,), (33, 5)  # exit codes of mutmut 3.8: survived; no test runs it


def main() -> int:
    """Samples, runs and prints a table; 1 where less than the share asked for was killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/mutants"))
    parser.add_argument("--share", type=float, default=0.92, help="least share to be killed")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1.0, help="part of each area's sample")
    parser.add_argument("--seconds", type=float, default=60, help="tests of one mutant, at most")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    folder: Path = asked.folder.resolve()
    _copy(folder)
    # mutmut makes the mutants before it looks for those that it is asked for.
    _mutmut(folder, asked.jobs, ["snncc.none.x_none__mutmut_0"])
    rng = random.Random(asked.seed)
    chosen = {
        area: sorted(rng.sample(names, min(len(names), round(count * asked.scale))))
        for area, count in SAMPLED.items()
        if (names := sorted(_results(folder, area)))
    }
    if chosen.keys() != SAMPLED.keys() or not (folder / STATS).exists():
        sys.exit("mutants: the tests do not pass without a mutant; run them: make test")
    _judge(folder, asked.jobs, chosen, asked.seconds)
    return _report(folder, chosen, asked.share, asked.json)


def _copy(folder: Path) -> None:
    """A clone of what is committed, with mutmut's settings.

    An older clone is brought to this commit. mutmut then makes the mutants of changed files anew,
    and which tests run which function is found anew where functions changed.
    """
    if not (folder / ".git").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _git(Path(), "clone", "-q", ".", str(folder))
    if (folder / ALL_STATS).exists():
        (folder / ALL_STATS).replace(folder / STATS)
    before, after = _head(folder), _head(Path())
    _git(folder, "fetch", "-q", str(Path().resolve()), "HEAD")
    changed = _git(folder, "diff", "--name-only", before, after).splitlines()
    for name in (*changed, *(f"{name}.meta" for name in changed)):
        (folder / "mutants" / name).unlink(missing_ok=True)
    if any(name.startswith("snncc/") for name in changed):
        (folder / STATS).unlink(missing_ok=True)
    _git(folder, "reset", "-q", "--hard", after)
    lines = ["[tool.mutmut]", 'source_paths = ["snncc"]', "track_dependencies = false"]
    # A mutant that never ends is ended after four times the CPU that its tests take.
    lines.append("timeout_multiplier = 2.0")
    lines.append(f"pytest_add_cli_args = {json.dumps(['-n0', *LEFT_OUT])}")
    lines.append(f"only_mutate = {json.dumps([f'{area}/*' for area in SAMPLED])}")
    lines.append(f"pytest_add_cli_args_test_selection = {json.dumps(TESTS)}")
    project = folder / "pyproject.toml"
    project.write_text(project.read_text() + "\n" + "\n".join(lines) + "\n")


def _git(folder: Path, *command: str) -> str:
    done = subprocess.run(
        ("git", *command), cwd=folder, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def _judge(folder: Path, jobs: int, chosen: Mapping[str, list[str]], seconds: float) -> None:
    """Runs the tests on those mutants that have no verdict yet, or lived without a reason before.

    The tests of the mutant's own area come first, as they say most of it.
    """
    stats, last = folder / STATS, folder / JUDGED
    todo = _list_open(folder, chosen, again=not last.exists() or last.read_text() != _head(folder))
    if not todo:
        return
    found = json.loads(stats.read_text())
    tests, times = found["tests_by_mangled_function_name"], found["duration_by_test"]
    for function in {re.sub(r"__mutmut_\d+$", "", name) for name in todo} & tests.keys():
        own = next(own for area, own in OWN.items() if function.startswith(area.replace("/", ".")))
        ordered = sorted(tests[function], key=lambda test: (not test.startswith(own), times[test]))
        ends = accumulate(map(times.__getitem__, ordered))
        kept = [test for test, end in zip(ordered, ends, strict=True) if end <= seconds]
        tests[function] = kept or ordered[:1]
    stats.replace(folder / ALL_STATS)
    stats.write_text(json.dumps(found))
    stopped = _mutmut(folder, jobs, todo)
    (folder / ALL_STATS).replace(stats)
    if stopped:
        sys.exit("mutants: mutmut stopped")
    last.write_text(_head(folder))


def _list_open(folder: Path, chosen: Mapping[str, list[str]], *, again: bool) -> list[str]:
    reasons, found = listed(), list[str]()
    for area, names in chosen.items():
        results = _results(folder, area)
        for name in names:
            lived = again and results[name] in (*SURVIVED, *UNCOVERED)
            if results[name] is None or (
                lived and Survivor.of(folder, name, uncovered=False).key not in reasons
            ):
                found.append(name)
    return found


def _head(folder: Path) -> str:
    return _git(folder, "rev-parse", "HEAD")


def _mutmut(folder: Path, jobs: int, names: Iterable[str]) -> int:
    """Runs mutmut where the clone's own modules are the first to be found."""
    command = (sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *names)
    # Without compiled tests each of the mutants would compile them anew.
    kept = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    }
    # Nor does it matter which example of a law is the smallest that fails.
    kept["PYTEST_ADDOPTS"] = "--hypothesis-profile=unshrunk"
    return subprocess.run(command, cwd=folder, env=kept, check=False).returncode


def _results(folder: Path, area: str) -> dict[str, int | None]:
    """Name of each mutant of an area → the exit code of its tests, None before they ran."""
    found: dict[str, int | None] = {}
    for meta in sorted((folder / "mutants" / area).rglob("*.meta")):
        found |= json.loads(meta.read_text())["exit_code_by_key"]
    return found


def _report(folder: Path, chosen: Mapping[str, list[str]], share: float, out: Path | None) -> int:
    rows: dict[str, dict[str, object]] = {}
    reasons, enough = listed(), True
    for area, names in chosen.items():
        results = _results(folder, area)
        alive = [
            Survivor.of(folder, name, uncovered=results[name] in UNCOVERED)
            for name in names
            if results[name] in (*SURVIVED, *UNCOVERED, None)
        ]
        killed = len(names) - len(alive)
        enough &= killed >= share * len(names)
        print(f"\n== {area}: {killed} of {len(names)} killed ({killed / len(names):.1%})")
        for each in alive:
            print(f"\n{each.shown}\n{reasons.get(each.key, 'UNEXPLAINED')}")
        unexplained = [each.shown for each in alive if each.key not in reasons]
        print(f"\n{len(alive)} alive, {len(unexplained)} without a reason in survivors.toml")
        shown = [each.shown for each in alive]
        rows[area] = {"mutants": len(names), "killed": killed, "alive": shown}
        rows[area]["unexplained"] = unexplained
    if out is not None:
        out.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    return int(not enough)


if __name__ == "__main__":
    sys.exit(main())
