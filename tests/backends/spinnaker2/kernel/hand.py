"""A loop that is cut over cores by hand, with everything a core may receive; no tests here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snncc.backends.spinnaker2.kernel.partition.core_parts import HOST, Core, Parts, Stretch
from snncc.ir import Network, Use, Values, parse, tensors, verify

SPIKES, SENSORS, NEURONS, VALUES, SCORES = 7, 5, 80, 4, 3
MIDDLE = 50
NEURON = (
    'bias=0.0, threshold=60.0, compare=">=", reset="subtract", reset_amount=60.0, '
    'reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.8'
)
STATE = "v=s16q0/half-even/saturate, decay=x15/toward-zero"
WEIGHT = "weight=s8q0/half-even/trap"
CODES = "value=s16q0/half-even/saturate"
RNG = np.random.default_rng(11)
WEIGHTS = {
    name: RNG.integers(-100, 101, shape).astype(float)
    for name, shape in {
        "c": (NEURONS, SPIKES),
        "d": (NEURONS, SENSORS),
        "r": (NEURONS, NEURONS),
        "y": (VALUES, NEURONS),
        "z": (SCORES, VALUES),
        "b": (SCORES, NEURONS),
    }.items()
}


def loop() -> Network:
    """Spikes and a sensor into recurrent neurons, values of them, and scores."""
    return _network(
        f"""\
  %x = input() {{shape=[{SPIKES}], signal="spike"}}
  %w = input() {{shape=[{SENSORS}], signal="real"}} : {CODES}
  %c = dense(%x) {{weight=@c}} : {WEIGHT}
  %d = dense(%w) {{weight=@d}} : {WEIGHT}
  %r = dense(%s@-1) {{weight=@r}} : {WEIGHT}
  %i = sum(%c, %d, %r)
  %s = lif(%i) {{{NEURON}}} : {STATE}
  %y = dense(%s) {{weight=@y}} : {WEIGHT}
  %z = dense(%y) {{weight=@z}} : {WEIGHT}
  %b = dense(%s@-2) {{weight=@b}} : {WEIGHT}
  %o = sum(%z, %b)
  return %o, %y
""",
        WEIGHTS,
    )


def alone() -> Parts:
    """The loop on one core."""
    network = loop()
    outputs = (*network.outputs, Use("s"))
    part = verify(replace(network, outputs=outputs))
    ports = ((_from_host(0, SPIKES),), (_from_host(1, SENSORS),))
    sizes = (SCORES, VALUES, NEURONS)
    wires = {
        str(use): (Stretch(0, number, 0, size, 0),)
        for number, (use, size) in enumerate(zip(outputs, sizes, strict=True))
    }
    return Parts(network, (Core(part, 0, ports),), wires)


def cut(middle: int = MIDDLE) -> Parts:
    """The neurons on two cores up to and from `middle`, values and scores on one each."""
    return Parts(
        network=loop(),
        cores=(
            _half(0, middle, middle),
            _half(middle, NEURONS, middle),
            Core(_values(), 1, (_neurons(middle),)),
            Core(_scores(), 2, ((Stretch(2, 0, 0, VALUES, 0),), _neurons(middle))),
        ),
        wires={
            "%o": (Stretch(3, 0, 0, SCORES, 0),),
            "%y": (Stretch(2, 0, 0, VALUES, 0),),
            "%s": _neurons(middle),
        },
    )


def signal(samples: int = 3, ticks: int = 12) -> dict[str, Values]:
    """Spikes and values for the loop."""
    rng = np.random.default_rng(3)
    return {
        "x": (rng.random((samples, ticks, SPIKES)) < 0.3).astype(float),
        "w": rng.integers(-2, 3, (samples, ticks, SENSORS)).astype(float),
    }


def _half(start: int, stop: int, middle: int) -> Core:
    rows = stop - start
    weights = {name: WEIGHTS[name][start:stop] for name in "cdr"}
    part = _network(
        f"""\
  %x = input() {{shape=[{SPIKES}], signal="spike"}}
  %w = input() {{shape=[{SENSORS}], signal="real"}} : {CODES}
  %all = input() {{shape=[{NEURONS}], signal="spike"}}
  %c = dense(%x) {{weight=@c}} : {WEIGHT}
  %d = dense(%w) {{weight=@d}} : {WEIGHT}
  %r = dense(%all) {{weight=@r}} : {WEIGHT}
  %i = sum(%c, %d, %r)
  %s = lif(%i) {{{NEURON}}} : {STATE}
  return %s
""",
        weights,
    )
    assert part.shapes["s"] == (rows,)
    ports = ((_from_host(0, SPIKES),), (_from_host(1, SENSORS),), _neurons(middle))
    return Core(part, 0, ports)


def _values() -> Network:
    return _network(
        f"""\
  %all = input() {{shape=[{NEURONS}], signal="spike"}}
  %y = dense(%all) {{weight=@y}} : {WEIGHT}
  return %y
""",
        {"y": WEIGHTS["y"]},
    )


def _scores() -> Network:
    """Receives this tick's values and neurons, of which it keeps those of two ticks ago."""
    return _network(
        f"""\
  %y = input() {{shape=[{VALUES}], signal="real"}} : {CODES}
  %all = input() {{shape=[{NEURONS}], signal="spike"}}
  %z = dense(%y) {{weight=@z}} : {WEIGHT}
  %b = dense(%all@-2) {{weight=@b}} : {WEIGHT}
  %o = sum(%z, %b)
  return %o
""",
        {"z": WEIGHTS["z"], "b": WEIGHTS["b"]},
    )


def _neurons(middle: int) -> tuple[Stretch, ...]:
    return Stretch(0, 0, 0, middle, 0), Stretch(1, 0, 0, NEURONS - middle, middle)


def _from_host(number: int, size: int) -> Stretch:
    return Stretch(HOST, number, 0, size, 0)


def _network(lines: str, weights: dict[str, Values]) -> Network:
    return verify(
        parse(f"network loop tick=0.001s decode=last {{\n{lines}}}\n", tensors(**weights))
    )
