"""How many random mutants of the compiler its tests kill; `make mutants`, with mutmut.

A mutant is one changed token of one function (`<` for `<=`, a constant, an argument left out). It
is killed where a test fails on it. Each area is sampled with a fixed seed and judged by the tests
that run the changed function.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

SAMPLED = {"snncc/ir": 300, "snncc/backends/c99": 200}
SEED = 0
TESTS = ("tests/ir", "tests/laws", "tests/backends/c99")
SURVIVED, UNCOVERED = (0,), (33, 5)  # exit codes of mutmut 3.8: survived; no test runs it


def main() -> int:
    """Samples, runs and prints a table; 1 where less than the share asked for was killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/mutants"))
    parser.add_argument("--share", type=float, default=0.92, help="least share to be killed")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1.0, help="part of each area's sample")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    _copy(asked.folder)
    mutmut = (sys.executable, "-m", "mutmut", "run", "--max-children", str(asked.jobs))
    # mutmut makes the mutants before it looks for those that it is asked for.
    subprocess.run((*mutmut, "snncc.none.x_none__mutmut_0"), cwd=asked.folder, check=False)
    rng = random.Random(asked.seed)
    chosen = {
        area: sorted(rng.sample(names, min(len(names), round(count * asked.scale))))
        for area, count in SAMPLED.items()
        if (names := sorted(_results(asked.folder, area)))
    }
    every = [name for names in chosen.values() for name in names]
    subprocess.run((*mutmut, *every), cwd=asked.folder, check=True)
    return _report(asked.folder, chosen, asked.share, asked.json)


def _copy(folder: Path) -> None:
    """A clone of what is committed, with mutmut's settings in its setup.cfg."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(("git", "clone", "-q", ".", str(folder)), check=True)
    lines = ["[tool.mutmut]", 'source_paths = ["snncc"]', 'pytest_add_cli_args = ["-n0"]']
    lines.append(f"only_mutate = {json.dumps([f'{area}/*' for area in SAMPLED])}")
    lines.append(f"pytest_add_cli_args_test_selection = {json.dumps(TESTS)}")
    project = folder / "pyproject.toml"
    project.write_text(project.read_text() + "\n" + "\n".join(lines) + "\n")


def _results(folder: Path, area: str) -> dict[str, int | None]:
    """Name of each mutant of an area → the exit code of its tests, None before they ran."""
    found: dict[str, int | None] = {}
    for meta in sorted((folder / "mutants" / area).rglob("*.meta")):
        found |= json.loads(meta.read_text())["exit_code_by_key"]
    return found


def _report(folder: Path, chosen: dict[str, list[str]], share: float, out: Path | None) -> int:
    rows: dict[str, dict[str, object]] = {}
    for area, names in chosen.items():
        results = _results(folder, area)
        alive = [name for name in names if results[name] in (*SURVIVED, *UNCOVERED, None)]
        killed = len(names) - len(alive)
        rows[area] = {"mutants": len(names), "killed": killed, "alive": alive}
        print(f"{area}: {killed} of {len(names)} killed ({killed / len(names):.1%})")
        for name in alive:
            shown = subprocess.run(
                (sys.executable, "-m", "mutmut", "show", name),
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            print(f"\n{name}\n{shown.stdout}")
    if out is not None:
        out.write_text(json.dumps(rows, indent=1) + "\n")
    killed = sum(int(str(row["killed"])) for row in rows.values())
    return int(killed < share * sum(int(str(row["mutants"])) for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
