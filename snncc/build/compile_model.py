"""compile_model: frontend → passes → backend → bundle, in this order; it names no pass."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from snncc.backend_and_frontend import backend, find_lowering_versions
from snncc.backends import Backend, FirmwareBackend, Json
from snncc.bundle import (
    BuildRequest,
    BundleWriter,
    check_files,
    list_lowered_files,
    manifest,
    source_files,
    writing,
)
from snncc.datasets import Samples, calibration
from snncc.importing import import_model
from snncc.ir import (
    CompileError,
    DeviceError,
    Network,
    SpikesDiffer,
    Trace,
    UsageError,
    Values,
    describe_unknown,
    give_back,
    run,
)
from snncc.ir.passes import (
    Lateness,
    Pass,
    all_passes,
    find_faint,
    find_unproven,
)
from snncc.packages import note_homeless_ops
from snncc.run import Player, count_pace

from .calibration_data import input_notes
from .choose_integers import choose_integers
from .claims import Claims, bisect, random_signal, take_affordable
from .lost import measure_loss
from .lowering import LoweredNetwork
from .prepare import (
    GUESSED_RATE,
    GUESSED_TICKS,
    find_ranges,
    keep_integers,
    settings_of,
    split_options,
)
from .refusals import Attempt, all_problems
from .run_passes import Observer, counter, dumper, printer, timer
from .stored_bits import note_stored_bits

CALIBRATION_SAMPLES = 64
CHECK_SAMPLES = 4
CHECK_TICKS = 4_096


def compile_model(request: BuildRequest, say: Callable[[str], None] = lambda line: None) -> Path:
    """Path of the bundle that a request gives.

    Args:
        request: what to build.
        say: receives what `--print-after`, `--time` and `--bisect` ask for, some lines at a time.

    Raises:
        SnnccError: the model cannot be compiled, the call is wrong, the spikes differ.
    """
    with ExitStack() as stack:

        def claim(path: Path) -> BundleWriter:
            return stack.enter_context(writing(path, request.sign))

        early = None if request.output is None else claim(request.output)
        return _compile(request, say, lambda path: early or claim(path))


def _compile(
    request: BuildRequest, say: Callable[[str], None], claim: Callable[[Path], BundleWriter]
) -> Path:
    began = time.perf_counter()
    target = backend(request.target)
    ours, theirs = split_options(request, target)
    model = import_model(request.model, request.weights, request.data, theirs)
    theirs |= model.decided
    source, imported = model.imported.network, model.imported.notes
    samples, counts = model.samples, model.counts
    del model  # with it goes the user's module, whose weights the network has now
    give_back()
    if source.quantized:
        request = keep_integers(request)
    known = calibration(request.model, request.data, samples, CALIBRATION_SAMPLES)
    ranges, notes = find_ranges(source, known)
    told = settings_of(request, ours, source, ranges, samples)
    signal, late = _check_signal(source, samples), Lateness.of(source)
    attempt = Attempt(request, target, told, ranges, counts)
    try:
        chosen = choose_integers(attempt, source, samples, say)
        attempt = chosen.attempt
        observers = [*_observers(request, source, signal, say), counter(late)]
        lowered = attempt.lower(source, observers)
    except CompileError as refusal:
        raise all_problems(source, refusal, attempt) from refusal
    network, program = lowered.network, lowered.program
    notes = (*imported, *_note_ticks(theirs, samples), *notes, *chosen.notes)
    notes += _network_notes(attempt, source, lowered)
    if request.bisect:
        say(_bisect(source, lowered.steps, signal))
    expected = run(network, signal, record="spikes")
    notes += _check_program(target, program, signal, expected)
    lost, said = measure_loss(source, network, chosen.tested, request.max_drop)
    report: dict[str, Json] = dict(target.report(program))
    notes += (*said, *_list_warnings(report))
    report |= {"loss": lost} if lost else {}
    give_back()
    files = list_lowered_files(network, target.emit(program))
    files |= source_files(source, attempt.ranges)
    if request.board is not None:
        player = _player(target, program, request.board)
        files[f"firmware/{request.board}.elf"] = player.image.elf
        report["board"] = player.sizes()
        pace = count_pace(player, signal, network.tick)
        report |= {"pace": pace.counted} if pace else {}
        notes += (pace.warning,) if pace and pace.warning else ()
    files |= check_files(signal, expected, report)
    facts = manifest(
        request,
        (source, network),
        (lowered.settings, theirs),
        lowered.steps,
        late.total,
        notes,
        find_lowering_versions(target),
    )
    path = request.output or Path(f"{network.name}.snnb")
    claim(path).write(facts, files, _log(time.perf_counter() - began))
    return path


def _log(seconds: float) -> dict[str, Json]:
    """What depends on the machine and the hour."""
    return {
        "seconds": round(seconds, 3),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def _note_ticks(options: Mapping[str, str], samples: Samples | None) -> tuple[str, ...]:
    """What `--option ticks` made of the data: with data that have ticks already, not what is meant.

    The shape that is left tells.
    """
    if samples is None or "ticks" not in options:
        return ()
    shape = list(samples.signal.shape[2:])
    return (f"each sample of x, {shape}, is presented whole at each of {options['ticks']} ticks",)


def _observers(
    request: BuildRequest, network: Network, signal: Values, say: Callable[[str], None]
) -> list[Observer]:
    """What the user asked to see of the passes, and what holds each to its claim."""
    found: list[Observer] = []
    if request.print_after is not None:
        known = (*all_passes(), "all")
        if request.print_after not in known:
            raise UsageError(describe_unknown("pass", request.print_after, known))
        found.append(printer(request.print_after, say))
    if request.dump is not None:
        found.append(dumper(request.dump, network))
    if request.time:
        found.append(timer(say))
    if request.check_each:
        found.append(Claims(random_signal(network, request.check_each)))
    found.append(Claims({network.inputs[0].name: take_affordable(network, signal)}))
    return found


def _bisect(network: Network, steps: Sequence[Pass], signal: Values) -> str:
    index = bisect(network, steps, {network.inputs[0].name: signal})
    if index is None:
        return "bisect: no pass changes an output on the check signal"
    return (
        f"bisect: pass {index + 1} '{steps[index].name}' is the first after which the outputs on "
        "the check signal are not the model's"
    )


def _network_notes(
    attempt: Attempt, source: Network, lowered: LoweredNetwork[object]
) -> tuple[str, ...]:
    """What the user should know of a network in integers, and of the ops in it."""
    network = lowered.network
    rounded = (
        _saturation(network)
        + _note_faint(network)
        + input_notes(network, attempt.ranges, counts=attempt.counts)
    )
    stored = note_stored_bits(attempt, source, lowered)
    return rounded + stored + note_homeless_ops((source, network))


def _saturation(network: Network) -> tuple[str, ...]:
    return tuple(
        (
            f"%{name}: the worst case of its state is {worst:.4g}, its largest code {high}"
            if np.isfinite(worst)
            else f"%{name}: its state does not leak, so that nothing bounds it"
        )
        + "; it has room for twice what calibration showed, and would saturate beyond"
        for name, (worst, high) in find_unproven(network).items()
    )


def _note_faint(network: Network) -> tuple[str, ...]:
    return tuple(
        f"%{name}: {codes} of {largest} codes are left of its weights, beside stronger ones that "
        f"lead to the same neurons{network[name].origin.aside}; what it brings is rounded "
        "accordingly"
        for name, (codes, largest) in find_faint(network).items()
    )


def _list_warnings(report: Mapping[str, Json]) -> tuple[str, ...]:
    """What the target itself has to say on the program."""
    found = report.get("warnings")
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _check_signal(network: Network, samples: Samples | None) -> Values:
    if samples is not None:
        return np.ascontiguousarray(samples.first(CHECK_SAMPLES).signal[:, :CHECK_TICKS])
    rng = np.random.default_rng(1)
    shape = (CHECK_SAMPLES, GUESSED_TICKS, *network.shapes[network.inputs[0].name])
    return (rng.random(shape) < GUESSED_RATE).astype(np.uint8)


def _check_program(
    target: Backend[object], program: object, signal: Values, expected: Trace
) -> tuple[str, ...]:
    """Holds the program to the reference; a note where this machine cannot run it."""
    try:
        found = target.simulate(program, signal, tuple(expected.wires))
    except DeviceError as error:
        return (f"the program was not simulated here: {error}",)
    count, first = expected.compare(found)
    if count:
        raise SpikesDiffer(
            f"{count} values of the program differ from the quantized reference, first at {first}; "
            "this is an error in the backend: please report it with the bundle's network"
        )
    return ()


def _player(target: Backend[object], program: object, name: str) -> Player:
    if not isinstance(target, FirmwareBackend):
        raise UsageError(f"target {target.name} builds no firmware; leave --board out")
    return Player(target, program, name)
