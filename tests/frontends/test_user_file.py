"""What a user's file imports from its own folder is read from its text, as the file itself is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snncc.frontends import allow_imports

MAIN = """
import sys
from pathlib import Path
from snncc.frontends import allow_imports
with allow_imports(Path(sys.argv[1])):
    from parts.number import VALUE
    import beside
print(VALUE, beside.VALUE)
"""


@pytest.mark.parametrize("written", [False, True], ids=["fresh", "compiled-before"])
def test_a_change_within_a_second_is_noticed(tmp_path: Path, written: bool) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").touch()
    files = [tmp_path / "beside.py", tmp_path / "parts" / "number.py"]
    said: list[str] = []
    for value in ("1", "2"):
        for file in files:
            file.write_text(f"VALUE = {value}\n")
            os.utime(file, (1_000_000_000, 1_000_000_000))
        if written and value == "1":
            code = "import beside, parts.number"
            environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
            subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
            assert (tmp_path / "__pycache__").is_dir()
        command = [sys.executable, "-c", MAIN, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        said += done.stdout.splitlines()
    assert said == ["1 1", "2 2"]
    assert written or not (tmp_path / "__pycache__").exists(), "nothing is left beside the file"


def test_nothing_stays_of_it(tmp_path: Path) -> None:
    before = [*sys.path], [*sys.path_hooks]
    with pytest.raises(ZeroDivisionError), allow_imports(tmp_path):
        assert sys.path[0] == str(tmp_path)
        raise ZeroDivisionError
    assert ([*sys.path], [*sys.path_hooks]) == before
    assert not [path for path in sys.path_importer_cache if Path(path).is_relative_to(tmp_path)]
