"""A build runs each pass once and lowers once, also for a target with several ways to build."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.spinnaker2 import Program, Spinnaker2Backend, kernel
from snncc.build import compile_model, lower_network
from snncc.build.run_passes import Record
from snncc.bundle import BuildRequest, Bundle
from snncc.ir import LoweringRefused, Network, PassError, UsageError, parse, show
from snncc.ir.passes import PASSES, Pass, Ranges, calibrate
from snncc.run.lowered import Lowered
from tests.nets import hand, spikes_for

BACKEND = Spinnaker2Backend()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Name of a pass → how often a network went through it; `lower` counts what was lowered."""
    found: Counter[str] = Counter()

    def counted(kind: type[Pass]) -> None:
        once = kind.__call__

        def call(self: Pass, network: Network) -> Network:
            found[kind.name] += 1
            return once(self, network)

        monkeypatch.setattr(kind, "__call__", call)

    for kind in PASSES.values():
        counted(kind)
    once = Spinnaker2Backend.lower

    def lower(self: Spinnaker2Backend, network: Network, settings: Settings) -> object:
        found["lower"] += 1
        return once(self, network, settings)

    monkeypatch.setattr(Spinnaker2Backend, "lower", lower)
    return found


def built(network: Network, folder: Path, **more: Any) -> Bundle:
    (folder / "net.snn").write_text(show(network))
    np.savez(folder / "net.npz", **{name: t.values for name, t in network.tensors.items()})
    x = np.asarray(spikes_for(network, samples=2, ticks=12)["x"])
    np.savez(folder / "x.npz", x=x)
    request = BuildRequest(
        str(folder / "net.snn"), "spinnaker2", data=folder / "x.npz", output=folder / "b", **more
    )
    return Bundle.open(compile_model(request))


def test_a_build_for_the_applications_runs_each_pass_once(
    runs: Counter[str], tmp_path: Path
) -> None:
    bundle = built(hand("feedforward"), tmp_path)
    passes = [step.partition("{")[0] for step in bundle.manifest.pipeline.split(",")]
    passes = [name for name in passes if name in PASSES]  # options have commas of their own
    assert "split-signs" in passes
    # split-signs calls prune on what it has left over, where there is such a neuron.
    assert {name: runs[name] for name in passes} == dict.fromkeys(passes, 1)
    assert runs["lower"] == 1
    assert bundle.settings.options == {}
    assert isinstance(Lowered.of(bundle).program, Program)


def test_what_the_applications_refuse_is_built_once_for_our_kernel(
    runs: Counter[str], tmp_path: Path
) -> None:
    """The way that was refused ran up to where it was, and is not shown."""
    text = show(hand("feedforward")).replace("reset_amount=1.0", "reset_amount=1.0, floor=-0.5")
    network = parse(text, hand("feedforward").tensors)
    bundle = built(network, tmp_path)
    assert runs["merge-weights"] == 1, "a pass of our kernel's way alone"
    assert max(runs.values()) == 2
    assert bundle.settings.options == {"kernel": "own"}
    assert isinstance(Lowered.of(bundle).program, kernel.Program)


def test_observers_see_the_way_that_is_taken() -> None:
    network, seen = hand("feedforward"), list[Record]()
    ranges = calibrate(network, spikes_for(network))
    made = lower_network(
        BACKEND,
        network,
        Settings(),
        lambda way: BACKEND.passes(network, way, ranges),
        [seen.append],
    )
    assert [record.step for record in seen] == [*made.steps]
    assert seen[-1].after == made.network


def test_passes_that_the_user_names_run_once_for_all_ways(
    runs: Counter[str], tmp_path: Path
) -> None:
    bundle = built(hand("feedforward"), tmp_path, passes="fold-norm,fold-bias,quantize")
    assert runs["quantize"] == 1
    assert runs["lower"] == 2
    assert bundle.settings.options == {"kernel": "own"}


def test_where_one_way_is_asked_for_its_refusal_is_the_users(tmp_path: Path) -> None:
    text = show(hand("feedforward")).replace("reset_amount=1.0", "reset_amount=1.0, floor=-0.5")
    network = parse(text, hand("feedforward").tensors)
    with pytest.raises(LoweringRefused, match="S005"):
        built(network, tmp_path, options={"kernel": "stock"})
    with pytest.raises(UsageError, match="did you mean"):
        built(network, tmp_path, options={"kernel": "stok"})


def test_a_network_that_every_way_refuses_is_refused_by_the_last() -> None:
    network = hand("readout")
    with pytest.raises(PassError, match="takes real values"):
        lower_network(
            BACKEND, network, Settings(), lambda way: BACKEND.passes(network, way, Ranges())
        )
