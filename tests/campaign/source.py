"""Lines of a Python module in the making, and the values in them; no library in here."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from textwrap import indent


@dataclass(frozen=True)
class Value:
    """A variable of the module's `forward`: `[batch, *shape]`, or `[ticks, batch, *shape]`.

    Attributes:
        spikes: whether all of its values are zero or one.
    """

    name: str
    shape: tuple[int, ...]
    spikes: bool = False


@dataclass
class Source:
    """A class in the making.

    Attributes:
        style: `loop` over ticks of the user's own, `step` for a tick a call, `multi` for all
            ticks at once.
        init: lines of `__init__`.
        start: lines of `forward` before its loop.
        body: lines of a tick.
        end: lines at the end of a tick, when every value is known.
    """

    style: str
    batch_first: bool
    init: list[str] = field(default_factory=list)
    start: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    end: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    values: list[Value] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def batch(self) -> str:
        """How many samples there are, as text of `forward` before its loop."""
        return "x.shape[0]" if self.batch_first else "x.shape[1]"

    @property
    def now(self) -> Value:
        """What has been computed last."""
        return self.values[-1]

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def module(self, stem: str, text: str) -> str:
        """Name of a new submodule `self.name`."""
        name = self.fresh(stem)
        self.init.append(f"self.{name} = {text}")
        return f"self.{name}"

    def layer(self, stem: str, text: str, bias: bool) -> str:
        """The same for one whose weights are touched before it runs."""
        name = self.module(stem, text)
        self.layers.append(f"({name.removeprefix('self.')!r}, {bias})")
        return name

    def let(self, text: str, shape: tuple[int, ...], spikes: bool = False) -> Value:
        """A new value, the next block's input."""
        name = self.fresh("h")
        self.body.append(f"{name} = {text}")
        self.values.append(Value(name, shape, spikes))
        return self.now

    def each(self, module: str, shape: tuple[int, ...], spikes: bool = False) -> Value:
        """Puts a module that knows no ticks behind the last value."""
        name = self.now.name
        if self.style == "multi":
            text = f"{module}({name}.flatten(0, 1)).unflatten(0, {name}.shape[:2])"
        else:
            text = f"{module}({name})"
        return self.let(text, shape, spikes)

    def flat(self) -> Value:
        """The last value with one axis, made so where it has more."""
        value = self.now
        if len(value.shape) == 1:
            return value
        size = 1
        for extent in value.shape:
            size *= extent
        first = 2 if self.style == "multi" else 1
        return self.let(f"{value.name}.flatten({first})", (size,), value.spikes)

    def text(self, seed: int, touches: tuple[str, ...], returned: str, jitter: bool = False) -> str:
        """The whole file; `build()` makes the module.

        Args:
            jitter: with weights and thresholds that are about a millionth larger, so that no
                potential meets its threshold exactly.
        """
        imports = ["import torch", "from torch import nn", *sorted(self.imports)]
        tick = [*self.body, *self.end]
        match self.style:
            case "loop":
                count = "x.shape[1]" if self.batch_first else "x.shape[0]"
                entry = "x[:, t]" if self.batch_first else "x[t]"
                loop = [f"h0 = {entry}", *tick, "out.append(y)"]
                ticks = [*self.start, "out = []", f"for t in range({count}):"]
                ticks += [f"    {line}" for line in loop]
            case "step":
                ticks = ["h0 = x", *tick]
            case _:
                ticks = ["h0 = x.transpose(0, 1)" if self.batch_first else "h0 = x", *tick]
        body = [*ticks, f"return {returned}"]
        init = indent("\n".join(("super().__init__()", *self.init)), " " * 8)
        forward = indent("\n".join(body), " " * 8)
        touched = ", ".join(self.layers) + ("," if len(self.layers) == 1 else "")
        return (
            "\n".join(imports)
            + f"\n\n\nclass Net(nn.Module):\n    def __init__(self):\n{init}\n\n"
            + f"    def forward(self, x):\n{forward}\n{TOUCH}{SHAKE if jitter else ''}\n\n"
            + f"def build():\n    torch.manual_seed({seed})\n    net = Net().eval()\n"
            + f"    with torch.no_grad():\n        for k, (name, bias) in enumerate(({touched})):\n"
            + f"            touch(net.get_submodule(name), bias, {touches}[k % {len(touches)}])\n"
            + ("    shake(net)\n" if jitter else "")
            + "    return net\n"
        )


TOUCH = '''

def touch(layer, bias, how):
    """Weights that make neurons fire, and what stranger weights there are."""
    weight = layer.weight
    if weight.dim() == 1:  # of a norm
        weight.uniform_(0.5, 1.5)
        layer.bias.uniform_(-0.2, 0.4)
        if hasattr(layer, "running_mean"):
            layer.running_mean.uniform_(-0.3, 0.3)
            layer.running_var.uniform_(0.3, 1.2)
        return
    weight.mul_(3.0)
    if how == "dyadic":
        weight.copy_((weight * 4).round() / 4)
        if bias:
            layer.bias.copy_((layer.bias * 4).round() / 4)
    elif how == "zero":
        weight.zero_()
    elif how == "huge":
        weight.mul_(300.0)
    elif how == "tiny":
        weight.mul_(1e-3)
    elif how == "sparse":
        weight.mul_((torch.rand_like(weight) < 0.15).to(weight.dtype))
    elif how == "dead":
        weight.copy_(-weight.abs())
    elif how == "uneven":
        weight[: (len(weight) + 1) // 2].mul_(0.02)
'''


SHAKE = '''

def shake(net):
    """Other numbers in the seventh digit: weights, and thresholds wherever a library keeps them."""

    def larger(value):
        return value * (1 + 1e-6 * (0.5 + torch.rand(getattr(value, "shape", ()))))

    with torch.no_grad():
        for value in (*net.parameters(), *net.buffers()):
            if value.is_floating_point():
                value.copy_(larger(value))
    for module in net.modules():
        if isinstance(getattr(module, "v_threshold", None), float):
            module.v_threshold = larger(module.v_threshold).item()
        if hasattr(getattr(module, "p", None), "v_th"):
            module.p = module.p._replace(v_th=larger(module.p.v_th))
'''


def numbers(rng: Random, low: float, high: float, count: int = 1) -> list[float]:
    """So many numbers; half of the time multiples of an eighth, so that sums are exact."""
    if rng.random() < 0.5:
        return [rng.randint(int(low * 8) or 1, int(high * 8)) / 8 for _ in range(count)]
    return [round(rng.uniform(low, high), 4) for _ in range(count)]
