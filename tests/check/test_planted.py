"""Six planted problems are named, each with its line and cure; following the cures, it builds."""

import re
from pathlib import Path

import pytest

from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.check import Finding, check_model
from snncc.ir import ImportRefused, run

PLANTED = Path(__file__).with_name("planted.py")
LINES = {  # operation → what stands on the line that is named
    "QIFNode": "self.first(8 * self.enter(x))",
    "gelu": "self.gate(first - 0.5)",
    "sin": "torch.sin(x)",
    "max_pool2d_with_indices": "self.pool(third[:, None])",
    "div": "share = fourth / (",
    "sort": "self.leave(share).sort(-1)",
}


def findings(model: str) -> tuple[Finding, ...]:
    (target,) = check_model(BuildRequest(model, "c99", options={"shape": "6"})).targets
    return target.nodes


def followed(source: str, found: Finding) -> str:
    """The source with a cure done as it is written."""
    number = int(re.findall(r"planted\.py:(\d+)", found.place)[0])
    lines = source.split("\n")
    quoted = re.findall(r"`([^`]+)`", found.cure)
    if instead := re.search(r"in place of module '\w+' \((\w+)\)", found.cure):
        return source.replace(f"nn.{instead[1]}()", quoted[0])
    if neuron := re.fullmatch(r"use (\w+)", found.cure):
        return source.replace(f"{found.op}()", f"{neuron[1]}()")
    if "in place of `" in found.cure:
        lines[number - 1] = lines[number - 1].replace(quoted[1], quoted[0])
    elif found.cure.startswith("multiply it by"):
        lines[number - 1] = lines[number - 1].replace(" / (", f" * {quoted[0]}(")
    elif found.cure.startswith("take it out"):
        lines[number - 1] = re.sub(rf"\.{found.op}\([^)]*\)", "", lines[number - 1])
    else:
        for argument in quoted:
            source = re.sub(rf"{argument.partition('=')[0]}=\w+", argument, source)
        return source
    return "\n".join(lines)


def test_all_six_are_named_with_line_and_cure() -> None:
    found = findings(f"{PLANTED}:Planted")
    assert [each.op for each in found] == list(LINES)
    lines = PLANTED.read_text().split("\n")
    for each in found:
        assert each.state == "refused" and each.why and each.cure
        (number,) = re.findall(r"planted\.py:(\d+)", each.place)
        assert LINES[each.op] in lines[int(number) - 1] and LINES[each.op] in each.place


def test_following_the_cures_literally_makes_it_build(tmp_path: Path) -> None:
    source = PLANTED.read_text()
    for each in findings(f"{PLANTED}:Planted"):
        source = followed(source, each)
    cured = tmp_path / "cured.py"
    cured.write_text(source)
    assert [each for each in findings(f"{cured}:Planted") if each.state == "refused"] == []
    options = {"shape": "6"}
    path = compile_model(
        BuildRequest(f"{cured}:Planted", "c99", options=options, output=tmp_path / "cured.snnb")
    )
    bundle = Bundle.open(path)
    signal, expected = bundle.check()
    assert run(bundle.network, signal, record="spikes").compare(expected)[0] == 0
    spikes = sum(int(expected[f"%{node.name}"].sum()) for node in bundle.network.firing)
    assert spikes > 0


def test_build_says_all_of_them(tmp_path: Path) -> None:
    request = BuildRequest(f"{PLANTED}:Planted", "c99", options={"shape": "6"})
    with pytest.raises(ImportRefused, match="6 things in the model are in the way") as refused:
        compile_model(request)
    assert len(refused.value.problems) == len(LINES)
    assert all(line in str(refused.value) for line in LINES.values())
