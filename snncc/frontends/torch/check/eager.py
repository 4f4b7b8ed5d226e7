"""The user's own module, run as it is in float64, and the spikes of all of its neurons."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused, Tally, Trace, UsageError, Values

from ..lift.assembly import Traced
from ..lift.decode import leaves
from ..neurons.library import Found
from ..record.calling import Calling, Rest, call_model, clone
from ..record.origin import Places
from ..record.precision import float64
from ..written.watch import ComparisonWatch
from .watched import ComparisonFailed, Watched

NUMBERS = 1 << 22
SAMPLES = (16, 512)
"""How many input values, and between how many samples, run at a time: many are fast, and must fit
into memory."""


RETURNED = "%returned"
"""The wire of what the model returned; no network has it."""


class ModelFailed(ImportRefused):
    """The user's model raised when it was run."""


class OtherLength(ModelFailed):
    """The user's model computed more or fewer ticks than its input has."""


@dataclass(frozen=True, eq=False)
class EagerModel:
    """A model that can be run beside its network.

    Attributes:
        model: in eval mode, float64.
        neurons: by path.
        traced: the network, and where in the model its populations are.
    """

    model: nn.Module
    neurons: Mapping[str, Found]
    calling: Calling
    traced: Traced

    def __call__(self, signal: Values) -> Trace:
        """Spikes of every population, on the network's wires, and what is returned on `%returned`.

        Where the model itself reduces its ticks to a score, that wire is such that the network's
        decoder gives this score; it is the output, unless that is a population's spikes.

        Args:
            signal: `[samples, ticks, *shape]`.

        Raises:
            UsageError: the model fixes the number of ticks, or presents one input at all of them.
            ModelFailed: it raises for this many ticks.
        """
        self._check(signal)
        batch = max(SAMPLES[0], min(SAMPLES[1], NUMBERS // signal[0].size))
        parts = [self._play_whole(signal[i : i + batch]) for i in range(0, len(signal), batch)]
        wires = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        return Trace(wires, self._list_outputs(wires))

    def watch(self, signal: Values, ticks: int, each: Callable[[Trace], None]) -> Values:
        """One score per class `[samples, classes]`; arguments as `WatchedEager` explains.

        What a model that computes all ticks in one call keeps of them stays in memory, as its
        input does: it `holds_ticks`.

        Raises:
            UsageError, ModelFailed: as a call.
        """
        self._check(signal)
        tally = Tally(self.traced.network.decode)

        def hand_on(wires: Mapping[str, Values]) -> None:
            trace = Trace(wires, self._list_outputs(wires))
            if trace.outputs != (RETURNED,):
                tally.add(trace)
            each(trace)

        if self._list_outputs(f"%{name}" for name in self.traced.members) != (RETURNED,):
            self._run(signal, ticks, hand_on, _drop)
        elif self.calling.layout == "step":
            rows = _Rows(tally, ticks)
            self._run(signal, ticks, hand_on, lambda made: rows.add(self._read_row(made)))
            rows.end()
        else:
            return self._score_returned(self._run(signal, ticks, hand_on), signal.shape[1])
        return tally.scores()

    @property
    def holds_ticks(self) -> bool:
        """Whether the ticks of a sample lie in memory together, and may be fewer."""
        return self.calling.layout not in ("step", "static") and not self.traced.ticks

    def _score_returned(self, returned: object, ticks: int) -> Values:
        """The scores `[samples, classes]` of what all ticks together returned."""
        if self.traced.readout is not None or self.traced.reduced is not None:
            return self._find_scores(returned)
        rows = self._join_outputs(returned, ticks)
        return Trace({RETURNED: rows}, (RETURNED,)).scores(self.traced.network.decode)

    def _list_outputs(self, wires: Iterable[str]) -> tuple[str, ...]:
        wire = str(self.traced.network.outputs[0])
        return (wire if wire in wires else RETURNED,)

    def _check(self, values: Values) -> None:
        ticks = self.traced.ticks
        if ticks and values.shape[1] != ticks:
            raise UsageError(f"the model runs {ticks} ticks, the data has {values.shape[1]}")
        if self.calling.layout == "static" and not np.array_equal(
            values, np.broadcast_to(values[:, :1], values.shape)
        ):
            raise UsageError(
                "the model presents one input at every tick; the data changes from tick to tick "
                "(give [samples, *shape] and --option ticks=N)"
            )

    def _play_whole(self, signal: Values) -> dict[str, Values]:
        wires: dict[str, Values] = {}
        returned = self._run(signal, signal.shape[1], wires.update)
        wires[RETURNED] = self._join_outputs(returned, signal.shape[1])
        return wires

    def _run(
        self,
        signal: Values,
        ticks: int,
        each: Callable[[Mapping[str, Values]], None],
        keep: Callable[[object], object] = clone,
    ) -> object:
        """What the model returns; `each` is given the spikes of so many ticks after the other.

        Of each call of the model, what `keep` makes of it stays.
        """
        watched = Watched(self.traced.members, signal.shape[1], ticks, each)
        with self._listening(watched):
            returned = self._call(signal, keep)
        self._demand(watched.end(), signal.shape[1])
        return returned

    def _demand(self, found: int, ticks: int) -> None:
        if found != ticks:
            raise OtherLength(
                f"{type(self.model).__name__} computes {found} ticks where its input has {ticks}: "
                f"cut the data instead, or give --option ticks={found}"
            )

    @contextmanager
    def _listening(self, watched: Watched) -> Generator[None]:
        hooks = []
        by_hand = {
            m.path: m.compared for m in self.traced.members.values() if m.compared is not None
        }
        for path in watched.paths:
            if path in by_hand:
                continue
            neuron = self.neurons[path]

            def record_spikes(
                module: nn.Module, _: object, out: object, path: str = path, neuron: Found = neuron
            ) -> None:
                watched.add(path, neuron.library.spikes(module, out))

            hooks.append(neuron.module.register_forward_hook(record_spikes))
        libraries = tuple({str(n.library.folder) for n in self.neurons.values()})
        places = Places(libraries)
        try:
            if not by_hand:
                yield
                return
            with places.watching(self.model), ComparisonWatch(by_hand, places, watched.add):
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def _call(self, values: Values, keep: Callable[[object], object]) -> object:
        rest = Rest(self.model)
        for library in {found.library for found in self.neurons.values()}:
            library.rest(self.model)
            library.sized(self.model, len(values))
        try:
            with float64(), self._running(values.shape[1]):
                step = self.calling.layout == "step"
                fed = _feed_ticks(values) if step else self.calling.feed(_put_ticks_first(values))
                return call_model(self.model, self.calling, fed, keep)
        finally:
            rest.restore()

    @contextmanager
    def _running(self, ticks: int) -> Generator[None]:
        try:
            yield
        except ComparisonFailed as failed:
            raise failed.why from None
        except Exception as error:
            raise ModelFailed(
                f"{type(self.model).__name__} fails when it runs for {ticks} ticks "
                f"({type(error).__name__}: {error}); --option ticks=N says for how many it is made"
            ) from error

    def _join_outputs(self, returned: object, ticks: int) -> Values:
        """The output of all ticks, `[samples, ticks, values]`."""
        order = self.traced.order
        rows: Sequence[Tensor] = ()
        if self.calling.layout == "step":
            rows = [self._output(r) for r in cast("Sequence[object]", returned)]
        elif self.traced.listed:
            found = dict(leaves(returned, ticks))[self.traced.output]
            rows = cast("Sequence[Tensor]", found)
        if rows:
            self._demand(len(rows), ticks)
            series = torch.stack([row.permute(order) for row in rows], dim=1)
            return series.double().reshape(len(series), ticks, -1).numpy()
        if self.traced.readout is not None or self.traced.reduced is not None:
            return self._undo_decoder(self._find_scores(returned), ticks)
        output = self._output(returned).permute(order).double()
        self._demand(output.shape[1], ticks)
        return output.reshape(len(output), ticks, -1).numpy()

    def _find_scores(self, returned: object) -> Values:
        """Scores `[samples, classes]` that the model itself makes of its ticks."""
        output = self._output(returned)
        if self.traced.readout is not None:
            return self.traced.readout.compute_returned(output)
        output = output.permute(self.traced.order).double()
        return output.reshape(len(output), -1).numpy()

    def _undo_decoder(self, scores: Values, ticks: int) -> Values:
        """The ticks of which the decoder makes these scores `[samples, classes]`."""
        series = np.zeros((len(scores), ticks, scores.shape[1]))
        whole = self.traced.reduced in ("mean", "max")
        series[:, 0 if whole else -1 :] = scores[:, None]
        return series

    def _read_row(self, returned: object) -> Values:
        """The output `[samples, 1, values]` of a tick, in memory of its own."""
        row = self._output(returned).permute(self.traced.order)
        return np.array(row.double().reshape(len(row), 1, -1).numpy())

    def _output(self, returned: object) -> Tensor:
        return cast("Tensor", dict(leaves(returned))[self.traced.output])


class _Rows:
    """Outputs of single ticks, put into a tally window by window.

    Args:
        tally: of the scores.
        ticks: of a window.
    """

    def __init__(self, tally: Tally, ticks: int) -> None:
        self._tally, self._ticks = tally, ticks
        self._rows: list[Values] = []

    def add(self, row: Values) -> None:
        """Takes the next tick `[samples, 1, values]`."""
        self._rows.append(row)
        if len(self._rows) == self._ticks:
            self.end()

    def end(self) -> None:
        """Takes into account what is left."""
        if self._rows:
            series = np.concatenate(self._rows, axis=1)
            self._tally.add(Trace({RETURNED: series}, (RETURNED,)))
            self._rows.clear()


def _feed_ticks(signal: Values) -> Iterator[Tensor]:
    """One tick `[samples, *shape]` after the other, each in memory of its own."""
    for tick in range(signal.shape[1]):
        yield torch.from_numpy(np.array(signal[:, tick], dtype=np.float64, order="C"))


def _put_ticks_first(signal: Values) -> Tensor:
    """All ticks together, `[ticks, samples, *shape]`."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(signal, 1, 0), dtype=np.float64))


def _drop(returned: object) -> None:
    """Keeps nothing of what was returned."""
