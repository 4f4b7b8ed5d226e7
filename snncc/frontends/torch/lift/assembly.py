"""A recording of a model → its network, and how the two relate; no model is run here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import gcd
from typing import cast

from snncc.frontends import TICK_SECONDS
from snncc.ir import Decode, ImportRefused, Network, Node, Op, Problem, Use, op_class, verify

from ..expressions.axes import SAMPLES, Axis, Grid, make_single
from ..expressions.expr import BatchTorn, Population, Starting
from ..neurons.library import Found
from ..operations.scores import Scored
from ..record.calling import Calling
from ..record.recorder import Recorder
from ..record.recording import COMPARISONS, Recording, Var, variables
from ..reroll.reroll import Roller
from ..written.comparison_groups import count_calls, group_comparisons
from ..written.replace import Replacer
from ..written.say_unwritten import NoNeurons, explain_unwritten
from ..written.unrolled import Ticks as TickOf
from ..written.watch import Compares, find_comparison
from .decode import Decoder, Output, choose_outputs, is_spiking, leaves
from .lift import Lifter
from .readouts import Readout
from .survey import Survey, combine_refusals


class OtherLayout(Exception):
    """The model is not called this way: its neurons do not run once per tick.

    Attributes:
        ran: how often they ran.
        ticks: how many ticks of input they were given.
    """

    def __init__(self, message: str, ran: int, ticks: int) -> None:
        super().__init__(message)
        self.ran, self.ticks = ran, ticks


@dataclass(frozen=True)
class Wanted:
    """What is to be imported, beside the model.

    Attributes:
        shape: of the input at one tick, per sample.
        signal: `spike` or `real`.
        decode: None to take the model's own, or what its output suggests.
        output: label of the returned value that counts, and behind commas those that are outputs
            as well; None for the last population's.
    """

    name: str
    shape: tuple[int, ...]
    signal: str
    decode: Decode | None = None
    output: str | None = None


@dataclass(frozen=True)
class Member:
    """Where a population's spikes are found in an eager run: the calls of one module.

    Attributes:
        path: the module; of neurons written by hand, what tells their comparison from others.
        first: which of the module's calls is tick 0.
        every: how many calls the module gets per tick.
        compared: where neurons written by hand are compared; None for a module.
    """

    path: str
    first: int
    every: int
    compared: Compares | None = None


@dataclass(frozen=True)
class Traced:
    """A network, and how it relates to the model.

    Attributes:
        members: name of the node → its calls, for all neurons that spike.
        output: label of the returned value that is the network's output.
        reduced: how the model itself makes a score of its ticks; None where it returns them.
        order: axes of the returned tensor: samples, ticks where there are any, the rest.
        listed: whether the model returns a list with one tensor for each tick.
        ticks: how many ticks the model runs, if it fixes that itself; else 0.
        readout: what the model does with its scores, which the network leaves out.
        beside: labels of further returned values that are outputs of the network, in order.
    """

    network: Network
    members: Mapping[str, Member]
    output: str
    reduced: Decode | None
    order: tuple[int, ...]
    listed: bool
    ticks: int
    readout: Readout | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run of the model under the recorder."""

    recorder: Recorder
    inputs: tuple[Var, ...]
    returned: object

    @property
    def recording(self) -> Recording:
        return self.recorder.recording


