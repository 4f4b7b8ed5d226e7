"""docs/misra.md lists the rules of MISRA C:2012 that emitted C breaks, where, and no other."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.ir import Network, Values
from snncc.ir.passes import calibrate
from tests.backends.c99.misra import (
    CONFIGURATIONS,
    VERSION,
    Finding,
    find_addon,
    find_broken_rules,
)
from tests.nets import HAND, hand, spikes_for
from tests.zoo_models import trained

BACKEND = C99Backend()
RECORD = Path(__file__).parents[3] / "docs" / "misra.md"
ROW = re.compile(r"^\| (\d+\.\d+) \| (\w+) \| (`[^|]+`) \| (.+) \|$", re.M)
# Networks whose C is short, so that the addon takes seconds; each variant of the kernels.
CHECKED = (
    ("egru-text", "plain"),
    ("l2mu-motions", "DSP extension"),
    ("ssm-digits", "two lanes in a register"),
    ("ssm-digits", "DSP extension"),
    ("attention", "plain"),
    ("convolutional", "DSP extension"),
)
MANDATORY = {
    *("9.1", "9.2", "12.5", "13.6", "17.3", "17.4", "17.6", "19.1", "21.13", "21.17", "21.18"),
    *("21.19", "21.20", "22.2", "22.4", "22.5", "22.6"),
}
CPPCHECK = pytest.mark.skipif(find_addon() is None, reason=f"cppcheck {VERSION} is not installed")


def recorded() -> set[Finding]:
    """Rule and file of each deviation in the record."""
    rows = ROW.findall(RECORD.read_text())
    return {(rule, file) for rule, _, files, _ in rows for file in re.findall("`([^`]+)`", files)}


def find_network(name: str) -> tuple[Network, Values | Mapping[str, Values]]:
    """A network by hand, or a model of the zoo, and a signal to fit it to."""
    if name in HAND:
        network = hand(name)
        return network, spikes_for(network)
    network, samples = trained(name)
    return network, samples.signal[:16]


def emitted(name: str) -> tuple[str, Mapping[str, bytes]]:
    """A network's name and C, without its observer, which is for tests alone."""
    network, signal = find_network(name)
    ranges = calibrate(network, signal)
    settings = Settings(rates=ranges.rates)
    for step in BACKEND.passes(network, settings, ranges):
        network = step(network)
    program = BACKEND.lower(network, settings)
    shipped = {
        path.name: content
        for path, content in BACKEND.emit(program).items()
        if path.suffix in (".c", ".h") and len(path.parts) == 1 and "_observe" not in path.stem
    }
    return program.name, shipped


def broken(name: str, configuration: str, at: Path) -> set[Finding]:
    """Rule and file of each finding in a network's C."""
    program, files = emitted(name)
    return find_broken_rules(program, files, configuration, at)


def test_the_record_orders_its_rules_and_none_is_mandatory() -> None:
    rows = ROW.findall(RECORD.read_text())
    rules = [rule for rule, _, _, _ in rows]
    assert rules
    assert rules == sorted(set(rules), key=lambda rule: tuple(map(int, rule.split("."))))
    assert {kind for _, kind, _, _ in rows} == {"required", "advisory"}
    assert not set(rules) & MANDATORY


@CPPCHECK
def test_a_model_breaks_no_other_rule_and_a_jump_backward_would_be_found(tmp_path: Path) -> None:
    program, files = emitted("l2mu-motions")
    jump = b"\nvoid again(void);\nvoid again(void) { back: goto back; }\n"
    changed = {**files, f"{program}.c": files[f"{program}.c"] + jump}
    found = find_broken_rules(program, changed, "DSP extension", tmp_path)
    assert found - recorded() == {("15.1", "NAME.c"), ("15.2", "NAME.c")}


@CPPCHECK
@pytest.mark.skipif(
    os.environ.get("SNNCC_TEST_MISRA") != "complete",
    reason="half a minute of cppcheck: make test-misra",
)
def test_the_record_lists_what_is_broken_where_and_no_more(tmp_path: Path) -> None:
    assert {configuration for _, configuration in CHECKED} == set(CONFIGURATIONS)
    found: set[Finding] = set()
    for name, configuration in CHECKED:
        folder = tmp_path / name / configuration
        folder.mkdir(parents=True)
        found |= broken(name, configuration, folder)
    assert found == recorded()
