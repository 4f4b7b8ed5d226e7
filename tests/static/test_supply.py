"""What is installed is pinned: by version and hash where an index has it, else by a revision."""

import re
from pathlib import Path

import pytest

from snncc.backends.lava.runtime import runtime as lava
from snncc.backends.spinnaker2.device import runtime as spinnaker2

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"([\w.-]+)==(\S+)")


def pins(text: str) -> dict[str, str]:
    """Package → version, of a file of requirements."""
    found = (PIN.match(line) for line in text.splitlines())
    return {match[1].lower().replace("_", "-"): match[2] for match in found if match}


def entries(text: str) -> list[str]:
    """The requirements of a file, each in one line with its hashes."""
    joined = text.replace("\\\n", "")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


HASHED = {
    "requirements.lock": (ROOT / "requirements.lock").read_text(),
    "what Lava runs on": lava().requirements,
    "Lava": lava().kit,
}


@pytest.mark.parametrize("text", HASHED.values(), ids=HASHED)
def test_every_package_of_an_index_has_its_hashes(text: str) -> None:
    listed = entries(text)
    assert listed
    for line in listed:
        assert PIN.match(line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_the_lock_has_the_versions_of_the_constraints() -> None:
    wanted = pins((ROOT / "constraints.txt").read_text())
    locked = pins(HASHED["requirements.lock"])
    shared = wanted.keys() & locked.keys()
    assert len(shared) > 90
    assert [name for name in shared if wanted[name] != locked[name]] == [], "run: make lock"


def test_what_is_on_no_index_has_a_revision() -> None:
    kit = spinnaker2().kit.strip()
    assert re.fullmatch(r"git\+https://\S+\.git@[\w.]+", kit)
