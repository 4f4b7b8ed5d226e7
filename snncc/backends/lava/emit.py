"""Program → files of a Lava package: one generated, one of weights, the rest as they stand."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import PurePosixPath

import numpy as np

from snncc.backends import Files, pack_npz
from snncc.ir import Values

from .host import Register
from .netx import hdf5
from .population_tick import Population
from .program import Host, Neurons, Program, Synapses

AS_THEY_STAND = {
    "run.py": "package/run.py.txt",
    "parts.py": "package/parts.py.txt",
    "compat.py": "package/compat.py.txt",
    "neurons/processes.py": "package/processes.py.txt",
    "arithmetic.py": "population_tick.py",
    "host.py": "host.py",
    "requirements.txt": "package/requirements.txt",
    "lava.txt": "package/lava.txt",
}


def emit(program: Program) -> Files:
    """network.py, weights.npz and what runs them."""
    here = files(__package__ or "snncc.backends.lava")
    found = {name: (here / origin).read_bytes() for name, origin in AS_THEY_STAND.items()}
    found["network.py"] = _network(program).encode()
    found["weights.npz"] = pack_npz(_arrays(program))
    if program.netx:
        found["network.net"] = hdf5(program)
        found["load_netx.py"] = (here / "package/load_netx.py.txt").read_bytes()
    return {PurePosixPath(name): content for name, content in sorted(found.items())}


def _network(program: Program) -> str:
    """The wiring, as a Lava user would write it."""
    inputs = "".join(
        f"    {s.name!r}: {_port(program, i)},\n" for i, s in enumerate(program.sources)
    )
    phases = dict.fromkeys(_list_inputs(program), 0) | {n.name: n.phase for n in program.neurons}
    parts = {n.name: n.population for n in program.neurons if n.name != n.population}
    hosts = {host.name: _host(host) for host in program.hosts}
    sums = {name: reader.shift for name, reader in program.readers.items()}
    lines = "".join(f"    {line}\n" if line else "\n" for line in _lines(program))
    steps = f"{program.period} step(s)"
    return f'''"""{program.name} as Lava processes: one tick of {program.tick:g} s takes {steps}.

