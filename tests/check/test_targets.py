"""What check says of a network on each target is what a build does; bounds hold; all is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Backend, Settings, pack
from snncc.backends.c99 import rules as c99
from snncc.backends.lava import rules as lava
from snncc.backends.spinnaker2 import rules as spinnaker2
from snncc.backends.tflm import rules as tflm
from snncc.build.refusals import Attempt, probe
from snncc.bundle import BuildRequest
from snncc.check import check_model
from snncc.check.rounding import roundings
from snncc.cli import main
from snncc.ir import CompileError, Network, Node, Problem, Use, arithmetics, show, values_of
from snncc.ir.ops import Norm, Weighted
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, spikes_for

TARGETS = ("c99", "lava", "spinnaker2", "tflm")
Saved = Callable[[Network], str]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """A network as a .snn file; gives what a user would type."""

    def save(network: Network) -> str:
        (tmp_path / "net.snn").write_text(show(network))
        with (tmp_path / "net.npz").open("wb") as file:
            pack(network.tensors, file)
        return str(tmp_path / "net.snn")

    return save


def attempt(network: Network, target: str) -> Attempt:
    ranges = calibrate(network, spikes_for(network, 0, samples=2, ticks=8))
    request = BuildRequest("net.snn", target)
    chosen: Backend[object] = backend(target)
    return Attempt(request, chosen, Settings(rates=ranges.rates), ranges)


def with_norms(network: Network, *names: str) -> Network:
    """The network with a norm behind some of its currents."""
    for name in names:
        user = network.users(name)[0]
        norm = Node(f"{name}_norm", Norm(epsilon=1e-5), (Use(name),))
        uses = tuple(replace(u, source=norm.name) if u.source == name else u for u in user.inputs)
        network = network.edit([norm, replace(user, inputs=uses)])
    return network


CURES = {
    "c99": (c99.RULES, c99.CURES),
    "lava": (lava.RULES, lava.CURES),
    "spinnaker2": (spinnaker2.RULES, spinnaker2.CURES),
    "tflm": (tflm.RULES, tflm.CURES),
}


@pytest.mark.parametrize("target", TARGETS)
def test_every_rule_of_a_target_has_a_cure(target: str) -> None:
    rules, cures = CURES[target]
    assert cures.keys() == rules.keys() and all(cures.values())


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", HAND)
def test_what_is_found_is_what_a_build_does(name: str, target: str) -> None:
    network = hand(name)
    tried = attempt(network, target)
    probed = probe(network, tried)
    try:
        tried(network)
    except CompileError as refusal:
        assert probed.problems[0].found == refusal.problems[0].found
        assert all(p.node in network and p.rule and p.cure for p in probed.problems)
    else:
        assert not probed.problems and probed.result is not None


def test_nodes_behind_and_before_a_refused_one_are_looked_at() -> None:
    network = with_norms(hand("feedforward"), "c1", "c2")
    problems = probe(network, attempt(network, "lava")).problems
    assert [problem.node for problem in problems] == ["c1_norm", "c2_norm"]
    assert {problem.rule for problem in problems} == {"L003"}


def test_build_says_all_that_a_target_refuses(
    saved: Saved, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = saved(with_norms(hand("feedforward"), "c1", "c2"))
    data = tmp_path / "data.npz"
    signal = spikes_for(hand("feedforward"), 0, samples=2, ticks=8)
    np.savez(data, x=next(iter(signal.values())))
    with pytest.raises(SystemExit) as leaving:
        main(["build", model, "--target", "lava", "--data", str(data)])
    assert leaving.value.code == 1
    said = capsys.readouterr().err
    assert "2 things in the model are in the way" in said
    assert "%c1_norm" in said and "%c2_norm" in said and "--target c99" in said


def test_a_bound_is_what_weights_are_apart() -> None:
    network = hand("convolutional")
    ranges = calibrate(network, spikes_for(network, 0, samples=2, ticks=8))
    after = Quantize(ranges=ranges)(network)
    found = roundings(after)
    weighted = [n for n in after if isinstance(n.op, Weighted)]
    assert weighted
    for node in weighted:
        assert isinstance(node.op, Weighted)
        a = arithmetics(after)[node.name][0]
        step = float(np.max(a.unit_of("weight") / np.min(a.input_unit())))
        bound = found[node.name].bounds["weights"]
        assert 0 < bound <= step / 2
        assert float(np.max(np.abs(values_of(node.op.weight, after.tensors)))) > bound


def test_the_table_and_the_json_say_the_same(
    saved: Saved, capsys: pytest.CaptureFixture[str]
) -> None:
    model = saved(hand("attention"))
    codes, texts = [], []
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as leaving:
            main(["check", model, *more])
        codes.append(leaving.value.code)
        texts.append(capsys.readouterr().out)
    found = json.loads(texts[1])
    assert list(found["targets"]) == list(TARGETS)
    assert codes == [int(not all(each["fits"] for each in found["targets"].values()))] * 2
    for target in found["targets"].values():
        named = [node["node"] for node in target["nodes"]]
        assert {f"%{node.name}" for node in hand("attention")} <= set(named)
        for node in target["nodes"]:
            assert node["state"] in ("fine", "approximated", "refused")
            assert node["state"] != "approximated" or node["bounds"]
            assert node["node"] in texts[0] and node["state"] in texts[0]


def test_a_change_of_the_call_is_tried_and_what_it_costs_is_measured(
    saved: Saved, tmp_path: Path
) -> None:
    network = hand("attention")
    (signal,) = spikes_for(network, 0, samples=4, ticks=8).values()
    data = tmp_path / "data.npz"
    np.savez(data, x=signal)
    options = {"kernel": "stock"}
    request = BuildRequest(saved(network), "spinnaker2", data=data, options=options)
    (target,) = check_model(request).targets
    costs = {each.cost for each in target.nodes if "kernel=stock" in each.cure}
    assert costs and all("no --option kernel" in cost for cost in costs)
    assert all("of the answers are the same" in cost and "4 samples" in cost for cost in costs)


def test_a_sentence_becomes_a_problem_and_the_same_sentence_again() -> None:
    for sentence in (
        "S010 %lif1: its synapses need 9 bytes; reduce its inputs",
        "S011: the network needs 9 cores; allow 2",
        "the model returns no tensor",
    ):
        assert str(Problem.parse(sentence)) == sentence
    parsed = Problem.parse("L011 %n: too many; allow more with --option chips=N")
    assert (parsed.rule, parsed.node, parsed.found) == ("L011", "n", "too many")
    assert parsed.cure == "allow more with --option chips=N"


def test_an_unknown_target_is_a_wrong_call(saved: Saved) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["check", saved(hand("feedforward")), "--target", "c98"])
    assert leaving.value.code == 2
