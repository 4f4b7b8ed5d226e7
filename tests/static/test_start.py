"""`snncc --help` is quick and imports nothing that a machine may lack."""

import json
import resource
import subprocess
import sys

PROBE = """
import json, sys
from snncc.cli import main
try:
    main(["--help"])
except SystemExit as leaving:
    assert leaving.code == 0
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""
HEAVY = {"torch", "snntorch", "numpy", "networkx", "rich", "unicorn", "ziglang", "elftools", "h5py"}


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
    )
    assert "verify" in done.stdout
    assert {name.partition(".")[0] for name in json.loads(done.stderr)} & HEAVY == set()


def test_a_floor_is_loaded_without_what_few_of_its_functions_need() -> None:
    """Each command starts so much sooner."""
    said = "import json, sys, snncc.build; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(json.loads(done.stdout)) & {"torch", "networkx"} == set()


def test_help_starts_within_300_ms() -> None:
    """Of the processor's time: the time on the wall tells how busy this machine is."""
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "snncc", "--help"], capture_output=True, check=True, timeout=60
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert min(seconds) < 0.3
