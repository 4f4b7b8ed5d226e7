"""Each .snn text here breaks one rule; beside it is the message, word for word."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snncc.ir import RULES, CompileError, Tensor, parse, run, verify

CASES = sorted(Path(__file__).parent.glob("*.snn"))
TENSOR = re.compile(r"// @(\S+) (\w+)\[([\d, ]*)\](?: (\S+))?")


def message(path: Path) -> str:
    """What the first line says to run fails with: type, exit code, sentence.

    `// parse` reads the text, `// verify` also checks the rules, `// run` also computes a
    tick, in which each input is two thousand million. Further comment lines declare
    tensors, `// @name dtype[shape]`, full of ones, or of the number that follows.
    """
    text = path.read_text()
    command, *rest = text.splitlines()
    tensors = {}
    for found in filter(None, map(TENSOR.match, rest)):
        shape = tuple(int(n) for n in found[3].split(",") if n.strip())
        tensors[found[1]] = Tensor(np.full(shape, float(found[4] or 1), dtype=found[2]))
    with pytest.raises(CompileError) as failed:
        network = parse(text, tensors)
        assert command in ("// verify", "// run"), f"{path.name} parses"
        verify(network)
        assert command == "// run", f"{path.name} keeps all rules"
        run(
            network, {n.name: np.full((1, 1, *network.shapes[n.name]), 2e9) for n in network.inputs}
        )
        pytest.fail(f"{path.name} is a good network")
    return f"{type(failed.value).__name__}, exit code {failed.value.exit_code}\n{failed.value}\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_message_is_the_one_agreed(path: Path, golden: Callable[[Path, str], None]) -> None:
    found = message(path)
    golden(path.with_suffix(".expect"), found)
    if path.stem.startswith("V"):
        assert found.split("\n")[1].startswith(path.stem[:4])
    else:
        assert re.match(r"line \d+, column \d+: ", found.split("\n")[1])


def test_every_rule_has_a_case() -> None:
    assert {path.stem[:4] for path in CASES if path.stem.startswith("V")} == set(RULES)


def test_every_expectation_has_a_case() -> None:
    assert {p.with_suffix(".snn") for p in Path(__file__).parent.glob("*.expect")} == set(CASES)
