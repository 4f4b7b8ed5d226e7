"""What a random PyTorch module consists of, before it is text; knows no compiler and no op.

A block is a kind and a seed. Whatever else it is follows from these and from the shape that
reaches it, so that a plan without one of its blocks is a plan too, which is how one shrinks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

STYLES = ("loop", "loop", "step", "multi")
SIGNALS = ("spike", "spike", "count", "real", "real", "large", "still")
LAYERS = (
    "dense", "dense", "dense", "conv", "norm", "pool", "gain", "dropout", "weights",
    "activation", "layout", "shared",
)  # fmt: skip
JOINS = ("residual", "concat", "gate", "attention", "split", "late", "feedback")
READOUTS = ("spikes", "spikes", "sum", "mean", "last", "current", "potential", "head", "max")
TOUCHES = (
    "plain", "plain", "plain", "dyadic", "zero", "huge", "tiny", "sparse", "dead", "uneven",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """One part of a module."""

    kind: str
    seed: int


@dataclass(frozen=True)
class Plan:
    """A module, its input, and what is done to its weights.

    Attributes:
        shape: of the input at one tick.
        touches: what happens to the weights of each layer in turn, over and over.
    """

    seed: int
    style: str
    batch_first: bool
    shape: tuple[int, ...]
    signal: str
    samples: int
    ticks: int
    blocks: tuple[Block, ...]
    readout: Block
    touches: tuple[str, ...]

    def smaller(self) -> Iterator[Plan]:
        """Plans with a little less in them, what takes most away first."""
        count = len(self.blocks)
        for length in sorted({count // 2, 2, 1} - {0}, reverse=True):
            for start in range(0, count - length + 1, length):
                rest = self.blocks[:start] + self.blocks[start + length :]
                if any(block.kind == "neuron" for block in rest):
                    yield replace(self, blocks=rest)
        if self.touches != ("plain",):
            yield replace(self, touches=("plain",))
        if self.readout.kind != "spikes":
            yield replace(self, readout=replace(self.readout, kind="spikes"))
        if self.samples > 1:
            yield replace(self, samples=1)
        if self.ticks > 2:
            yield replace(self, ticks=self.ticks // 2)
            yield replace(self, ticks=self.ticks - 1)


def plan(seed: int) -> Plan:
    """The plan of that number; the same in every process and on every machine."""
    rng = Random(f"modules {seed}")
    style = rng.choice(STYLES)
    blocks: list[Block] = []
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            blocks.append(Block(rng.choice(LAYERS), rng.getrandbits(32)))
        blocks.append(Block("neuron", rng.getrandbits(32)))
        if rng.random() < 0.4:
            blocks.append(Block(rng.choice(JOINS), rng.getrandbits(32)))
    width = rng.choice((1, 2, 3, 5, 6, 8, 16, 17, 33, 70))
    image = (rng.choice((1, 2, 3)), rng.choice((3, 4, 6, 7, 9)), rng.choice((4, 5, 8)))
    line = (rng.choice((1, 2, 4)), rng.choice((5, 8, 13)))
    shape = rng.choice(((width,), (width,), image, line))
    touches = tuple(rng.choice(TOUCHES) for _ in range(3))
    return Plan(
        seed,
        style,
        rng.random() < 0.3,
        shape,
        rng.choice(SIGNALS),
        rng.choice((1, 2, 3, 5)),
        rng.choice((1, 2, 5, 8, 13, 20, 33, 50)),
        tuple(blocks),
        Block(rng.choice(READOUTS), rng.getrandbits(32)),
        touches,
    )
