"""Links as synapses between processes, cut where a population is several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from snncc.ir import Integers

from ..program import Neurons, Synapses
from ..target import FRACTION_BITS
from .groups import cut
from .links import Link


@dataclass(frozen=True)
class Way:
    """What synapses do to what they receive: ticks of delay, further steps, bits of a payload."""

    delay: int
    extra: int
    message_bits: int


def connect_links(
    sources: Mapping[str, Integers], targets: tuple[Neurons, ...], links: Iterable[Link], way: Way
) -> Iterator[Synapses]:
    """The synapses of all links, cut where either side is several processes; yet without names.

    Args:
        sources: process → which neurons of the population it has.
        targets: processes of the other population.
        links: weights from the whole of the one to the whole of the other.
        way: what they do to what they receive.
    """
    torn = len(sources) > 1 or len(targets) > 1
    whole = sum(n.size for n in targets), sum(map(len, sources.values()))
    for link, (source, some), to in product(links, sources.items(), targets):
        part = cut(link, to.members, some, whole) if torn else link
        if part is not None:
            yield Synapses(
                name="",
                source=source,
                target=to.name,
                kind=part.kind,
                delay=way.delay,
                extra=way.extra,
                doubled=to.registers is not None and to.whole.shift == FRACTION_BITS,
                weights=part.weights,
                real=part.real,
                rows=part.rows,
                columns=part.columns,
                window=part.window,
                message_bits=way.message_bits,
                inputs=len(some),
                outputs=to.size,
            )


def name_synapses(synapses: Iterable[Synapses]) -> tuple[Synapses, ...]:
    """The synapses, each with a name of its own."""
    names: Counter[str] = Counter()
    found: list[Synapses] = []
    for each in synapses:
        name = f"{each.source}_to_{each.target}"
        names[name] += 1
        found.append(replace(each, name=f"{name}_{names[name]}" if names[name] > 1 else name))
    return tuple(found)
