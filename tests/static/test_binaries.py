"""Files that nobody can read are those that were put there, and say where they are from."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("binaries.sha256")
CHECKPOINTS, CORPUS = "snncc/zoo/checkpoints/", "tests/fuzz/corpus/"
PARTS = "snncc", "tests", "docs", "benchmarks"
FOUND = [
    file
    for part in PARTS
    for file in sorted((ROOT / part).rglob("*"))
    if file.is_file() and "__pycache__" not in file.parts
]


def is_binary(content: bytes) -> bool:
    try:
        return "\0" in content.decode("utf-8")
    except UnicodeDecodeError:
        return True


def listed() -> dict[str, str]:
    """File → digest, as `sha256sum` lists them."""
    rows = (line.split("  ", 1) for line in LIST.read_text().splitlines())
    return {name: digest for digest, name in rows}


def test_every_binary_file_is_the_one_that_is_listed() -> None:
    contents = {str(f.relative_to(ROOT)): f.read_bytes() for f in FOUND}
    found = {name: sha256(c).hexdigest() for name, c in contents.items() if is_binary(c)}
    assert found == listed(), f"after a look at what changed: sha256sum FILES > {LIST.name}"


def test_binary_files_are_checkpoints_and_the_corpus_of_damaged_files() -> None:
    for name in listed():
        assert name.startswith((CHECKPOINTS, CORPUS)), name


def test_every_checkpoint_says_what_it_was_trained_with() -> None:
    for name in listed():
        if name.startswith(CHECKPOINTS):
            card = json.loads((ROOT / name).with_suffix(".json").read_text())
            assert card["recipe"]["seed"] is not None, name
            assert {"torch", "snntorch"} <= card["made_with"].keys(), name
            assert card["data"]["source"], name


def test_the_corpus_is_what_its_script_makes() -> None:
    corpus = pytest.importorskip("tests.fuzz.corpus", reason="the corpus is made with PyTorch")
    made = corpus.foreign()
    assert {name.removeprefix(CORPUS) for name in listed() if name.startswith(CORPUS)} <= {*made}
    # What other libraries write anew holds times, or is another's choice of bytes.
    for name in SAME_BYTES:
        assert made[name] == (ROOT / CORPUS / name).read_bytes(), name


SAME_BYTES = (
    "plain.safetensors",
    "half.safetensors",
    "stored_data.npz",
    "packed_data.npz",
    "cell.onnx",
    "scan.onnx",
)
