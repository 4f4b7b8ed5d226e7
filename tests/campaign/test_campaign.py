"""Some networks of each generator, on every target; `make networks` runs a thousand."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch

from snncc.ir import ImportRefused, LoweringRefused, PassError

from . import refusals
from .attempt import FAULTS, Record, campaign, outcome, preload
from .case import KINDS, of_ops
from .modules import BLOCKS, READOUTS, signal, written
from .plan import JOINS, LAYERS, plan
from .plan import READOUTS as ENDS
from .refusals import CLASSES, class_of
from .reproduction import reproduce
from .strict_c import Sanitized, Warned, Way, run_sanitized
from .targets import TARGETS

SAMPLE = {"ops": (2, 9, 14), "modules": (3, 6, 11)}
MORE = range(20, 40)
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a child is needed, by fork")


@needs_fork
def test_a_sample_is_equal_or_rightly_refused_on_every_target(tmp_path: Path) -> None:
    for library in ("snntorch", "spikingjelly", "norse", "sinabs"):
        pytest.importorskip(library)
    preload()
    asked = [(kind, number) for kind in KINDS for number in SAMPLE[kind]]
    records = list(chain.from_iterable(campaign(asked, tmp_path, 1)))
    missing = {"import", *TARGETS} - find_equal(records)
    for number in MORE if missing else ():  # which networks the numbers are is Hypothesis' to say
        asked.append(("ops", number))
        records += chain.from_iterable(campaign(asked[-1:], tmp_path, 1))
        if {"import", *TARGETS} <= find_equal(records):
            break
    assert [record for record in records if record.fault] == []
    assert len({(r.kind, r.number, r.stage) for r in records}) == len(asked) * (1 + len(TARGETS))
    assert find_equal(records) == {"import", *TARGETS}
    assert any(record.spikes > 0 for record in records)


def find_equal(records: Sequence[Record]) -> set[str]:
    """The stages in which some network was equal to its reference."""
    return {record.stage for record in records if record.result == "equal"}


def test_a_number_is_a_network() -> None:
    assert of_ops(5).told == of_ops(5).told != of_ops(6).told
    assert written(plan(5)) == written(plan(5)) != written(plan(6))
    assert (signal(plan(5), 0) == signal(plan(5), 0)).all()


def test_every_block_and_end_is_written() -> None:
    plans = [plan(number) for number in range(400)]
    assert {block.kind for each in plans for block in each.blocks} == set(BLOCKS)
    assert {*LAYERS, *JOINS, "neuron"} == set(BLOCKS)
    assert {each.readout.kind for each in plans} == set(READOUTS) == set(ENDS)
    text = "".join(map(written, plans))
    for library in ("snn.RLeaky", "neuron.KLIFNode", "nt.LIFRefracCell", "sl.LIFRecurrent"):
        assert library in text


@pytest.mark.parametrize("number", range(60))
def test_what_is_written_is_python_and_so_is_what_is_left_of_it(number: int) -> None:
    compile(written(plan(number)), "net.py", "exec")
    for smaller in plan(number).smaller():
        compile(written(smaller), "net.py", "exec")


@pytest.mark.parametrize("library", ["snn.", "neuron.", "nt.", "sl."])
def test_a_shaken_module_has_other_weights_and_thresholds(library: str) -> None:
    for name in ("snntorch", "spikingjelly", "norse", "sinabs"):
        pytest.importorskip(name)
    found = [each for each in map(plan, range(40)) if f" = {library}" in written(each)][:4]
    assert found
    for each in found:
        before, after = (constants(written(each, jitter)) for jitter in (False, True))
        assert before.keys() == after.keys()
        finite = {key for key, value in before.items() if 0 < value < math.inf}
        assert finite and all(after[key] != before[key] for key in finite)
        assert after == pytest.approx(before, rel=2e-6)


def constants(text: str) -> dict[str, float]:
    """The size of the weights of each layer and of each threshold of a module that is text."""
    scope: dict[str, Any] = {}
    exec(text, scope)
    found: dict[str, float] = {}
    for name, module in scope["build"]().named_modules():
        places = (module, getattr(module, "p", None))
        for key in ("weight", "threshold", "v_threshold", "spike_threshold", "v_th"):
            for place in places:
                value = getattr(place, key, None)
                if isinstance(value, float | torch.Tensor):
                    found[f"{name}.{key}"] = float(torch.as_tensor(value).detach().abs().sum())
    return found


def test_refusals_are_known_by_their_sentence_and_by_who_chose_the_formats() -> None:
    stated = LoweringRefused("C002 %n4: its values may reach 3,000,000,000, beyond 32 bits")
    assert class_of(stated, quantized=False) is None
    found = class_of(stated, quantized=True)
    assert found is not None and found.rule == "C002"
    assert class_of(PassError("quantize: something new"), quantized=True) is None
    part = class_of(
        ImportRefused("net.py:3: the network and the model first differ at tick 6"), False
    )
    assert part is not None and part.result == "mismatch"
    assert {each.result for each in CLASSES} == {"refused", "mismatch"}
    assert all(each.why for each in CLASSES)


def test_a_record_is_a_line() -> None:
    record = Record("ops", 0, "c99", "refused", rule="C002", told="a\nb\u2028", ways=("x",))
    assert "\n" not in record.line and json.loads(record.line)["number"] == 0
    assert Record.read(record.line) == record


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("int unused; unsigned char c = (unsigned char)argc; c = c + argc; return c;", Warned),
        ("int v = 0x7fffffff; v += argc; return v == 5;", Sanitized),
        ("return argc;", Sanitized),
    ],
)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_warnings_and_sanitizers_are_heard(
    compiler: str, body: str, failure: type[Exception], tmp_path: Path
) -> None:
    if compiler == "gcc" and shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    main = f"int main(int argc, char **argv)\n{{\n    (void)argv;\n    {body}\n}}\n"
    with pytest.raises(failure):
        run_sanitized({"main.c": main.encode()}, b"", Way(compiler, "c99", "0"), tmp_path)


def test_an_exception_that_is_no_refusal_is_a_fault() -> None:
    def fail() -> tuple[str, ...]:
        raise KeyError("nothing foreseen")

    result, _, told, _ = outcome(fail, False)
    assert result == "internal" and result in FAULTS
    assert "nothing foreseen" in told


def test_a_fault_is_kept_as_small_as_it_still_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a class less, a refusal is a fault: the smallest network is one that is so refused."""
    pytest.importorskip("snntorch")
    monkeypatch.setattr(refusals, "CLASSES", tuple(c for c in CLASSES if c.rule != "L002"))
    number = 58  # an Alpha of snnTorch among other layers
    found = reproduce(Record("modules", number, "lava", "unclassed"), tmp_path)
    assert found is not None
    assert {path.name for path in found.iterdir()} == {"net.py", "x.npz", "fault.json"}
    assert (found / "net.py").read_text().count("self.") < written(plan(number)).count("self.")
