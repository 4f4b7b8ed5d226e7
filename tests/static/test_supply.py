"""What is installed is pinned: by version and hash where an index has it, else by a revision."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from snncc.backends.lava.runtime import runtime as lava
from snncc.backends.spinnaker2.device import runtime as spinnaker2

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"([\w.-]+)==(\S+)")


def pins(text: str) -> dict[str, str]:
    """Package → version, of a file of requirements."""
    found = (PIN.match(line) for line in text.splitlines())
    return {re.sub("[-_.]+", "-", match[1].lower()): match[2] for match in found if match}


def entries(text: str) -> list[str]:
    """The requirements of a file, each in one line with its hashes."""
    joined = text.replace("\\\n", "")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


HASHED = {
    "requirements.lock": (ROOT / "requirements.lock").read_text(),
    "what Lava runs on": lava().requirements,
    "Lava": lava().kit,
    **{file.name: file.read_text() for file in (ROOT / "tests/frontends/older").glob("*.lock")},
}
CONSTRAINTS = (ROOT / "constraints.txt").read_text()
GPU = "# Required by PyTorch's GPU build alone"
"""Begins what only that build needs; an index may have another build."""


@pytest.mark.parametrize("text", HASHED.values(), ids=HASHED)
def test_every_package_of_an_index_has_its_hashes(text: str) -> None:
    listed = entries(text)
    assert listed
    for line in listed:
        assert PIN.match(line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_the_lock_has_what_the_constraints_have_and_no_other_version() -> None:
    wanted, locked = pins(CONSTRAINTS.partition(GPU)[0]), pins(HASHED["requirements.lock"])
    assert [n for n, version in wanted.items() if locked.get(n, version) != version] == [], LOCK
    assert wanted.keys() - locked.keys() == {"torch"}, LOCK
    alone = re.search(r"^ALONE = (.*)$", MAKEFILE, re.MULTILINE)
    assert alone
    assert locked.keys() - wanted.keys() == pins("\n".join(alone[1].split())).keys(), LOCK
    assert pins("\n".join(alone[1].split())).items() <= locked.items(), LOCK


LOCK = "run: make lock"
MAKEFILE = (ROOT / "Makefile").read_text()


def test_make_installs_nothing_by_a_name_alone() -> None:
    """Each package has hashes, or an exact version; what snncc itself needs, the constraints."""
    installs = [line.strip() for line in MAKEFILE.splitlines() if re.search(r"\binstall\b", line)]
    packages = [line for line in installs if "PIP)" in line or "-m pip" in line]
    assert len(packages) >= 7
    for line in packages:
        hashed = "--require-hashes" in line
        assert hashed or "-c constraints.txt" in line or "$(AUDIT)" in line, line
    assert re.search(r"^AUDIT = [\w-]+==[\d.]+$", MAKEFILE, re.MULTILINE)


def test_exact_versions_of_the_package_are_those_of_the_constraints() -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*stated["dependencies"], *chain(*stated["optional-dependencies"].values())]
    wanted, exact = pins(CONSTRAINTS), pins("\n".join(each.split(";")[0] for each in every))
    assert len(exact) > 10
    assert exact.items() <= wanted.items()
    names = {re.sub("[-_.]+", "-", re.split(r"[\s\[<>=!;~]", each)[0].lower()) for each in every}
    assert names <= wanted.keys(), "add it to constraints.txt, and run: make lock"


def test_what_is_on_no_index_has_a_revision() -> None:
    kit = spinnaker2().kit.strip()
    assert re.fullmatch(r"git\+https://\S+\.git@[\w.]+", kit)
