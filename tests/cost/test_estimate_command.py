"""`snncc estimate` and `snncc compare`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snncc.boards import boards
from snncc.cost import Span, find_profile, list_profiles, parse_current
from snncc.ir import UsageError, plugins
from tests.cli.conftest import call
from tests.loss.test_measure import save_network

TARGETS = plugins("snncc.backends")
POWERED = {board for name in list_profiles() for board in find_profile(name).boards}


POWER = """
name = "mine"
about = "a board on the bench"
fidelity = "measured"
boards = ["nano-33-ble"]
sources = ["a bench"]

[power]
watts = 1.0
megahertz = 32.0
source = "measured"
"""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """One network for every target, and data for it."""
    from snncc.cli import main

    folder = tmp_path_factory.mktemp("cost")
    model, data = save_network(folder)
    made: dict[str, str] = {}
    for target in TARGETS:
        made[target] = str(folder / f"{target}.snnb")
        with pytest.raises(SystemExit) as left:
            main(["build", model, "--target", target, "--data", data, "-o", made[target]])
        assert left.value.code in (0, None)
    return made, data


def estimate(
    bundles: tuple[dict[str, str], str], capsys: pytest.CaptureFixture[str], *more: str
) -> list[Any]:
    made, data = bundles
    done = call(["estimate", *made.values(), "--data", data, "--json", *more], capsys)
    assert done.code == 0, done.err
    found: list[Any] = json.loads(done.out)
    return found


def test_all_targets_side_by_side(
    bundles: tuple[dict[str, str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = estimate(bundles, capsys, "--board", "nano-33-ble", "--current", "6.3mA@64MHz,3V")
    assert [each["target"] for each in found] == list(TARGETS)
    for each in found:
        assert each["counts"]["spikes"] > 0 and 0 <= each["accuracy"] <= 1
        for count in ("spikes", "updates", "dense", "effective"):
            total = sum(layer[count] for layer in each["layers"])
            if count in each["counts"]:
                assert total == pytest.approx(each["counts"][count])
        for name, energy in each["energy"].items():
            span = energy["uJ_per_inference"]
            assert 0 < span["low"] <= span["value"] <= span["high"]
            assert energy["sources"] and energy["fidelity"] != "measured"
            layers = [layer["uJ_per_inference"].get(name) for layer in each["layers"]]
            if layers[0] is not None:
                assert sum(x["value"] for x in layers) == pytest.approx(span["value"])
    by_target = {each["target"]: each for each in found}
    c99, tflm, spinnaker2, lava = (
        by_target[name] for name in ("c99", "tflm", "spinnaker2", "lava")
    )
    predicted = c99["predicted_instructions_per_tick"]
    shares = sum(layer["predicted_instructions_per_tick"] for layer in c99["layers"])
    assert shares + predicted["tick_itself"] == pytest.approx(predicted["value"])
    assert predicted["value"] == pytest.approx(c99["instructions_per_tick"], rel=0.15)
    assert all(each["predicted_instructions_per_tick"] is None for each in (tflm, spinnaker2, lava))
    assert c99["board"] == "nano-33-ble"
    ms, drawn = c99["ms_per_tick"], c99["energy"]["nano-33-ble at 6.3mA@64MHz,3V"]
    assert ms["low"] >= 1e3 * c99["instructions_per_tick"] / 64e6
    assert ms["low"] <= ms["value"] <= ms["high"] <= 8 * ms["low"]
    assert "Cortex-M4" in ms["source"] and "nRF52840" in ms["source"]
    ticks = c99["counts"]["ticks"]
    assert drawn["uJ_per_inference"]["low"] == pytest.approx(ms["low"] * ticks * 6.3 * 3)
    assert 0 < c99["memory"]["flash_bytes"] < c99["memory"]["flash_limit_bytes"]
    assert tflm["memory"]["arena_bytes"] > 0 and tflm["memory"]["operators"] > 3
    assert c99["traffic_per_tick"] == tflm["traffic_per_tick"] == {}
    sent, limits = spinnaker2["traffic_per_tick"], spinnaker2["memory"]
    assert sent["packets"] > 0 and limits["cores"] > 1
    assert 0 < sent["most_ms_of_a_core"] < sent["ms_of_a_chip_tick"]
    assert sent["late_chip_ticks"] == 0
    messages = lava["traffic_per_tick"]
    assert messages["messages"] > 0 and messages["barriers"] >= 1
    assert messages["hops_at_most"] == 10 * messages["messages"]
    assert messages["synapse_reads"] >= messages["messages"] + messages["messages_that_enter"]
    assert messages["messages_that_enter"] > 0
    assert lava["memory"]["tiles"] == -(-lava["memory"]["cores"] // 4)
    for each in (tflm, lava):
        assert each["ms_per_tick"] is None and "not known" in each["notes"][-1]
        assert "do nothing" in each["notes"][0]
    drawn = spinnaker2["energy"]["spinnaker2"]
    assert drawn["fidelity"] == "bound" and "1 chip" in drawn["sources"][0]
    ms = spinnaker2["ms_per_tick"]["value"] * spinnaker2["counts"]["ticks"]
    assert drawn["uJ_per_inference"]["high"] == pytest.approx(2.2e3 * ms)
    assert "loihi1" in lava["energy"]


@pytest.mark.parametrize("board", [each.name for each in boards() if each.clock_hz])
def test_each_board_draws_its_datasheets_current_or_that_is_said(
    board: str, bundles: tuple[dict[str, str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    made, data = bundles
    command = ["estimate", made["c99"], "--data", data, "--board", board, "--json"]
    (found,) = json.loads(call(command, capsys).out)
    real = board.removesuffix("-emulated")
    assert (real in found["energy"]) == (real in POWERED)
    asks = any("give --current" in note for note in found["notes"])
    assert asks == (real not in POWERED)


def test_a_profile_of_a_power_is_asked_for_by_name(
    bundles: tuple[dict[str, str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, data = bundles
    own = tmp_path / "mine.toml"
    own.write_text(POWER)
    some = ["--profile", str(own), "--profile", "pico", "--board", "nano-33-ble"]
    found = estimate(bundles, capsys, *some)
    for each in found:
        assert set(each["energy"]) == ({"mine"} if each["target"] == "c99" else set())
        assert any("pico says what pico draws" in note for note in each["notes"])
    c99 = next(each for each in found if each["target"] == "c99")
    # Its clock is half of the board's: the same cycles take twice as long.
    ms = 2 * c99["ms_per_tick"]["value"] * c99["counts"]["ticks"]
    assert c99["energy"]["mine"]["uJ_per_inference"]["value"] == pytest.approx(1e3 * ms)
    (alone,) = json.loads(
        call(["estimate", made["c99"], "--data", data, "--profile", "pico", "--json"], capsys).out
    )
    assert alone["board"] == "pico" and set(alone["energy"]) == {"pico"}


def test_a_table_and_what_is_missing_is_said(
    bundles: tuple[dict[str, str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    made, data = bundles
    done = call(["estimate", made["c99"], "--data", data, "--profile", "sdt"], capsys)
    assert done.code == 0 and "µJ by sdt" in done.out and "in all" in done.out
    assert "not known" in done.out and "has no clock" in done.err
    for wrong, said in (
        (["--profile", "nothing"], "profile"),
        (["--current", "6 mA"], "6.5mA@64MHz,3V"),
        (["--board", "nothing"], "board"),
    ):
        done = call(["estimate", made["c99"], "--data", data, *wrong], capsys)
        assert done.code == 2 and said in done.err


def test_verify_names_the_ticks_for_which_a_chip_has_no_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = save_network(tmp_path)
    path = Path(model)
    path.write_text(path.read_text().replace("tick=0.001s", "tick=0.000001s"))
    made = str(tmp_path / "late.snnb")
    build = ["build", model, "--target", "spinnaker2", "--option", "kernel=own"]
    assert call([*build, "--data", data, "-o", made], capsys).code == 0
    done = call(["verify", made, "--data", data], capsys)
    assert done.code == 0 and "chip ticks had work longer than the tick" in done.err


def test_compare(
    bundles: tuple[dict[str, str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, data = bundles
    done = call(["compare", *made.values(), "--data", data, "--json"], capsys)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert len(found["bundles"]) == len(TARGETS)
    same = next(each for each in found["pairs"] if each["right"] == made["tflm"])
    others = [each for each in found["pairs"] if each is not same]
    assert {each["left"] for each in found["pairs"]} == {made["c99"]}
    for each in (same, *others):
        assert 0.9 <= each["output"]["agreement"] <= 1 and set(each["accuracy"]) == {
            "left",
            "right",
        }
    assert [layer["agreement"] for layer in same["layers"]] == [1.0, 1.0]
    assert call(["compare", made["c99"]], capsys).code == 2
    done = call(["compare", made["c99"], made["lava"], "--data", data], capsys)
    assert done.code == 0 and "same answers" in done.out


@pytest.mark.parametrize(
    "text",
    ["", "6mA", "6@64", "0mA@64MHz,3V", "6mA@64GHz,3V", "-6mA@64MHz,3V", "6mA@64MHz,3V,2mA"],
)
def test_a_wrong_current_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a current"):
        parse_current(text)


def test_a_board_draws_less_asleep() -> None:
    busy = parse_current("6mA@64MHz,3V")
    both = parse_current(" 6@64,3,2.5uA ")
    assert str(both) == "6mA@64MHz,3V,2.5uA" and parse_current(str(both)) == both
    span = Span(2.0, 1.0, 4.0)
    assert busy.draw(span, 10.0).ends == pytest.approx((36.0, 18.0, 72.0))  # microjoules
    found = both.draw(span, 3.0)
    assert found.ends == pytest.approx((36.0 + 0.0075, 18.0 + 0.015, 72.0))
    assert parse_current("6mA@64MHz,3V,0uA").draw(span, 10.0) == busy.draw(span, 10.0)