Processes update in the steps PHASES + ticks * PERIOD. PARTS are processes that are a part of a
population: weights.npz has as NAME.members which of its neurons they are. HOSTED values are
computed of the inputs before they enter. SUMS are read off a current u: (u >> SUMS) + NAME.offset.
Made by snncc.
"""

from parts import Parts

PERIOD = {program.period}
PHASES = {_table(phases)}
SHAPES = {_table(program.shapes)}
PARTS = {_table(parts)}
INPUTS = {{
{inputs}}}
HOSTED = {_table(hosts)}
SUMS = {_table(sums)}
OUTPUTS = {tuple(wire.text for wire in program.outputs)!r}


def build(parts: Parts) -> None:
    """Makes and connects all processes."""
{lines}'''


def _table(values: Mapping[str, object]) -> str:
    if not values:
        return "{}"
    rows = "".join(f"    {name!r}: {value!r},\n" for name, value in values.items())
    return "{\n" + rows + "}"


def _port(program: Program, index: int) -> str:
    format = program.sources[index].format
    if format is None:
        return "{'bits': 0}"
    kept = {"bits": format.bits, "fraction": format.unit, "low": format.low, "high": format.high}
    return repr(kept)


def _list_inputs(program: Program) -> tuple[str, ...]:
    """What is sent into the chip."""
    return *(s.name for s in program.sources), *(host.name for host in program.hosts)


def _host(host: Host) -> Mapping[str, object]:
    r = host.whole
    reads = tuple((each.source, each.delay) for each in r.currents)
    return {"reads": reads, "fraction": r.fraction, "low": r.low, "high": r.high}


def _lines(program: Program) -> Iterator[str]:
    heard = {s.source for s in program.synapses}
    for name in _list_inputs(program):
        if name in heard:
            yield f"{_name(name)} = parts.source({name!r})"
    yield ""
    for n in program.neurons:
        yield from _population(n)
    yield ""
    for s in program.synapses:
        yield _synapses(s)
    yield ""
    for wire in program.outputs:
        for n in program.parts(wire.population) if not wire.state else ():
            yield f"parts.sink({f'%{n.name}'!r}, {_name(n.name)})"


def _name(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name == "parts" else name


def _population(n: Neurons) -> Iterator[str]:
    head = f"{_name(n.name)} = parts."
    if n.registers is not None:
        r = n.registers
        late = f", clear={n.phase}" if r.cleared else ""
        yield f"{head}lif({n.name!r}, {n.size}, du={r.du}, dv={r.dv}, vth={r.vth}{late})"
        return
    p = n.whole
    yield f"# No stock LIF: {n.why}. On silicon this needs microcode."
    yield (
        f"{head}neuron({n.name!r}, {n.size}, reset={p.reset!r}, order={p.order!r}, "
        f"strict={p.strict}, spikes={p.spikes}, refractory={p.refractory}, shift={p.shift}, "
        f"current_order={p.current_order!r}, phase={n.phase})"
    )


def _synapses(s: Synapses) -> str:
    ends = f"parts.{s.kind}({s.name!r}, {_name(s.source)}, {_name(s.target)}"
    bits = f", message_bits={s.message_bits}" if s.message_bits else ""
    if s.kind == "conv":
        w = s.window
        assert w is not None
        return (
            f"{ends}, size={w.size}, out={w.out}, stride={w.stride}, padding={w.padding}, "
            f"dilation={w.dilation}, groups={w.groups}{bits})"
        )
    shape = f", ({s.outputs}, {s.inputs})" if s.kind == "sparse" else ""
    late = f", delay={s.extra}" if s.extra else ""
    return f"{ends}{shape}, weight_exp={(0 if s.doubled else -1) + s.exponent}{late}{bits})"


def _arrays(program: Program) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for host in program.hosts:
        found |= _register(host.name, host.whole) | _register(f"{host.name}.real", host.real)
    for name, reader in program.readers.items():
        found[f"{name}.offset"] = reader.offset.astype(np.int32)
        found[f"{name}.real.offset"] = reader.real_offset
    for n in program.neurons:
        found |= _stock(n) if n.registers is not None else _list_arrays(n)
        if n.name != n.population:
            found[f"{n.name}.members"] = n.members.astype(np.int32)
    for s in program.synapses:
        # Dense and Sparse keep even weights in mixed sign mode; Conv takes them as they are.
        double = s.doubled or s.kind != "conv"
        found[s.name] = ((s.weights >> s.exponent) * (2 if double else 1)).astype(np.int16)
        found[f"{s.name}.real"] = np.asarray(s.real, dtype=np.float64)
        if s.kind == "sparse":
            found[f"{s.name}.rows"] = s.rows.astype(np.int32)
            found[f"{s.name}.columns"] = s.columns.astype(np.int32)
    return found


def _register(name: str, r: Register) -> dict[str, Values]:
    found = {f"{name}.constant": r.constant}
    if r.factor is not None:
        found[f"{name}.factor"] = r.factor
    for index, each in enumerate(r.currents):
        found[f"{name}.{index}"] = each.weights
        found[f"{name}.{index}.rows"] = each.rows.astype(np.int32)
        found[f"{name}.{index}.columns"] = each.columns.astype(np.int32)
    return found


def _stock(n: Neurons) -> dict[str, Values]:
    r, p = n.registers, n.real
    assert r is not None
    leak = 0.0 if p.decay is None else 1.0 - float(p.decay[0])
    fade = 1.0 if p.current_decay is None else 1.0 - float(p.current_decay[0])
    return {
        f"{n.name}.bias_mant": np.array(r.mantissa, dtype=np.int16),
        f"{n.name}.bias_exp": np.array(r.exponent, dtype=np.int16),
        f"{n.name}.v": r.start.astype(np.int32),
        f"{n.name}.real": np.array([fade, leak, float(p.threshold[0])]),
        f"{n.name}.real.bias": p.bias,
        f"{n.name}.real.v": r.float_start,
    }


def _list_arrays(n: Neurons) -> dict[str, Values]:
    def arrays(p: Population, part: str) -> dict[str, Values]:
        values = {
            "decay": p.decay,
            "current_decay": p.current_decay,
            "bias": p.bias,
            "threshold": p.threshold,
            "amount": p.amount,
            "initial": p.initial,
            "floor": p.floor,
        }
        return {
            f"{n.name}{part}.{key}": value for key, value in values.items() if value is not None
        }

    return arrays(n.whole, "") | arrays(n.real, ".real")
