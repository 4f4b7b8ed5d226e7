"""One place writes what a user names: `snncc/files`. Read from the calls in the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .sources import parse_file

PACKAGE = Path(__file__).parents[2] / "snncc"
CALLS = {
    *("write_text", "write_bytes", "mkdir", "makedirs", "unlink", "remove", "rmdir", "touch"),
    *("rename", "renames", "rmtree", "copy", "copyfile", "copytree", "move", "symlink_to"),
    *("hardlink_to", "savez", "savez_compressed", "save_file", "tofile", "memmap"),
}
MODULES = {"os", "shutil", "np", "numpy"}
METHODS = CALLS - {"remove", "copy", "move"}  # which lists, tables and arrays have as well

# Module → what it may write by itself, as no user has named it.
OWN = {
    "files": "is the place",
    "bundle/write.py": "the folder that `snncc.files` makes for a bundle",
    "backends/npz.py": "into a stream that it is given",
    "zoo/data/samples.py": "into memory",
    "bundle/origin.py": "what was built here, in the user's folder for states",
    "backends/runtimes.py": "the environment that `snncc.files` keeps a place for",
    "backends/lava/runtime.py": "a temporary folder",
    "backends/spinnaker2/device.py": "a temporary folder",
    "backends/tflm/run": "a temporary folder",
    "boards/toolchain.py": "a temporary folder, and the cache",
    "boards/compiled_files.py": "the cache, and removes there what is of its own names",
    "boards/espressif.py": "a temporary folder",
    "boards/qemu.py": "a temporary folder",
    "boards/uf2.py": "the drive of a board",
    "data_files/recorded.py": "a file without a name, for what is larger than memory",
    "data_files/hdf5_members.py": "nothing: it maps a file to read it",
}


def writes(path: Path) -> Iterator[str]:
    """Each call in a file by which a file or a folder is made, moved or removed."""
    for node in ast.walk(parse_file(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name, owner = node.func.attr, node.func.value
        module = isinstance(owner, ast.Name) and owner.id in MODULES
        modes = [a.value for a in node.args if isinstance(a, ast.Constant)]
        opening = name == "open" and any(isinstance(m, str) and set(m) & set("wax+") for m in modes)
        if (module and name in CALLS) or (not module and name in METHODS) or opening:
            yield f"{path.relative_to(PACKAGE)}:{node.lineno} {name}"


def own(path: Path) -> str | None:
    inside = path.relative_to(PACKAGE)
    return next((p for p in OWN if inside.is_relative_to(p)), None)


def test_only_one_place_writes_what_a_user_names() -> None:
    found = {path: list(writes(path)) for path in sorted(PACKAGE.rglob("*.py"))}
    strange = [each for path, calls in found.items() if not own(path) for each in calls]
    assert not strange, "use snncc.files, which replaces nothing that snncc did not write"
    for place in OWN:
        assert any(calls for path, calls in found.items() if own(path) == place), f"{place}: none"


@pytest.mark.parametrize(
    "text", ["p.write_text('')", "shutil.rmtree(p)", "p.open('wb')", "np.savez(p)", "os.remove(p)"]
)
def test_writing_is_seen(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    (tmp_path / "module.py").write_text(text)
    assert len(list(writes(tmp_path / "module.py"))) == 1
