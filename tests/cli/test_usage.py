"""Help, wrong calls and the listing commands, each in a process of its own."""

import json
from pathlib import Path

import numpy as np
import pytest

from snncc.cli.display import show_table
from snncc.cli.root import COMMANDS
from snncc.ir import UsageError
from snncc.zoo import dataset, list_published, names

from .conftest import Snncc


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(snncc: Snncc, name: str) -> None:
    done = snncc(name, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: snncc {name}")


WRONG = {
    "unknown command": (["bild"], "unknown command 'bild'; did you mean 'build'?"),
    "unknown option": (["targets", "--jsn"], "No such option '--jsn'. Did you mean '--json'?"),
    "unknown zoo model": (["zoo", "show", "l2mu-motion"], "did you mean 'l2mu-motions'?"),
    "unknown part of the zoo": (["zoo", "lst"], "Did you mean 'list'?"),
    "absent file": (["zoo", "data", "l2mu-braille", "--data", "a.npz", "-o", "b.npz"], "a.npz"),
}


@pytest.mark.parametrize(("arguments", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_is_one_sentence_and_exit_code_2(
    snncc: Snncc, arguments: list[str], sentence: str
) -> None:
    done = snncc(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


def test_debug_may_stand_before_or_after_the_command(snncc: Snncc) -> None:
    for arguments in (["--debug", "zoo", "show", "none"], ["zoo", "show", "none", "--debug"]):
        done = snncc(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("Traceback")


def test_no_argument_shows_the_commands(snncc: Snncc) -> None:
    done = snncc()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: snncc")
    assert all(f"\n  {name} " in done.stderr for name in COMMANDS)


def test_targets_and_boards_list_what_is_there(snncc: Snncc) -> None:
    targets = {each["name"]: each for each in json.loads(snncc("targets", "--json").stdout)}
    assert targets["c99"]["ready"]
    boards = {each["name"]: each for each in json.loads(snncc("boards", "--json").stdout)}
    assert boards["cortex-m4-emulated"]["flash_bytes"] > 0
    assert "cortex-m4-emulated" in snncc("boards").stdout
    assert "c99" in snncc("targets").stdout


def test_doctor_says_what_is_missing_and_how_to_add_it(snncc: Snncc) -> None:
    found = json.loads(snncc("doctor", "--json").stdout)
    kinds = {each["kind"] for each in found["checks"]}
    assert kinds == {"target", "frontend", "board", "extra", "data"}
    assert all(each["ready"] == (each["missing"] is None) for each in found["checks"])
    shown = snncc("doctor").stdout
    assert all(each["name"] in shown for each in found["checks"])


def test_a_table_shows_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("extras", ("add it with",), [("pip install 'snncc[torch]'",)])
    assert "pip install 'snncc[torch]'" in capsys.readouterr().out


def test_zoo_list_has_the_documented_fields(snncc: Snncc) -> None:
    entries = json.loads(snncc("zoo", "list", "--json").stdout)
    assert entries
    fields = {"name", "family", "task", "parameters", "accuracy", "ticks", "trained"}
    assert all(set(entry) == fields for entry in entries)
    shown = snncc("zoo", "list").stdout
    assert all(entry["name"] in shown for entry in entries)


def test_zoo_list_shows_published_sizes_when_asked(snncc: Snncc) -> None:
    shown = {entry["name"] for entry in json.loads(snncc("zoo", "list", "--json").stdout)}
    assert shown == set(names())
    found = json.loads(snncc("zoo", "list", "--all", "--json").stdout)
    assert {entry["name"] for entry in found} == {*names(), *list_published()}
    assert {e["name"] for e in found if e["accuracy"] is None} == set(list_published())
    assert json.loads(snncc("zoo", "show", "sdt2-15m").stdout)["published_millions"] == "15.1"


def test_zoo_data_and_show_give_what_they_say(snncc: Snncc, tmp_path: Path) -> None:
    try:
        dataset("motions").split(None)
    except UsageError as absent:
        pytest.skip(str(absent))
    card = json.loads(snncc("zoo", "show", "l2mu-motions").stdout)
    assert snncc("zoo", "data", "l2mu-motions", "-o", "test.npz").stdout == "test.npz\n"
    with np.load(tmp_path / "test.npz") as written:
        samples, ticks, _ = written["x"].shape
        assert (samples, ticks) == (card["samples"]["test"], card["ticks"])
        assert written["y"].shape == (samples,)
