"""A random neuron of a library behind the last value, as the library's users write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from random import Random

from .source import Source, Value, numbers


def add_neuron(source: Source, rng: Random) -> Value:
    """Neurons of any library that the style has a form for."""
    known = [name for name, (styles, _) in NEURONS.items() if source.style in styles]
    return NEURONS[rng.choice(known)][1](source, rng)


def add_integrator(source: Source, rng: Random) -> Value:
    """A layer whose output is its potential."""
    known = [name for name, (styles, _) in INTEGRATORS.items() if source.style in styles]
    return INTEGRATORS[rng.choice(known)][1](source, rng)


def _each(rng: Random, shape: tuple[int, ...], low: float, high: float) -> str:
    """One number, or one for each neuron or channel, as text."""
    if rng.random() < 0.7 or shape[0] > 20:
        return str(numbers(rng, low, high)[0])
    listed = str(numbers(rng, low, high, shape[0]))
    more = ", 1" * (len(shape) - 1)
    return f"torch.tensor({listed}).reshape({shape[0]}{more})"


def _text(name: str, fields: Mapping[str, object]) -> str:
    return f"{name}({', '.join(f'{key}={value}' for key, value in fields.items())})"


def _snntorch(source: Source, rng: Random) -> Value:
    source.imports |= {"import snntorch as snn"}
    shape, hidden = source.now.shape, source.style == "step" or rng.random() < 0.5
    kind = rng.choice(("Leaky", "Leaky", "Synaptic", "Lapicque", "Alpha", "RLeaky", "RSynaptic"))
    fields = _snntorch_fields(kind, shape, rng)
    if hidden:
        fields["init_hidden"] = True
    name = source.module("snn", _text(f"snn.{kind}", fields))
    plain = "graded_spikes_factor" not in fields
    if hidden:
        if source.style == "loop":
            source.start.append(f"{name}.reset_mem()")
        return source.let(f"{name}({source.now.name})", shape, plain)
    states = [source.fresh("m") for _ in range(STATES[kind])]
    spikes = source.fresh("s")
    # Of recurrent neurons the spikes are the first of the states.
    taken = ", ".join([spikes, *states] if kind.startswith("R") else states)
    source.start.append(f"{taken} = {name}.reset_mem()")
    source.body.append(f"{spikes}, {', '.join(states)} = {name}({source.now.name}, {taken})")
    return source.let(spikes, shape, plain)


def _snntorch_fields(kind: str, shape: tuple[int, ...], rng: Random) -> dict[str, object]:
    fields: dict[str, object] = {"beta": _each(rng, shape, 0.1, 0.95)}
    if "Synaptic" in kind:
        fields["alpha"] = _each(rng, shape, 0.1, 0.9)
    if kind == "Alpha":
        fields = {"beta": numbers(rng, 0.1, 0.5)[0], "alpha": round(rng.uniform(0.6, 0.9), 3)}
    if kind == "Lapicque":
        fields = {"R": numbers(rng, 0.5, 4)[0], "C": numbers(rng, 2, 4)[0], "time_step": 1}
    if kind.startswith("R") and len(shape) == 1 and rng.random() < 0.6:
        fields["linear_features"] = shape[0]
    elif kind.startswith("R"):
        fields |= {"all_to_all": False, "V": numbers(rng, -0.6, 0.6)[0]}
    fields["threshold"] = _each(rng, shape, 0.2, 1.5)
    fields["reset_mechanism"] = repr(rng.choice(("subtract", "zero", "none")))
    if kind in ("Leaky", "Synaptic", "RLeaky"):
        fields["reset_delay"] = rng.random() < 0.6
    if kind == "Leaky" and rng.random() < 0.15:
        fields["graded_spikes_factor"] = rng.choice((0.5, 2.0, 3.0))
    learnable = () if kind in ("Alpha", "Lapicque") else ("learn_threshold", "learn_beta")
    return fields | {name: True for name in learnable if rng.random() < 0.25}


STATES = {
    "Leaky": 1, "Lapicque": 1, "RLeaky": 1, "Synaptic": 2, "RSynaptic": 2, "Alpha": 3
}  # fmt: skip


def _spikingjelly(source: Source, rng: Random) -> Value:
    source.imports |= {"from spikingjelly.activation_based import neuron, surrogate"}
    shape, kinds = source.now.shape, ("IFNode", "LIFNode", "LIFNode", "ParametricLIFNode")
    kind = rng.choice((*kinds, "KLIFNode", "CUBALIFNode", "SlidingPSN"))
    multi = source.style == "multi"
    fields: dict[str, object] = {}
    if kind == "SlidingPSN":
        fields = {"k": rng.choice((1, 2, 3)), "step_mode": repr("m" if multi else "s")}
        name = source.module("psn", _text("neuron.SlidingPSN", fields))
        source.init.append(f"{name}.bias.data.fill_(-0.25)" if rng.random() < 0.5 else "pass")
        return source.let(f"{name}({source.now.name})", shape, True)
    low = numbers(rng, -0.4, 0.2)[0]
    fields["v_threshold"] = max(numbers(rng, 0.3, 1.5)[0], low + 0.1)
    fields["v_reset"] = rng.choice((None, 0.0, low))
    if kind in ("LIFNode", "KLIFNode"):
        fields["tau"] = rng.choice((2.0, 4.0, round(rng.uniform(1.2, 6.0), 2)))
    if kind == "ParametricLIFNode":
        fields["init_tau"] = round(rng.uniform(1.5, 5.0), 2)
    if kind not in ("IFNode", "CUBALIFNode"):
        fields["decay_input"] = rng.random() < 0.5
    if kind == "KLIFNode":
        fields["scale_reset"] = rng.random() < 0.3
    if kind == "CUBALIFNode":
        fields["c_decay"], fields["v_decay"] = numbers(rng, 0.2, 0.9, 2)
    if rng.random() < 0.3:
        fields["surrogate_function"] = rng.choice(("surrogate.ATan()", "surrogate.Sigmoid()"))
    if kind != "CUBALIFNode":
        fields["detach_reset"] = rng.random() < 0.5
        fields["step_mode"] = repr("m" if multi else "s")
    name = source.module("sj", _text(f"neuron.{kind}", fields))
    if kind == "CUBALIFNode" and multi:
        source.init.append(f"{name}.step_mode = 'm'")
    return source.let(f"{name}({source.now.name})", shape, True)


def _norse(source: Source, rng: Random) -> Value:
    source.imports |= {
        "import norse.torch as nt",
        "from norse.torch.functional.reset import reset_subtract",
    }
    shape, multi = source.now.shape, source.style == "multi"
    kinds = ("LIF", "IAF", "LSNN") if multi else CELLS
    kind = rng.choice(kinds)
    rate = numbers(rng, 0.1, 0.9, 3)
    waits = f"torch.tensor({float(rng.randint(1, 4))})"
    threshold = max(numbers(rng, 0.2, 1.0)[0], 0.1)
    fields: dict[str, object] = {"v_th": f"torch.tensor({threshold})"}
    low = min(numbers(rng, -0.3, 0.2)[0], threshold - 0.05)
    if "IAF" not in kind:
        fields["tau_mem_inv"] = f"torch.tensor({rate[0]})"
        fields["v_leak"] = f"torch.tensor({rng.choice((0.0, 0.0, 0.125))})"
    if "Box" not in kind and "IAF" not in kind:
        fields["tau_syn_inv"] = f"torch.tensor({rate[1]})"
    if "LSNN" in kind:
        fields["tau_adapt_inv"] = f"torch.tensor({rate[2]})"
        fields["beta"] = f"torch.tensor({numbers(rng, 0.25, 1.5)[0]})"
    fields["v_reset"] = f"torch.tensor({low})"
    if rng.random() < 0.5 and "Box" in kind:
        fields["reset_method"] = "reset_subtract"
    stem = kind.removesuffix("Cell").removesuffix("Recurrent")
    parameters = _text(f"nt.{stem}Parameters", fields)
    if "Refrac" in kind:
        parameters = f"nt.LIFRefracParameters({_text('nt.LIFParameters', fields)}, {waits})"
    sizes, size = "", prod(shape)
    if "Recurrent" in kind:
        source.flat()
        shape = (rng.choice((2, 5, 9)),)
        sizes = f"{size}, {shape[0]}, "
    name = source.module("norse", f"nt.{kind}({sizes}p={parameters}, dt=1.0)")
    if multi:
        return source.let(f"{name}({source.now.name})[0]", shape, True)
    return _stepped(source, name, shape, True)


CELLS = (
    "LIFBoxCell", "LIFCell", "IAFCell", "LIFRefracCell", "LSNNCell", "LIFRecurrentCell",
)  # fmt: skip


def _stepped(source: Source, name: str, shape: tuple[int, ...], spikes: bool) -> Value:
    """A cell of Norse with a state that the loop hands on."""
    state, out = source.fresh("z"), source.fresh("s")
    source.start.append(f"{state} = None")
    source.body.append(f"{out}, {state} = {name}({source.now.name}, {state})")
    return source.let(out, shape, spikes)


def _sinabs(source: Source, rng: Random) -> Value:
    source.imports |= {
        "import sinabs.layers as sl",
        "from sinabs.activation import MaxSpike, MembraneReset, MembraneSubtract, MultiSpike",
        "from sinabs.activation import SingleSpike",
    }
    kind = rng.choice(("LIF", "LIF", "IAF", "ALIF", "LIFRecurrent"))
    if kind.endswith("Recurrent") and len(source.now.shape) > 1:
        kind = "LIF"
    fields: dict[str, object] = {}
    if "IAF" not in kind:
        fields["tau_mem"] = round(rng.uniform(1.5, 9.0), 2)
        fields["norm_input"] = rng.random() < 0.4
    if kind == "ALIF":
        fields |= {
            "tau_adapt": round(rng.uniform(3, 12), 2),
            "adapt_scale": numbers(rng, 0.2, 1.5)[0],
        }
        fields["reset_fn"] = rng.choice(("MembraneReset()", "MembraneSubtract(0.5)"))
    else:
        fields["reset_fn"] = rng.choice(("MembraneReset()", "MembraneSubtract()"))
    if rng.random() < 0.3:
        fields["tau_syn"] = round(rng.uniform(1.5, 6.0), 2)
    fields["spike_threshold"] = f"torch.tensor({numbers(rng, 0.3, 1.5)[0]})"
    spikes = rng.choice(("SingleSpike", "SingleSpike", "MultiSpike", "MaxSpike(2)"))
    fields["spike_fn"] = spikes
    fields["min_v_mem"] = rng.choice((None, -0.5, -1.0))
    if "Recurrent" in kind:
        size = source.now.shape[0]
        fields["rec_connect"] = f"nn.Linear({size}, {size}, bias={rng.random() < 0.5})"
    return _in_time(
        source, source.module("sl", _text(f"sl.{kind}", fields)), spikes == "SingleSpike"
    )


def _in_time(source: Source, name: str, spikes: bool) -> Value:
    """A layer of Sinabs, whose second axis is the ticks."""
    value = source.now
    if source.style == "multi":
        text = f"{name}({value.name}.transpose(0, 1)).transpose(0, 1)"
    else:
        text = f"{name}({value.name}.unsqueeze(1)).squeeze(1)"
    return source.let(text, value.shape, spikes)


def _leaky_integrator(source: Source, rng: Random) -> Value:
    source.imports |= {"import snntorch as snn"}
    beta = numbers(rng, 0.2, 0.95)[0]
    name = source.module("li", f"snn.Leaky(beta={beta}, reset_mechanism='none')")
    state = source.fresh("m")
    source.start.append(f"{state} = {name}.reset_mem()")
    source.body.append(f"_, {state} = {name}({source.now.name}, {state})")
    return source.let(state, source.now.shape)


def _norse_integrator(source: Source, rng: Random) -> Value:
    source.imports |= {"import norse.torch as nt"}
    rates = numbers(rng, 0.1, 0.9, 2)
    fields = {
        "tau_mem_inv": f"torch.tensor({rates[0]})",
        "tau_syn_inv": f"torch.tensor({rates[1]})",
    }
    parameters = _text("nt.LIParameters", fields)
    if source.style == "multi":
        name = source.module("li", f"nt.LI(p={parameters}, dt=1.0)")
        return source.let(f"{name}({source.now.name})[0]", source.now.shape)
    name = source.module("li", f"nt.LICell(p={parameters}, dt=1.0)")
    return _stepped(source, name, source.now.shape, False)


def _sinabs_integrator(source: Source, rng: Random) -> Value:
    source.imports |= {"import sinabs.layers as sl"}
    tau, norm = round(rng.uniform(1.5, 9.0), 2), rng.random() < 0.5
    return _in_time(source, source.module("li", f"sl.ExpLeak({tau}, norm_input={norm})"), False)


def _never_fires(source: Source, rng: Random) -> Value:
    source.imports |= {"from spikingjelly.activation_based import neuron"}
    tau, name = rng.choice((2.0, 4.0, 1.7)), ""
    if source.style == "multi":
        fields = f"tau={tau}, v_threshold=float('inf'), step_mode='m', store_v_seq=True"
        name = source.module("li", f"neuron.LIFNode({fields})")
        source.body.append(f"{name}({source.now.name})")
        return source.let(f"{name}.v_seq", source.now.shape)
    name = source.module("li", f"neuron.LIFNode(tau={tau}, v_threshold=float('inf'))")
    source.body.append(f"{name}({source.now.name})")
    return source.let(f"{name}.v", source.now.shape)


Maker = Callable[[Source, Random], Value]
NEURONS: Mapping[str, tuple[tuple[str, ...], Maker]] = {
    "snntorch": (("loop", "step"), _snntorch),
    "spikingjelly": (("loop", "step", "multi"), _spikingjelly),
    "norse": (("loop", "multi"), _norse),
    "sinabs": (("loop", "step", "multi"), _sinabs),
}
INTEGRATORS: Mapping[str, tuple[tuple[str, ...], Maker]] = {
    "snntorch": (("loop",), _leaky_integrator),
    "spikingjelly": (("loop", "step", "multi"), _never_fires),
    "norse": (("loop", "multi"), _norse_integrator),
    "sinabs": (("loop", "step", "multi"), _sinabs_integrator),
}
