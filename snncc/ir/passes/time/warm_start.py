"""WarmStart: constants of neurons that run for some ticks before their first one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...arithmetic.number import Single
from ...edit import keep_tensor, tidy
from ...edit import replace as replace_nodes
from ...errors import PassError
from ...network import Network, Node
from ...param import Values, values_of
from ...views import arithmetic
from ..base import Effect, Pass
from ..fold.move_constants import lay
from .retime import phases

LOOKED_AT = 32  # ticks: after so many a potential may rest, and is followed no longer
NEAR = 64  # neighbours of a float32 among which a start is looked for


@dataclass(frozen=True)
class WarmStart(Pass):
    """Let a bias act on neurons that all start at once, though their inputs reach them late.

    Where a synapse takes a tick, the tick 0 of a population is a later one of the chip, and until
    then its bias is there and its input is not. So it begins lower, where the bias alone takes it
    to its initial potential by then; what rounding leaves of the way is the new initial potential.
    Where a start would be above the threshold, whole codes of the bias become biases of synapses,
    which a source can carry that begins in time, and less than one code remains.

    Establishes: `start` finds the potential to begin with, for each population in float32.
    May change: a bias by less than its rounding, an initial potential by the last bits.
    Leaves as it is: a network whose loops have fewer ticks than synapses; it must run otherwise.
    Stands last: it needs float32 states, and the order of the populations.
    """

    name = "warm-start"
    effect = Effect.APPROXIMATE
    agreement = 0.5
    of_spikes = True
    hop: int = 1

    def __call__(self, network: Network) -> Network:
        try:
            late = phases(network, 1, self.hop)
        except PassError:
            return network
        for name in [node.name for node in network.populations]:
            if late[name] and isinstance(network[name].formats.get("v"), Single):
                network = _start(network, name, late[name])
        return tidy(network)


@dataclass(frozen=True, eq=False)
class Warming:
    """A population's potential before its tick 0, in float32 codes, `[*shape]` each."""

    decay: Values
    bias: Values
    threshold: Values
    initial: Values

    def run_idle(self, start: Values, ticks: int) -> tuple[Values, Values]:
        """The potential after that many ticks without input; whether it stayed below threshold."""
        v = start.astype(np.float32)
        calm = v < self.threshold
        for tick in range(ticks):
            before, v = v, v * self.decay + self.bias
            calm &= v < self.threshold
            if not tick % LOOKED_AT and np.array_equal(before, v):  # and so it stays
                break
        return v, calm

    def begin(self, ticks: int) -> Values:
        """Where the potential begins, so that it comes near the initial one."""
        v = self.initial.astype(np.float64)
        decay = self.decay.astype(np.float64)
        if ticks > LOOKED_AT:
            return self._compute_far_start(v, decay, ticks)
        for _ in range(ticks):
            v = np.divide(v - self.bias, decay, out=np.zeros_like(v), where=decay > 0)
        with np.errstate(over="ignore"):
            return v.astype(np.float32)

    def _compute_far_start(self, v: Values, decay: Values, ticks: int) -> Values:
        """As `begin`, in one step: each tick back is v <- (v - bias) / decay.

        Its distance from rest = bias / (1 - decay) so grows by 1 / decay; where nothing leaks, it
        moves by the bias.
        """
        bias = self.bias.astype(np.float64)
        leaks, known = decay != 1.0, decay > 0
        with np.errstate(over="ignore"):
            rest = np.divide(bias, 1.0 - decay, out=np.zeros_like(v), where=leaks)
            grown = np.power(decay, -float(ticks), out=np.zeros_like(v), where=known)
            away = np.multiply(v - rest, grown, out=np.zeros_like(v), where=v != rest)
            found = np.where(leaks, rest + away, v - ticks * bias)
            return np.where(known, found, 0.0).astype(np.float32)


def compute_warming(network: Network, node: Node) -> Warming:
    """What a population in float32 does while it waits for its tick 0."""
    leak, shape = node.op.leak, network.shapes[node.name]
    assert leak is not None, f"%{node.name} does not state how its potential leaks"
    a = arithmetic(network, node.name)
    threshold = np.full(shape, np.inf, dtype=np.float32)
    if leak.threshold is not None:
        threshold = np.broadcast_to(a.quantity(leak.threshold, "v"), shape)
    return Warming(
        np.broadcast_to(values_of(leak.decay, network.tensors).astype(np.float32), shape),
        np.broadcast_to(a.quantity(leak.bias, "v"), shape),
        threshold,
        np.broadcast_to(a.quantity(leak.initial, "v"), shape),
    )


def start(network: Network, node: Node, ticks: int) -> Values | None:
    """The potential, float32 codes `[*shape]`, from which `ticks` ticks lead to the initial one.

    None where there is none from which that is exact and no spike falls on the way.
    """
    w = compute_warming(network, node)
    guess = w.begin(ticks)
    found, done = np.zeros_like(guess), np.zeros(guess.shape, dtype=bool)
    for candidates in (np.stack([np.zeros_like(guess), w.initial, guess]), _list_near(guess)):
        end, calm = w.run_idle(candidates, ticks)
        fits = (end == w.initial) & calm
        first = np.take_along_axis(candidates, fits.argmax(axis=0)[None], axis=0)[0]
        found, done = np.where(done, found, first), done | fits.any(axis=0)
        if np.all(done):
            return found
    return None


def _list_near(guess: Values) -> Values:
    """The neighbours of a float32, the nearest first, `[2 NEAR, *shape]`."""
    up = down = guess
    near: list[Values] = []
    for _ in range(NEAR):
        up, down = np.nextafter(up, np.float32(np.inf)), np.nextafter(down, np.float32(-np.inf))
        near += [up, down]
    return np.stack(near)


def _start(network: Network, name: str, ticks: int) -> Network:
    node = network[name]
    if node.op.leak is None:
        return network
    w = compute_warming(network, node)
    if not np.any(w.bias) and not np.any(w.initial):
        return network
    begin = w.begin(ticks)
    end, calm = w.run_idle(begin, ticks)
    calm &= np.isfinite(end) & (np.abs(end - w.initial) <= 1)
    if not np.all(calm):
        network = _round_biases(network, node, calm)
        node = network[name]
        w = compute_warming(network, node)
        if np.any(w.initial[~calm]):
            sentence = (
                f"nothing leads to its initial potential without a spike in {ticks} tick(s) before "
                "its first one; let it begin at zero"
            )
            raise PassError(node.problem("warm-start", sentence))
        begin = np.where(calm, begin, np.float32(0))
        end, _ = w.run_idle(begin, ticks)
    unit = arithmetic(network, name).unit_of("v")
    network, ref = keep_tensor(network, f"{name}.initial", end.astype(np.float64) * unit)
    return replace_nodes(network, replace(node, op=node.op.with_fields(initial=ref)))


def _round_biases(network: Network, node: Node, calm: Values) -> Network:
    """Whole codes of the biases of neurons that are not calm, as biases of synapses."""
    leak = node.op.leak
    if leak is None or len(node.inputs) != 1 or np.any(compute_warming(network, node).initial):
        return network
    unit = np.broadcast_to(arithmetic(network, node.name).input_unit(), calm.shape)
    bias = np.broadcast_to(values_of(leak.bias, network.tensors), calm.shape)
    whole = np.where(calm, 0.0, np.rint(bias / unit) * unit)
    laid = lay(network, node.inputs[0], whole)
    if laid is None:
        return network
    network, ref = keep_tensor(laid, f"{node.name}.rest", bias - whole)
    return replace_nodes(network, replace(network[node.name], op=node.op.with_fields(bias=ref)))
