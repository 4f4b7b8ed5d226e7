"""What bundles cost, for people: rows of tables; estimates nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from snncc.cost import Span
from snncc.run import Estimate

COUNTS = {
    "spikes": "spikes",
    "updates": "neuron updates",
    "accumulates": "accumulations (effective)",
    "multiplies": "multiply-accumulations (effective)",
    "dense": "products if nothing were skipped",
    "others": "other values (norms, sums, scalings)",
}


def estimate_rows(found: Sequence[Estimate]) -> list[tuple[str, ...]]:
    """One row for each thing that was estimated, one column for each bundle."""

    def row(name: str, show: Callable[[Estimate], str]) -> tuple[str, ...]:
        return (name, *(show(each) for each in found))

    rows = [
        row("target", lambda e: e.target + (f", {e.board}" if e.board else "")),
        row("samples", lambda e: f"{e.counts.samples:,} of {e.of_samples:,}"),
        row("accuracy", lambda e: "" if e.accuracy is None else f"{e.accuracy:.2%}"),
        row("ticks", lambda e: f"{e.counts.ticks:,}"),
    ]
    for count, words in COUNTS.items():
        rows.append((words, *(show_number(e.counts.total(count)) for e in found)))
    rows.append(row("instructions a tick", lambda e: show_number(e.instructions)))
    rows.append(
        row(
            "the same, predicted of counts",
            lambda e: "" if e.predicted is None else show_number(e.predicted.total),
        )
    )
    rows.append(row("ms a tick", lambda e: show_span(e.ticks.span) if e.ticks else "not known"))
    for name in dict.fromkeys(p.profile.name for e in found for p in e.priced):
        rows.append((f"µJ by {name}", *(_show_priced(e, name) for e in found)))
    for name in dict.fromkeys(name for e in found for name in e.drawn):
        rows.append((f"µJ by {name}", *(_show_drawn(e, name) for e in found)))
    for key in dict.fromkeys(key for e in found for key in e.memory):
        rows.append((key.replace("_", " "), *(show_number(e.memory.get(key)) for e in found)))
    for key in dict.fromkeys(key for e in found for key in e.traffic):
        words = key.replace("_", " ")
        rows.append((f"in a tick: {words}", *(_show_count(e.traffic.get(key)) for e in found)))
    return rows


def layer_rows(found: Estimate) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns of a table of layers, and its rows; they add up to the last one."""
    names = [each.profile.name for each in found.priced]
    columns = ("layer", "op", "spikes", "rate in", "products", "of dense", "updates")
    rows: list[tuple[str, ...]] = []
    for i, layer in enumerate(found.counts.layers):
        if not layer.dense and not layer.neurons:
            continue
        rows.append(
            (
                f"%{layer.node}",
                layer.op,
                show_number(layer.spikes) if layer.neurons else "",
                f"{layer.rate:.2%}" if layer.dense else "",
                show_number(layer.effective) if layer.dense else "",
                f"{layer.effective / layer.dense:.2%}" if layer.dense else "",
                show_number(layer.updates) if layer.neurons else "",
                *(f"{priced.layers[i].value:.3g}" for priced in found.priced),
            )
        )
    total = found.counts.total
    rows.append(
        (
            "in all",
            "",
            show_number(total("spikes")),
            "",
            show_number(total("effective")),
            f"{total('effective') / total('dense'):.2%}" if total("dense") else "",
            show_number(total("updates")),
            *(f"{priced.total.value:.3g}" for priced in found.priced),
        )
    )
    return (*columns, *(f"µJ {name}" for name in names)), rows


def show_span(span: Span) -> str:
    """A value, and its range where it has one."""
    if span.low == span.high:
        return f"{span.value:.3g}"
    return f"{span.value:.3g} ({span.low:.3g} to {span.high:.3g})"


def show_number(value: object) -> str:
    """A count; nothing where there is none."""
    return f"{value:,.0f}" if isinstance(value, int | float) else ""


def _show_count(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}" if value < 1_000 else f"{value:,.0f}"


def _show_priced(found: Estimate, name: str) -> str:
    for each in found.priced:
        if each.profile.name == name:
            return f"{show_span(each.total)}, {each.profile.fidelity}"
    return ""


def _show_drawn(found: Estimate, name: str) -> str:
    drawn = found.drawn.get(name)
    return "" if drawn is None else f"{show_span(drawn.span)}, {drawn.fidelity}"
