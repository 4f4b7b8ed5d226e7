"""The stages that run on this machine, side by side, window by window of a signal's ticks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from snncc.datasets import Samples
from snncc.frontends import Eager, HoldingEager, WatchedEager
from snncc.ir import DeviceError, Stream, Trace, Values, events
from snncc.loss import Measured
from snncc.portions import (
    choose_samples,
    choose_whole_samples,
    choose_whole_ticks,
    choose_window,
    split_range,
)

from .comparison import Comparison, Scores
from .lowered import Lowered

MODEL_VALUES = 1 << 25
"""Input values, all ticks of all samples together, that a model itself is given at a time."""
HELD_VALUES = 128
"""As many values of memory do the tensors take that a model holds of a tick, beside their own.

PyTorch 2: a tensor of 8 numbers takes 490 bytes, and a loop over ticks appends one or two of them.
"""


@dataclass
class SideBySide:
    """What was found so far of the model, both references and the program on this machine.

    Attributes:
        lowered: the bundle's program.
        model: the user's own; None where it is not here.
        scores, measured: gathered for all stages.
        advance: receives how many ticks of samples are done, and of how many.
        notes: what was left out, a sentence each.
    """

    lowered: Lowered
    model: Eager | None
    scores: Scores
    measured: Measured
    advance: Callable[[int, int], None]
    eager: Comparison = field(default_factory=lambda: Comparison("eager", "reference-float"))
    native: Comparison = field(default_factory=lambda: Comparison("reference-quantized", "native"))
    notes: tuple[str, ...] = ()

    def compare(self, samples: Samples) -> None:
        """Compares all samples, as many of them at a time as memory allows.

        Raises:
            SnnccError: the model itself fails on these data.
        """
        for some in split_range(len(samples), self._choose_step(samples.signal)):
            labels = None if samples.labels is None else samples.labels[some]
            _Batch(self, samples.signal, some).compare(labels)

    def choose_held(self, ticks: int) -> int:
        """How many ticks of a sample the model itself is given: all, or as many as it can hold."""
        if not isinstance(self.model, HoldingEager) or not self.model.holds_ticks:
            return ticks
        return min(ticks, choose_whole_ticks(self.lowered.bundle.source, HELD_VALUES))

    def _choose_step(self, signal: Values) -> int:
        network, ticks = self.lowered.bundle.network, signal.shape[1]
        held = self.choose_held(ticks)
        if held < ticks:
            self.notes = (
                f"the model itself was given the first {held:,} of {ticks:,} ticks of a sample, as "
                "it holds all that it is given in memory; one that is called tick by tick gets all",
            )
            return 1
        step = choose_samples(network, ticks)
        if not self.lowered.takes_parts:
            step = min(step, choose_whole_samples(network, ticks))
        if self.model is not None:
            step = min(step, max(1, MODEL_VALUES // signal[0].size))
        return step


class _Batch:
    """Some samples from rest to their last tick."""

    def __init__(self, found: SideBySide, signal: Values, some: slice) -> None:
        self._found, self._signal, self._first = found, signal[some], some.start
        self._of = len(signal) * signal.shape[1]
        bundle = found.lowered.bundle
        self._source = bundle.source
        self._real = Stream(bundle.source, record="spikes")
        self._codes = Stream(bundle.network, record="spikes")
        self._native: Callable[[slice], Trace] | None = None
        self._saturated: dict[str, int] = {}
        self._done = 0

    def compare(self, labels: Values | None) -> None:
        """Compares all stages in all ticks; the scores of each are counted against the labels."""
        found, model = self._found, self._found.model
        samples, ticks = self._signal.shape[:2]
        step = choose_window(found.lowered.bundle.network, samples)
        known: dict[str, Values] = {}
        if isinstance(model, WatchedEager):
            held = found.choose_held(ticks)
            scores = model.watch(self._signal[:, :held], step, self._compare_model)
            if held == ticks:
                known["eager"] = scores
        elif model is not None:
            own = model(self._signal)
            known["eager"] = own.scores(self._source.decode)
            for window in split_range(ticks, step):
                self._compare_model(own.cut(window))
        while self._done < ticks:  # what no model has seen
            self._play(slice(self._done, min(self._done + step, ticks)))
        every = found.scores.end(labels, **known)
        found.measured.end(
            every["reference-float"], every["reference-quantized"], self._saturated, labels
        )

    def _compare_model(self, own: Trace) -> None:
        """The model's next ticks, and all that follows on them."""
        count = next(iter(own.wires.values())).shape[1]
        window = slice(self._done, self._done + count)
        real = self._play(window)
        left, right = (events(self._source, trace) for trace in (own, real))
        self._found.eager.add(left, right, sample=self._first, tick=window.start)

    def _play(self, window: slice) -> Trace:
        """The float reference in the next ticks, once all stages behind it are compared."""
        found, signal = self._found, self._signal[:, window]
        real, codes = self._real.play(signal), self._codes.play(signal)
        found.scores.add("reference-float", real)
        found.scores.add("reference-quantized", codes)
        found.measured.add(real, codes, window.start)
        self._saturated = dict(codes.saturated)
        self._compare_native(codes, window)
        self._done = window.stop
        before = self._first * self._signal.shape[1]
        found.advance(before + len(signal) * window.stop, self._of)
        return real

    def _compare_native(self, codes: Trace, window: slice) -> None:
        found = self._found.native
        if found.absent:
            return
        try:
            if self._native is None:
                record = tuple(codes.wires)
                self._native = self._found.lowered.play_parts(record, self._signal)
            simulated = self._native(window)
        except DeviceError as error:
            found.absent = str(error)
            return
        found.add(codes, simulated, sample=self._first, tick=window.start)
        self._found.scores.add("native", simulated)
