"""Laws of own kernels: host and emulated cores compute what the reference does, event by event."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.spinnaker2.chip.machine import machine
from snncc.backends.spinnaker2.chip.target import DATA_BYTES_PER_CORE, USABLE_CORES_PER_CHIP
from snncc.backends.spinnaker2.kernel.emulate import play
from snncc.backends.spinnaker2.kernel.lower import assemble_program, require_room
from snncc.backends.spinnaker2.kernel.native import simulate
from snncc.backends.spinnaker2.kernel.program import Program
from snncc.backends.spinnaker2.placement.placement import Placement
from snncc.backends.spinnaker2.routing.route import route
from snncc.ir import CapacityError, Trace, UsageError, Values, run
from tests.backends.spinnaker2.kernel.hand import MIDDLE, NEURONS, alone, cut, loop, signal

RECORD = ("%s",)
CUTS = {"one core": alone(), "four cores": cut(), "a core of one neuron": cut(1)}
PROGRAMS = {name: assemble_program(parts, Settings()) for name, parts in CUTS.items()}


def expected(fed: dict[str, Values]) -> Trace:
    return run(loop(), fed, record=RECORD)


def on_chips(program: Program, chips: list[int]) -> Program:
    """The program with each core on the chip named, so that routers take its events."""
    places = np.array(chips, dtype=np.int64) * USABLE_CORES_PER_CHIP + np.arange(len(chips))
    placement = Placement(machine(1), places)
    return replace(program, routing=route(program.traffic, placement))


def without_entry(program: Program, chip: int) -> Program:
    """The program with one router's table emptied."""
    tables = list(program.routing.tables)
    assert len(tables[chip])
    none = np.zeros(0, dtype=np.int64)
    tables[chip] = replace(tables[chip], keys=none, masks=none, routes=none)
    return replace(program, routing=replace(program.routing, tables=tuple(tables)))


@pytest.mark.parametrize("name", CUTS)
def test_the_host_computes_what_the_reference_does(name: str) -> None:
    found = simulate(PROGRAMS[name], signal(), RECORD)
    assert found.outputs == ("%o", "%y")
    assert expected(signal()).compare(found) == (0, None)


@pytest.mark.parametrize("name", CUTS)
def test_emulated_cores_compute_what_the_reference_does(name: str) -> None:
    found = play(PROGRAMS[name], signal(), RECORD)
    trace = expected(signal())
    assert trace.compare(found.trace) == (0, None)
    assert np.any(trace["%s"])
    assert np.any(trace["%y"] < 0)


def test_late_ports_hear_the_tick_before_and_nothing_at_first() -> None:
    fed = {name: values[:1, :2] for name, values in signal().items()}
    found = play(PROGRAMS["four cores"], fed, RECORD)
    trace = expected(fed)
    assert np.array_equal(found.trace["%s"], trace["%s"])
    assert trace["%s"][0, 0].any(), "what is heard late must be something"


def test_zeros_are_not_sent() -> None:
    fed = signal(2)
    played, trace = play(PROGRAMS["four cores"], fed), expected(fed)
    fired = np.count_nonzero(trace["%s"][..., :MIDDLE], axis=-1)
    assert np.array_equal(played.sent[..., 0], fired)
    assert np.array_equal(played.sent[..., 2], np.count_nonzero(trace["%y"], axis=-1))
    assert not played.sent[..., 3].any(), "nothing receives the scores"
    spikes = np.count_nonzero(trace["%s"], axis=-1)
    assert np.array_equal(played.delivered[..., 3], spikes + played.sent[..., 2])
    assert not played.strange.any()


def test_samples_do_not_know_of_one_another() -> None:
    fed = signal(3)
    together = play(PROGRAMS["four cores"], fed, RECORD).trace
    for sample in range(3):
        one = {name: values[sample : sample + 1] for name, values in fed.items()}
        apart = play(PROGRAMS["four cores"], one, RECORD).trace
        assert np.array_equal(apart["%o"][0], together["%o"][sample])


@pytest.mark.parametrize("chips", [[0, 1, 2, 3], [5, 5, 5, 30], [0, 20, 40, 47]])
def test_events_cross_chips_by_the_routers_tables(chips: list[int]) -> None:
    program = on_chips(PROGRAMS["four cores"], chips)
    fed = signal(1, 6)
    assert expected(fed).compare(play(program, fed, RECORD).trace) == (0, None)
    assert expected(fed).compare(simulate(program, fed, RECORD)) == (0, None)


def test_a_lost_table_entry_loses_events_and_is_seen() -> None:
    fed = signal(1, 8)
    program = on_chips(PROGRAMS["four cores"], [0, 1, 2, 3])
    whole, broken = play(program, fed, RECORD), play(without_entry(program, 2), fed, RECORD)
    assert broken.delivered[..., 2].sum() == 0
    assert whole.delivered[..., 2].sum() > 0
    count, first = expected(fed).compare(broken.trace)
    assert count
    assert first is not None
    assert first.node in ("%y", "%o")
    native = simulate(without_entry(program, 2), fed, RECORD)
    assert broken.trace.compare(native) == (0, None)


def test_instructions_are_counted_where_that_is_asked() -> None:
    fed = signal(1, 3)
    counted = play(PROGRAMS["four cores"], fed, count=True)
    assert counted.instructions.shape == (1, 3, 4)
    assert np.all(counted.instructions > 0)
    assert not play(PROGRAMS["four cores"], fed).instructions.size


def test_what_is_linked_is_what_was_reckoned() -> None:
    played = play(PROGRAMS["four cores"], signal(1, 1))
    for core, linked in enumerate(played.data_bytes):
        reckoned = PROGRAMS["four cores"].bytes_of(core)
        assert linked <= reckoned <= linked + 1024


def test_a_core_that_is_too_full_is_refused_with_its_bytes() -> None:
    parts = alone()
    wide = replace(parts.cores[0], ports=(parts.cores[0].ports[0] * 5000, parts.cores[0].ports[1]))
    with pytest.raises(
        CapacityError, match=r"S010: core 0 needs \d+,\d+ bytes of data memory"
    ) as e:
        require_room(assemble_program(replace(parts, cores=(wide,)), Settings()))
    assert f", and has {DATA_BYTES_PER_CORE:,}; use fewer --weight-bits" in str(e.value)
    assert e.value.exit_code == 1


def test_what_does_not_exist_cannot_be_recorded() -> None:
    for engine in (play, simulate):
        with pytest.raises(UsageError, match="unknown wire '%q'"):
            engine(PROGRAMS["one core"], signal(1, 1), ("%q",))
    assert PROGRAMS["one core"].traced[2].shape[0] == NEURONS
