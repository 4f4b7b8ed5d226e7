"""Every class of Norse that is imported, with parameters drawn at random; no tests.

`neurons.py:LIFCell_7` is a module that makes one, with seed 7; an even seed draws numbers that a
sum computes exactly, so that potentials meet thresholds exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import norse.torch as nt
import torch
from norse.torch.functional.reset import reset_subtract, reset_value
from torch import Tensor, nn

SIZE = 6


class Steps(nn.Module):
    """One layer, called with all ticks or in a loop."""

    def __init__(self, layer: nn.Module, recurrent: bool) -> None:
        super().__init__()
        self.layer, self.front = layer, nt.IAFCell()
        if recurrent:
            with torch.no_grad():
                self.layer.input_weights.copy_(torch.eye(SIZE))
                self.layer.recurrent_weights.mul_(0.5)

    def forward(self, x: Tensor) -> Tensor:
        if not hasattr(self.layer.p, "v_th") and not hasattr(self.layer.p, "lif"):
            x = looped(self.front, x)  # an integrator needs somebody who fires
        if isinstance(self.layer, (nt.module.snn.SNN, nt.module.snn.SNNRecurrent)):
            return self.layer(x)[0]
        return looped(self.layer, x)


def looped(cell: nn.Module, x: Tensor) -> Tensor:
    state, out = None, []
    for now in x:
        spikes, state = cell(now, state)
        out.append(spikes)
    return torch.stack(out)


def made(kind: str, seed: int) -> nn.Module:
    random, exact = Random(seed), seed % 2 == 0

    def drawn(low: float, high: float) -> Tensor:
        value = random.uniform(low, high)
        return torch.tensor(round(value * 8) / 8 if exact else value, dtype=torch.float64)

    rates = {
        "tau_mem_inv": drawn(0.125, 0.875),
        "tau_syn_inv": drawn(0.125, 0.875),
        "tau_adapt_inv": drawn(0.125, 0.5),
        "v_leak": drawn(-0.25, 0.25),
        "v_th": drawn(0.5, 1.0),
        "v_reset": drawn(-0.5, 0.25),
        "beta": drawn(0.25, 1.0),
        "reset_method": random.choice([reset_value, reset_subtract]),
    }

    def parameters(of: Callable[..., object]) -> object:
        own = of._fields
        if "lif" in own:
            waits = torch.tensor(float(random.randint(1, 4)))
            return of(parameters(nt.LIFParameters), waits)
        return of(**{k: v for k, v in rates.items() if k in own})

    stem = kind.removesuffix("Cell").removesuffix("Recurrent").removesuffix("Linear")
    recurrent = "Recurrent" in kind
    sizes = (SIZE, SIZE) if recurrent or "Linear" in kind else ()
    p = parameters(getattr(nt, f"{stem}Parameters"))
    return Steps(getattr(nt, kind)(*sizes, p=p, dt=1.0), recurrent)


def __getattr__(name: str) -> Callable[[], nn.Module]:
    kind, _, seed = name.rpartition("_")
    if not seed.isdigit():
        raise AttributeError(name)
    return partial(made, kind, int(seed))
