"""`snncc` in a process of its own, but for the seconds in which each of these loads its modules.

A server has loaded them and forks for each call, which has folder, streams, memory and exit code of
its own, as a call that a user types.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SERVER = """
import atexit, importlib, json, os, pkgutil, sys, threading
import snncc.cli
from snncc.cli import main

all_commands = (f"snncc.cli.{each.name}" for each in pkgutil.iter_modules(snncc.cli.__path__))
for name in (*all_commands, *sys.argv[1:]):
    importlib.import_module(name)
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        break
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
else:
    os._exit(0)
os.chdir(asked["folder"])
sys.path.insert(0, asked["folder"])  # as `python -m` does
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
for stream in (1, 2):
    os.dup2(os.open(asked["streams"][stream - 1], os.O_WRONLY), stream)
sys.argv = ["snncc", *asked["words"]]
code = 0
try:
    main(asked["words"])
except SystemExit as leaving:
    if not isinstance(leaving.code, (int, type(None))):
        raise
    code = leaving.code or 0
# All that ends with a process, but for the freeing of its memory, which takes half a second.
threading._shutdown()
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""
LOADED = (
    "snncc.build",
    "snncc.check",
    "snncc.importing",
    "snncc.backends.c99",
    "snncc.report.html",
)
SECONDS = 300


class Commands:
    """Calls of the command line that share what Python has loaded, and nothing else.

    Args:
        server: with `SERVER` as its program.
    """

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server
        self._read()

    def __call__(self, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """`snncc WORDS` in a folder; what it left, as `subprocess.run` gives it."""
        assert self._server.stdin is not None
        with tempfile.TemporaryDirectory(prefix="snncc-test-") as name:
            streams = [Path(name, stream) for stream in ("out", "err")]
            for stream in streams:
                stream.touch()
            asked = {"words": words, "folder": str(folder), "streams": [*map(str, streams)]}
            self._server.stdin.write(json.dumps(asked) + "\n")
            self._server.stdin.flush()
            code = int(self._read())
            return subprocess.CompletedProcess(words, code, *(s.read_text() for s in streams))

    def _read(self) -> str:
        assert self._server.stdout is not None
        if not select.select([self._server.stdout], [], [], SECONDS)[0]:
            raise TimeoutError(f"a command did not end within {SECONDS} s")
        line = self._server.stdout.readline()
        assert line, "the server of commands has ended"
        return line.strip()


@contextmanager
def commands(
    environment: Mapping[str, str] = os.environ, more: Sequence[str] = ()
) -> Iterator[Commands]:
    """A server of commands, which ends with the block.

    Args:
        environment: of all commands.
        more: modules that are loaded beside those that all need.
    """
    program = [sys.executable, "-P", "-c", SERVER, *LOADED, *more]
    with subprocess.Popen(
        program, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            yield Commands(server)
        finally:
            server.kill()
