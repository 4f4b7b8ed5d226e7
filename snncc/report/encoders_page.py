"""The page encoders.md of docs/: every encoder with its equations, parameters and an example."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any, cast

from snncc.encoders import ENCODERS, Encoder

INTRODUCTION = """
# Encoders

An encoder makes spikes, or scaled values, of raw samples. It belongs to the program: it becomes
nodes of the network, is built with it, and computes on the target what it computes in PyTorch, bit
by bit. So a board is given what the sensor delivers, and so are `snncc run`, `verify` and `flash`.

Before a model that takes what an encoder puts out, as an option:

```text
snncc build model.py:Net --data raw.npz --option encoder=standard,delta,step=0.25 --target c99
```

A word without `=` names an encoder, what follows are its parameters, and the next encoder takes
what the one before it puts out. `--data` has raw samples then. The bundle states all parameters,
those that were learned from the data included.

Within a model, as a module over all ticks, with the same parameters; `time_axis=1` where the ticks
are the second axis:

```python
from torch import nn

from snncc.encoders.modules import Delta


class Net(nn.Module):
    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.encoder, self.layers = Delta(step=0.25), layers

    def forward(self, x):  # raw samples [T, B, channels]
        return self.layers(self.encoder(x))
```

{table}

* **Bit-exact.** PyTorch, the float reference, the integers, C and the emulated board give the same
  spikes where a sample is a sensor's code and the parameters are binary fractions, as those of the
  examples are: `benchmarks/encoders.py` plays 1,000 random signals of 8 bits, 32 ticks and three
  channels through ten chains of encoders, and counts what differs between each two of PyTorch, the
  float reference, the integers, C, and an emulated Cortex-M4. Nothing did. Other parameters, such
  as a step of 0.1, are rounded to the target's integers, as thresholds and weights are
  ([numbers](numbers.md)); `verify` measures what that does.
* **Weights of fewer than 8 bits** hold the random numbers of `rate` coarsely: a rate is then a
  little another one.
* **Targets.** An encoder is made of ops as they are ([ops](ops.md)), so every target that takes
  these takes it, and `snncc check` says which does not: Loihi has no form for the `relu` of
  `population`. TFLite-Micro rounds the sums of `population` and `window`.
* **Events** of a camera become counts when the data are read, by `--option bin=MICROSECONDS`
  ([data](data.md)); `window` sums counts over several ticks.
"""


def encoders_page(made: str) -> str:
    """Markdown of docs/encoders.md.

    Args:
        made: the line that says by what it was made.
    """
    rows = ["| encoder | what comes out |", "|---|---|"]
    rows += [f"| [`{name}`](#{name}) | {_first_line(kind)} |" for name, kind in ENCODERS.items()]
    lines = [made, INTRODUCTION.replace("{table}", "\n".join(rows)).rstrip()]
    for kind in ENCODERS.values():
        lines += ["", *_describe(kind)]
    return "\n".join(lines) + "\n"


def _first_line(kind: type[Encoder]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def _describe(kind: type[Encoder]) -> Iterator[str]:
    first, _, rest = (inspect.getdoc(kind) or "").partition("\n\n")
    yield f"## `{kind.name}`"
    yield ""
    yield " ".join(first.split())
    yield ""
    yield "```text"
    yield from rest.splitlines()
    yield "```"
    yield ""
    yield "| parameter | takes | default |"
    yield "|---|---|---|"
    for each in fields(kind):
        yield f"| `{each.name}` | {_takes(each)} | {_default(each)} |"
    yield ""
    yield f"`--option encoder={kind.example}`"


def _takes(row: Field[Any]) -> str:
    unit = cast("str", row.metadata["unit"])
    kind = "an integer" if isinstance(row.default, int) else "a number"
    kind = "numbers with `:` between them" if isinstance(row.default, tuple) else kind
    return f"{kind}, {row.metadata['meaning']}" + (f" ({unit})" if unit else "")


def _default(row: Field[Any]) -> str:
    return "of the data" if row.default == () else f"`{row.default}`"
