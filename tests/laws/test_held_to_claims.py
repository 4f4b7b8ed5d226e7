"""Every build holds every pass to its claim: one that lies is refused, with its name and a node."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from snncc.build.claims import PRODUCTS, Claims, random_signal, take_affordable
from snncc.build.run_passes import run_pipeline
from snncc.ir import Network, PassError, Trace, UndeclaredFact, parse, run, tensors
from snncc.ir.passes import Canonicalize, Effect, FoldNorm, Pass, Prune, Quantize, calibrate
from tests.nets import HAND, hand, spikes_for


@dataclass(frozen=True)
class Deafen(Pass):
    """A pass that raises every threshold, and claims to change nothing."""

    name = "deafen"
    effect = Effect.EXACT
    by: float = 0.5

    def __call__(self, network: Network) -> Network:
        nodes = (
            replace(n, op=n.op.with_fields(threshold=n.op.threshold + self.by))
            if n.op.keyword == "lif"
            else n
            for n in network
        )
        return replace(network, nodes=tuple(nodes))


@dataclass(frozen=True)
class Dull(Deafen):
    """The same, which claims to change little."""

    name = "dull"
    effect = Effect.APPROXIMATE
    agreement = 0.999


@dataclass(frozen=True)
class Late(Pass):
    """A pass that claims to make the network late, and does not."""

    name = "late"
    effect = Effect.SHIFTED

    def lags(self, network: Network) -> dict[str, int]:
        return {str(use): 1 for use in network.outputs}

    def __call__(self, network: Network) -> Network:
        return network


@pytest.mark.parametrize("name", HAND)
def test_passes_that_keep_their_claims_pass(name: str) -> None:
    network = hand(name)
    signal = spikes_for(network)
    quantize = Quantize(ranges=calibrate(network, signal))
    steps = (Canonicalize(), FoldNorm(), Prune(), quantize)
    assert run_pipeline(network, steps, [Claims(signal)]) == run_pipeline(network, steps)


@pytest.mark.parametrize("step", [Deafen(), Dull(), Late()])
def test_a_pass_that_breaks_its_claim_is_named_with_a_node(step: Pass) -> None:
    network = hand("feedforward")
    with pytest.raises(PassError) as refused:
        run_pipeline(network, (Canonicalize(), step), [Claims(spikes_for(network))])
    said = str(refused.value)
    assert f"pass 2 '{step.name}' claims to be {step.effect.value}" in said
    # The first node that differs: an exact pass is asked of outputs, another of all that fires.
    assert ("first at %s1," if step.effect is Effect.APPROXIMATE else "first at %s2,") in said
    assert "--passes" in said


def test_a_potential_that_grows_without_end_is_named_with_what_to_do() -> None:
    text = """network exploding tick=0.001s decode=count {
  %x = input() {shape=[4], signal="spike"}
  %c = dense(%x) {weight=@c}
  %b = dense(%s.v@-1) {weight=@b}
  %u = sum(%c, %b)
  %s = lif(%u) {bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=1.0}
  return %s
}
"""
    weights = np.random.default_rng(1)
    given = tensors(c=weights.normal(0, 1, (2, 4)), b=np.array([[0.3, -0.9], [0.9, 0.2]]))
    network = parse(text.replace("\\\n", ""), given)
    signal = {"x": (weights.random((2, 70, 4)) < 0.3).astype(np.float64)}
    with pytest.raises(PassError, match=r"%s: its potential grows .* after 70 ticks .* leak more"):
        run_pipeline(network, (Dull(),), [Claims(signal)])


@pytest.mark.parametrize(("bits", "layers", "share"), [(8, "", 0.5), (7, "", 0), (8, "c1:2", 0)])
def test_weights_narrower_than_usual_promise_nothing(bits: int, layers: str, share: float) -> None:
    assert Quantize(weight_bits=bits, layers=layers).promise() == share


def test_a_network_runs_once_and_one_that_stays_the_same_not_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = hand("feedforward")
    signal = spikes_for(network)
    runs: list[Network] = []

    def counted(of: Network, *words: Any, **more: Any) -> Trace:
        runs.append(of)
        return run(of, *words, **more)

    monkeypatch.setattr("snncc.build.claims.run", counted)
    quantize = Quantize(ranges=calibrate(network, signal))
    run_pipeline(network, (Canonicalize(), Prune(), quantize), [Claims(signal)])
    assert len(runs) == 2


def test_a_check_of_a_large_network_takes_fewer_samples_and_then_fewer_ticks() -> None:
    network = hand("feedforward")
    signal = np.zeros((4, 64, 12))
    assert take_affordable(network, signal).shape == signal.shape
    many = np.broadcast_to(signal[:1], (PRODUCTS >> 6, 64, 12))
    assert take_affordable(network, many).shape[0] < len(many)
    assert take_affordable(network, many).shape[1] == 64
    long = np.broadcast_to(signal[:1, :1], (2, PRODUCTS, 12))
    samples, ticks, _ = take_affordable(network, long).shape
    assert samples == 1
    assert 8 <= ticks < PRODUCTS


def test_random_signals_are_of_each_input() -> None:
    network = hand("readout")
    (found,) = random_signal(network, 3).values()
    assert found.shape == (3, 32, 5)


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        ({}, "effect"),
        ({"effect": Effect.APPROXIMATE}, "agreement"),
        ({"effect": Effect.EXACT, "agreement": 0.5}, "agreement"),
        ({"effect": Effect.SHIFTED}, "lags"),
    ],
)
def test_a_pass_that_leaves_its_claim_out_is_refused(body: dict[str, object], fact: str) -> None:
    with pytest.raises(UndeclaredFact, match=f"pass 'hasty' states wrongly its {fact}"):
        type("Hasty", (Pass,), {"name": "hasty", **body})
