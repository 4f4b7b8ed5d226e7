"""What a call of a Norse 1.1 module does around its dynamics: states, weights, the loop over ticks.

States are kept by the user: what a module returns, it gets back. Where the op counts a state from
another zero or in another unit than Norse does, the tensor that the user gets is computed from the
op's, and known again by its identity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias, cast

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.module.leaky_integrator import LILinearCell
from norse.torch.module.snn import SNN, SNNRecurrent
from torch import Tensor, nn
from torch.nn import functional

from .library import Fire

State: TypeAlias = tuple[object, ...]
"""A named tuple of Norse's own: fields v, i, z, b or rho; `lif` contains another."""


def parameters(module: nn.Module) -> object:
    """The named tuple that contains the neuron's parameters."""
    return getattr(module.p, "lif", module.p)


def number(module: nn.Module, name: str, otherwise: float = 0.0) -> Tensor:
    """A parameter of the neuron, float64."""
    return torch.as_tensor(
        getattr(parameters(module), name, otherwise), dtype=torch.float64
    ).detach()


def rate(module: nn.Module, name: str) -> Tensor:
    """What a time constant makes of one tick: dt / tau, from the parameter with 1 / tau."""
    return cast("float", module.dt) * number(module, name)


def gain(module: nn.Module) -> Tensor:
    """What the potential takes of its input; all of it where nothing leaks."""
    leaks = hasattr(parameters(module), "tau_mem_inv")
    return rate(module, "tau_mem_inv") if leaks else torch.ones((), dtype=torch.float64)


def zero(module: nn.Module) -> Tensor:
    """The potential at rest, from which the op counts."""
    return number(module, "v_leak")


