"""A guide of docs/ as its reader follows it: files written, edits made, commands run; no tests.

A fenced block whose line before it ends with a path in backticks and a colon is that file, or, as
a `diff`, an edit of it. Each line of a `sh` block is a command; a `text` block behind it has lines
that the last command prints.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.commands import Commands, commands

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
PLACE = re.compile(r"`([^`\n]+)`:$")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the file that it is of, if any, and its text."""

    language: str
    place: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    for found in FENCE.finditer(page):
        before = page[: found.start()].rstrip().rpartition("\n")[2]
        place = PLACE.search(before)
        yield Block(found[1], place[1] if place else "", found[2])


class Reader:
    """Follows a guide in a folder; where the guide edits snncc, in a copy of it there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.printed = folder, ""
        self._loaded: Sequence[str] = ()
        self._commands: Commands | None = None
        self._server = ExitStack()

    def follow(self, page: str) -> int:
        """Does what the page says, in its order; the number of commands."""
        with self._server:
            return self._follow(page)

    def _follow(self, page: str) -> int:
        found = list(blocks(page))
        self._loaded = ("torch",) if "torch" in page else ()
        if any(block.place.startswith("snncc/") for block in found):
            shutil.copytree(ROOT / "snncc", self.folder / "snncc")
        for block in found:
            match block.language:
                case "sh":
                    for line in block.text.splitlines():
                        self._run(line)
                case "text" if not block.place:
                    lacking = [n for n in block.text.splitlines() if n not in self.printed]
                    assert lacking == [], self.printed
                case "diff":
                    self._edit(block)
                case _:
                    assert block.place, f"whose file is this?\n{block.text}"
                    place = self.folder / block.place
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_text(block.text)
                    self._forget()
        return sum(block.text.count("\n") for block in found if block.language == "sh")

    def _edit(self, block: Block) -> None:
        lines = block.text.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        place = self.folder / block.place
        text = place.read_text()
        assert text.count(old) == 1, f"{block.place} does not hold, once:\n{old}"
        place.write_text(text.replace(old, new))
        self._forget()

    def _forget(self) -> None:
        """Ends what has loaded modules as they were before a change."""
        self._server.close()
        self._commands = None

    def _run(self, line: str) -> None:
        program, *words = line.split()
        if line == "pip install -e .":
            self._install()
            return
        path = os.pathsep.join((str(self.folder), str(ROOT)))
        environment = {**os.environ, "PYTHONPATH": path}
        if program == "python":
            given = {"cwd": self.folder, "env": environment, "timeout": 300}
            ran = subprocess.run([sys.executable, *words], capture_output=True, text=True, **given)
            assert ran.returncode == 0, f"{line}\n{ran.stdout}\n{ran.stderr}"
            self.printed = ran.stdout + ran.stderr
            return
        assert program == "snncc", line
        if self._commands is None:
            ready = commands(environment, self._loaded)
            self._commands = self._server.enter_context(ready)
        done = self._commands(*words, folder=self.folder)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        self.printed = done.stdout + done.stderr

    def _install(self) -> None:
        """What an installer leaves of a project in this folder, which is on the path already."""
        project = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
        name, version = project["name"], project["version"]
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        groups = (
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
            for group, entries in project["entry-points"].items()
        )
        (info / "entry_points.txt").write_text("\n".join(groups))