class Assembly:
    """Lifts a recording and builds the network of it."""

    def __init__(
        self, run: Run, neurons: Mapping[str, Found], calling: Calling, wanted: Wanted
    ) -> None:
        self._run, self._calling, self._wanted = run, calling, wanted
        self._neurons = neurons
        self._lifter = Lifter(run.recording, neurons, run.recorder.places)
        self._refused: list[ImportRefused] = []

    def network(self) -> Traced:
        """The network of the recording.

        Raises:
            OtherLayout: the neurons do not run once per tick.
            ImportRefused: something has no op; names all of it, each with module and line.
        """
        try:
            return self._network()
        except (BatchTorn, Starting):
            raise
        except NoNeurons as none:
            beside = (p for p in self._survey() if p.op not in COMPARISONS)
            raise NoNeurons(*none.problems, *beside) from none
        except ImportRefused as first:
            raise combine_refusals(first, self._survey()) from first

    def _survey(self) -> Iterable[Problem]:
        """All that is refused of what a neuron or an output needs."""
        survey = Survey(self._run.recording, self._neurons, self._run.recorder.places)
        self._present(survey)
        survey.run()
        survey.note_returned(_tuples(self._run.returned))
        return survey.problems

    def _network(self) -> Traced:
        self._present(self._lifter)
        self._lifter.run()
        written = self._recognize()
        populations = self._replace(written)
        ticks = self._ticks(populations)
        self._demand_states(written, ticks)
        last = max(populations, key=lambda p: p.calls[0].order)
        outputs = choose_outputs(
            self._outputs(ticks), self._wanted.output, last, self._calling.wiring
        )
        roller = Roller(self._lifter.weaver, "x")
        roller.declare(populations)
        for population in populations:
            roller.population(population)
        results = tuple(_walk(roller, each) for each in outputs)
        output = outputs[0]
        network = self._build(roller.nodes(), results, output)
        members = {
            roller.name_of(p): _member(p)
            for p in self._lifter.populations
            if _fires(p) and p in populations
        }
        for group, population in written.used.items():
            compares = find_comparison(group, written.find_matched(group).opposite)
            if compares is not None:
                name = roller.name_of(population)
                members[name] = Member(f"{compares.place} #{compares.first}", 0, 1, compares)
        fixed = ticks if self._calling.layout == "static" else 0
        return Traced(
            network,
            members,
            output=output.label,
            reduced=output.decode,
            order=output.order,
            listed=output.listed,
            ticks=fixed,
            readout=output.readout,
            beside=tuple(each.label for each in outputs[1:]),
        )

    def _recognize(self) -> Replacer:
        """The neurons that the model computes by hand."""
        lifter, tick_of = self._lifter, TickOf().of
        replacer = Replacer(lifter.weaver, ())
        for ticks in self._possible_ticks() if lifter.comparisons else ():
            groups = [*group_comparisons(lifter.comparisons, ticks, tick_of)]
            replacer = Replacer(lifter.weaver, groups)
            if replacer.stateful:
                break
        return replacer

    def _possible_ticks(self) -> Sequence[int]:
        """How many ticks there may be, where the model itself chooses: the likeliest first."""
        if self._calling.layout != "static":
            return (self._count_ticks(),)
        ran = [len(p.calls) for p in self._lifter.populations]
        common = gcd(*(ran or count_calls(self._lifter.comparisons)))
        return [n for n in range(common, 1, -1) if common % n == 0] or (common,)

    def _replace(self, written: Replacer) -> list[Population]:
        """All populations, once those written by hand are in the place of what they compute."""
        lifter = self._lifter
        for population in lifter.populations:
            population.calls[:] = [
                replace(call, current=written.of(call.current)) for call in population.calls
            ]
        lifter.replace_values(written.of)
        for var in variables(_tuples(self._run.returned)):
            try:
                lifter.read_returned(var)
            except ImportRefused as refusal:  # of what is returned, one value is compiled
                self._refused.append(refusal)
        both = [*lifter.populations, *written.used.values()]
        return sorted(both, key=lambda p: p.calls[0].order)

    def _demand_states(self, written: Replacer, ticks: int) -> None:
        """Refuses a way to call the model in which its thresholds have no memory at all.

        Raises:
            OtherLayout: all ticks are compared at once, or a tick several times.
        """
        if written.stateful or self._lifter.populations:
            return
        for group in written.used:
            if group.every != 1:
                ran = ticks * group.every if group.every else 1
                raise OtherLayout(
                    f"{self._lifter.weaver.places.describe(group.origin)}: compared {ran} times "
                    f"for {ticks} ticks of input, without a state between them",
                    ran=ran,
                    ticks=ticks,
                )

    def _present(self, lifter: Lifter) -> None:
        shape = self._wanted.shape
        features: tuple[Axis, ...] = tuple((("feature", n),) for n in shape)
        batch: Axis = (("sample", SAMPLES),)
        weaver = lifter.weaver
        if self._calling.layout in ("step", "static"):
            static = self._calling.layout == "static"
            for tick, var in enumerate(self._run.inputs):
                source = weaver.source(shape, None if static else tick)
                lifter.present(var, make_single(source, (batch, *features)))
            return
        var = self._run.inputs[0]
        ticks = self._count_ticks()
        listed = lifter.list_cells([weaver.source(shape, k) for k in range(ticks)])
        time: Axis = (("list", ticks),)
        axes = {
            "time-first": (time, batch, *features),
            "batch-first": (batch, time, *features),
            "time-last": (batch, *features, time),
        }
        lifter.present(var, Grid(listed, axes[self._calling.layout]))

    def _count_ticks(self) -> int:
        """How many ticks of input the model was given; one where it makes its own."""
        time = self._calling.time
        if time is None:
            return len(self._run.inputs)
        return self._run.recording.values[self._run.inputs[0].index].shape[time]

    def _ticks(self, populations: Sequence[Population]) -> int:
        """How many ticks were recorded: once round for every population.

        Raises:
            OtherLayout: they do not agree, or not with the input.
        """
        if not any(_fires(p) for p in populations):
            for refusal in self._refused:
                if isinstance(refusal, Starting):
                    raise refusal
                if any(problem.op in COMPARISONS for problem in refusal.problems):
                    raise NoNeurons(*refusal.problems)
            run = self._run
            raise NoNeurons(explain_unwritten(run.recording, run.recorder.places))
        counts = {p.path: len(p.calls) for p in populations}
        runs = set(counts.values())
        expected = runs.pop() if self._calling.layout == "static" and len(runs) == 1 else None
        if expected is None:
            expected = self._count_ticks()
        anew = Counter(p.path for p in populations if len(p.calls) == 1)
        for path, count in anew.items():
            if count > 1 and expected > 1:
                place = next(p for p in populations if p.path == path).calls[0].origin
                raise self._lifter.weaver.refuse(
                    f"neuron '{path}' starts over at every tick: its state is not passed on; pass "
                    "it on from tick to tick",
                    place,
                )
        wrong = {path: n for path, n in counts.items() if n != expected}
        if wrong or expected < 2:
            path, n = next(iter((wrong or counts).items()))
            place = next(p for p in populations if p.path == path).calls[-1].origin
            raise OtherLayout(
                f"{self._lifter.weaver.places.describe(place)}: neuron '{path}' ran {n} times for "
                f"{expected} ticks of input; a population is updated once per tick",
                ran=n,
                ticks=expected,
            )
        return expected

    def _outputs(self, ticks: int) -> dict[str, Output | ImportRefused]:
        returned = self._run.returned
        decoder = Decoder(self._lifter, ticks)
        if self._calling.layout == "step":
            rows = [dict(leaves(tick)) for tick in cast("tuple[object, ...]", returned)]
            found = {
                label: self._stack(decoder, label, [row.get(label) for row in rows])
                for label, value in rows[-1].items()
                if isinstance(value, Var)
            }
        else:
            found = self._lists(decoder, ticks) or {
                label: self._tensor(decoder, label, value)
                for label, value in leaves(returned)
                if isinstance(value, Var)
            }
        if not found:
            raise ImportRefused("the model returns no tensor")
        return found

    def _lists(self, decoder: Decoder, ticks: int) -> dict[str, Output | ImportRefused]:
        """Returned lists that hold one tensor for each tick."""
        found: dict[str, Output | ImportRefused] = {}
        for label, value in leaves(self._run.returned, ticks):
            if isinstance(value, tuple):
                output = self._stack(decoder, label, value)
                if isinstance(output, Output):
                    found[label] = replace(output, listed=True)
        return found

    def _tensor(self, decoder: Decoder, label: str, value: Var) -> Output | ImportRefused:
        try:
            returned = self._lifter.read_returned(value)
            if isinstance(returned, Scored):
                return decoder.score(label, returned)
            return decoder.output(label, returned)
        except ImportRefused as refusal:
            return refusal

    def _stack(self, decoder: Decoder, label: str, row: Sequence[object]) -> Output | ImportRefused:
        try:
            values = [self._lifter.value(v) for v in row if isinstance(v, Var)]
            return decoder.stack(label, values)
        except ImportRefused as refusal:
            return refusal

    def _build(self, nodes: Sequence[Node], outputs: tuple[Use, ...], output: Output) -> Network:
        wanted = self._wanted
        make = cast("Callable[..., Op]", op_class("input"))
        entry = make(shape=wanted.shape, signal=wanted.signal)
        used = {name for node in nodes for name in node.op.refs().values()}
        tensors = {k: v for k, v in self._lifter.weaver.tensors.items() if k in used}
        suggested: Decode = "count" if is_spiking(output.ticks[-1]) else "mean"
        decode = wanted.decode or output.decode or suggested
        network = Network(
            wanted.name, (Node("x", entry), *nodes), outputs, TICK_SECONDS, tensors, decode
        )
        verify(network)
        return network


def _walk(roller: Roller, output: Output) -> Use:
    """The wire of what the model returns, without a delay."""
    found, last_tick = roller.walk(output.ticks), output.ticks[-1]
    if found.delay and last_tick is not None:
        return roller.pass_on(found, last_tick.shape)
    return found


def _tuples(tree: object) -> object:
    """Nested lists and dictionaries as nested tuples."""
    if isinstance(tree, Mapping):
        return tuple(map(_tuples, tree.values()))
    return tuple(map(_tuples, tree)) if isinstance(tree, (list, tuple)) else tree


def _fires(population: Population) -> bool:
    """Whether a population puts out spikes, graded ones included."""
    return population.op.spiking or population.op.keyword == "graded"


def _member(population: Population) -> Member:
    numbers = [call.number for call in population.calls]
    every = numbers[1] - numbers[0]
    if numbers != list(range(numbers[0], numbers[0] + every * len(numbers), every)):
        raise ImportRefused(f"neuron '{population.path}' is not called alike at every tick")
    return Member(population.path, numbers[0], every)