class Call:
    """One module while it is traced.

    Args:
        module: the neuron.
        fire: stands for one tick of it.
    """

    def __init__(self, module: nn.Module, fire: Fire) -> None:
        self.module, self._fire = module, fire
        self._own: dict[int, tuple[Tensor, Tensor]] = {}

    def fire(self, current: Tensor, **states: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Spikes and new states from the current and the old states, as the op counts them."""
        return self._fire(self.module, current, states)

    def show(self, state: Tensor, own: Tensor) -> Tensor:
        """What the user gets for a state of the op, noted so that it is known when it returns."""
        self._own[id(state)] = (state, own)
        return state

    def take(self, state: Tensor, computed: Tensor) -> Tensor:
        """The op's state for what the user passes; `computed` if it is not one of those shown."""
        shown, own = self._own.get(id(state), (None, computed))
        return own if shown is state else computed

    def potential(self, state: State) -> Tensor:
        """The op's potential."""
        v = field(state, "v")
        return self.take(v, v - zero(self.module) if bool(zero(self.module).any()) else v)

    def add_leak(self, own: Tensor) -> Tensor:
        """The user's potential."""
        rest = zero(self.module)
        return self.show(own + rest, own) if bool(rest.any()) else own

    def scale_current(self, state: State) -> tuple[Tensor, Tensor]:
        """The current, scaled by the gain, and what is left of it after a tick."""
        i = field(state, "i")
        return self.take(i, i * gain(self.module)), 1 - rate(self.module, "tau_syn_inv")

    def compute_current(self, x: Tensor, state: State) -> Tensor:
        """The current: the input, or input and last spikes through the module's weights.

        Scaled by the gain one by one, so that each gain can become part of the weights before it.
        """
        scale = gain(self.module)
        if not hasattr(self.module, "input_weights"):
            return x * scale
        current = functional.linear(x, cast("Tensor", self.module.input_weights)) * scale
        if not hasattr(self.module, "recurrent_weights"):
            return current
        weights = cast("Tensor", self.module.recurrent_weights)
        return current + functional.linear(field(state, "z"), weights) * scale


Step: TypeAlias = Callable[[Call, Tensor, State], tuple[Tensor, State]]
"""One tick: input and state → output and new state, in PyTorch and one `Call.fire`."""


def forward_of(step: Step, module: nn.Module, fire: Fire) -> Callable[..., object]:
    """A replacement of a module's forward, whose dynamics is `step`.

    A cell is called once per tick, with `[batch, ...]`; the others with all ticks at once,
    `[ticks, batch, ...]` (norse 1.1.0, torch/module/snn.py).
    """
    call = Call(module, fire)

    def forward(input_tensor: Tensor, state: State | None = None) -> object:
        now = _first(module, input_tensor) if state is None else state
        if not isinstance(module, (SNN, SNNRecurrent)):
            return step(call, input_tensor, now)
        outputs: list[Tensor] = []
        states: list[State] = []
        for x in input_tensor:
            output, now = step(call, x, now)
            outputs.append(output)
            states.append(now)
        return torch.stack(outputs), _stack(states) if module.record_states else now

    return forward


def _first(module: nn.Module, x: Tensor) -> State:
    if isinstance(module, LILinearCell):
        size = cast("int", module.hidden_size)
        return cast("State", LIState(zero(module), torch.zeros(len(x), size)))
    return cast("Callable[[Tensor], State]", module.state_fallback)(x)


def _stack(states: Sequence[State]) -> State:
    """All ticks of a state, each field `[ticks, batch, ...]`."""
    columns = zip(*states, strict=True)
    return make_state(
        states[0],
        *(
            torch.stack(cast("tuple[Tensor, ...]", column))
            if isinstance(column[0], Tensor)
            else _stack(cast("tuple[State, ...]", column))
            for column in columns
        ),
    )


def field(state: State, name: str) -> Tensor:
    """One tensor of a state."""
    return cast("Tensor", getattr(state, name))


def make_state(like: State, *values: object, **named: object) -> State:
    """A state of the same class, from all of its fields or with some of them replaced."""
    if values:
        return cast("Callable[..., State]", type(like))(*values)
    known = {k: v for k, v in named.items() if hasattr(like, k)}
    return cast("NamedTuple", like)._replace(**known)


# --- dynamics -------------------------------------------------------------------------------------


def potential_only(call: Call, x: Tensor, state: State) -> tuple[Tensor, State]:
    """LIFBox and IAF, whose input drives the potential at once; LIBox."""
    spikes, after = call.fire(call.compute_current(x, state), v=call.potential(state))
    v = call.add_leak(after["v"])
    return (spikes if _fires(call) else v), make_state(state, v=v)


def current_based(call: Call, x: Tensor, state: State) -> tuple[Tensor, State]:
    """LIF, whose current is used and then decays; its refractory form."""
    lif = cast("State", getattr(state, "lif", state))
    scale, (i, _) = gain(call.module), call.scale_current(lif)
    waits = {} if lif is state else {"rho": field(state, "rho")}
    spikes, after = call.fire(call.compute_current(x, lif), v=call.potential(lif), i=i, **waits)
    shown = call.show(after["i"] / scale, after["i"])
    lif = make_state(lif, v=call.add_leak(after["v"]), i=shown, z=spikes)
    return spikes, make_state(state, lif=lif, rho=after["rho"]) if waits else lif


def step_integrator(call: Call, x: Tensor, state: State) -> tuple[Tensor, State]:
    """LI, whose current is carried by hand into an integrator."""
    i, faded = call.scale_current(state)
    jump = i + call.compute_current(x, state)
    _, after = call.fire(jump, v=call.potential(state))
    v = call.add_leak(after["v"])
    return v, make_state(state, v=v, i=call.show(jump * faded / gain(call.module), jump * faded))


def step_adaptive(call: Call, x: Tensor, state: State) -> tuple[Tensor, State]:
    """LSNN, which is driven by the current of the tick before.

    Norse raises the threshold by a spike at once, the op with the decay of the next tick.
    """
    (i, faded), b = call.scale_current(state), field(state, "b")
    base, rise = number(call.module, "v_th"), number(call.module, "beta")
    spikes, after = call.fire(i, v=call.potential(state), b=call.take(b, b - base))
    current = i * faded + call.compute_current(x, state)
    shown = call.show(current / gain(call.module), current)
    raised = call.show(after["b"] + spikes * rise + base, after["b"])
    return spikes, make_state(state, z=spikes, v=call.add_leak(after["v"]), i=shown, b=raised)


def _fires(call: Call) -> bool:
    return hasattr(parameters(call.module), "v_th")
