"""What NIR leaves open: who decides, what is said about it, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import nir
import numpy as np
import pytest

from snncc.frontends import ImportRequest
from snncc.frontends.nir import NirFrontend
from snncc.frontends.nir.choices import OPEN, PRESETS
from snncc.ir import UsageError
from tests.frontends.nir.conftest import Load

Chain = Callable[..., Path]
ONES = np.ones(4)


@pytest.fixture
def leaky(chain: Chain) -> Path:
    return chain(nir.LIF(0.002 * ONES, ONES, 0 * ONES, ONES, 0 * ONES))


def _warned(notes: tuple[str, ...]) -> set[str]:
    return {note.split(":")[0].removeprefix("warning nir-") for note in notes if "warning" in note}


def test_what_nobody_said_is_named(load: Load, leaky: Path) -> None:
    notes = load(leaky).notes
    assert _warned(notes) == {"dt", "integrator", "reset", "reset_order", "signal"}
    assert any("taken: reset=value (say so with --option reset=…, or a preset)" in n for n in notes)


def test_what_was_said_is_not_warned_about(load: Load, leaky: Path) -> None:
    said = {"dt": "1e-3", "integrator": "forward", "reset": "zero", "reset_order": "now"}
    notes = load(leaky, **said, signal="spike").notes
    assert _warned(notes) == set()
    assert notes == ("read with dt=1e-3, integrator=forward, reset=zero, reset_order=now (option)",)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_says_where_each_choice_comes_from(load: Load, leaky: Path, preset: str) -> None:
    dt = "1e-3"
    imported = load(leaky, preset=preset, dt=dt, signal="spike")
    assert _warned(imported.notes) == set()
    chosen, rest = imported.notes[0].split(" (option); ")
    assert chosen == f"read with dt={dt}"
    assert f"reset={PRESETS[preset].values['reset']}" in rest
    assert rest.endswith(f"(preset {preset})")
    assert imported.network.tick == float(dt)


def test_presets_speak_of_open_choices_only() -> None:
    for preset in PRESETS.values():
        assert preset.values.keys() <= OPEN.keys()
        for key, value in preset.values.items():
            assert not OPEN[key].values or value in OPEN[key].values
        assert preset.source


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("dt", "0", "option dt=0 is not a positive number of seconds"),
        ("dt", "nan", "option dt=nan"),
        ("dt", "soon", "option dt=soon"),
        ("integrator", "foward", "did you mean 'forward'?"),
        ("reset", "hard", "option reset: unknown value 'hard'"),
        ("preset", "snntorch", "did you mean 'as-snntorch'?"),
        ("signal", "spikes", "option signal: unknown value 'spikes'"),
        ("decode", "sum", "option decode: unknown value 'sum'"),
        ("rest", "zero", "unknown option 'rest'; did you mean 'reset'?"),
    ],
)
def test_what_does_not_exist_is_refused(
    load: Load, leaky: Path, key: str, value: str, message: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        load(leaky, **{key: value})
    assert message in str(refusal.value)


def test_resistances_show_how_integrators_integrate(load: Load, chain: Chain) -> None:
    """SpikingJelly writes R = 1/dt, others 1."""
    for r, integral in ((1e4, "dt"), (1.0, "tick")):
        imported = load(chain(nir.IF(r * ONES, ONES, 0 * ONES)), reset="zero")
        assert imported.network["n0"].op.threshold == 1.0
        assert ("integral" in _warned(imported.notes)) == (integral == "tick")


def test_subtracting_with_a_reset_potential_is_refused(load: Load, chain: Chain) -> None:
    path = chain(nir.LIF(0.002 * ONES, ONES, 0 * ONES, ONES, 0.1 * ONES))
    with pytest.raises(Exception, match="these contradict each other"):
        load(path, reset="subtract")


def test_a_neuron_counts_its_potential_from_rest_and_in_units_of_its_gain(
    load: Load, chain: Chain
) -> None:
    leak = np.array([0.0, 0.2, 0.4, 0.6])
    path = chain(nir.LIF(0.001 * ONES, 4 * ONES, leak, ONES, 0 * ONES))
    network = load(path, dt="1e-4", initial="zero").network
    op, tensors = network["n0"].op, network.tensors
    assert np.allclose(tensors[op.threshold.name].values, (1 - leak) / 0.4)
    assert np.allclose(tensors[op.reset_amount.name].values, -leak / 0.4)
    assert np.allclose(tensors[op.initial.name].values, -leak / 0.4)


def test_a_gain_of_one_is_exactly_one_though_float32_was_between(load: Load, chain: Chain) -> None:
    dt, tau = 1e-4, np.float32(3e-4) * np.ones(4, np.float32)
    path = chain(nir.LIF(tau, tau / np.float32(dt), 0 * tau, 0 * tau + 1, 0 * tau))
    assert load(path, dt=str(dt)).network["n0"].op.threshold == 1.0


def test_data_say_what_enters(load: Load, leaky: Path) -> None:
    for data, signal in ((np.ones((1, 5, 4)), "spike"), (np.full((1, 5, 4), 0.5), "real")):
        imported = load(leaky, data=data)
        assert imported.network["input"].op.signal == signal
        assert "signal" not in _warned(imported.notes)


def test_potentials_are_averaged_and_spikes_counted(load: Load, leaky: Path, chain: Chain) -> None:
    assert load(leaky).network.decode == "count"
    flat = nir.Flatten({"input": np.array([2, 2])}, 0)
    image = np.ones((2, 2))
    neurons = nir.LIF(0.002 * image, image, 0 * image, image, 0 * image)
    assert load(chain(neurons, flat, shape=(2, 2), out=(4,))).network.decode == "count"
    readout = chain(nir.LI(0.002 * ONES, ONES, 0 * ONES))
    assert load(readout).network.decode == "mean"
    assert load(readout, decode="last").network.decode == "last"


@pytest.mark.parametrize(
    ("label", "name"),
    [("fc.1", "fc_1"), ("0", "lif_0"), ("größe", "gr_0xf6__0xdf_e"), ("a-b", "a_b")],
)
def test_names_become_identifiers(
    load: Load, made: Callable[..., Path], label: str, name: str
) -> None:
    path = made(
        {label: nir.LIF(0.002 * ONES, ONES, 0 * ONES, ONES, 0 * ONES)},
        [("input", label), (label, "output")],
    )
    network = load(path).network
    assert network[name].origin.module == label


def test_names_that_collide_stay_apart(load: Load, made: Callable[..., Path]) -> None:
    nodes = {"a.b": nir.Scale(2 * ONES), "a-b": nir.Scale(3 * ONES), "a_b": nir.Scale(4 * ONES)}
    row = ["input", *nodes, "output"]
    network = load(made(nodes, list(zip(row, row[1:], strict=False)))).network  # noqa: RUF007
    assert [node.name for node in network][1:] == ["a_b_2", "a_b", "a_b_3"]


def test_sources_are_told_by_their_name() -> None:
    assert NirFrontend().accepts("net.nir")
    assert not NirFrontend().accepts("zoo:net.nir.snn")
    with pytest.raises(UsageError, match="does not exist"):
        NirFrontend().load(ImportRequest("none.nir", None, None, {}))
