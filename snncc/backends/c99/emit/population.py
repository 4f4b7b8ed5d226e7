"""The C function of a population: gather, update, list who fired. Never: a decision."""

from __future__ import annotations

import re

from ..event_steps import Gather, Leaky, Population, RowSums, Scalar
from ..storage import Reading
from ..target import LANES
from .c_names import Names, block, lane_stride, lanes_of, literal, neuron
from .leaky_neurons import leaky_functions, leaky_update


def population(step: Population, names: Names) -> str:
    """All C of a population: the arithmetic of its neurons, then the function that updates it."""
    arithmetic = step.arithmetic
    before = leaky_functions(step, arithmetic) if isinstance(arithmetic, Leaky) else ""
    head, _ = names.signature(f"{step.node}_update", step)
    note = f"/* %{step.node}: {step.neurons} neurons ({step.keyword}) */"
    work = [*_rest(step), *_sum(step, names), *_update(step, names)]
    inner = [*_cursors(step, names), *_open_loop(step, names), *_loops(step, work)]
    return f"{before}{note}\n{head}\n{{\n{block(inner + _close_loop(step, names))}\n}}\n"


def write_row_sums(step: RowSums, names: Names) -> list[str]:
    """Rows gathered into a wire."""
    kind = names.wires[step.target].ctype
    work = [
        "snncc_lanes sum = {{0}};",
        _gather(step, 0, step.gathers[0]),
        "sum = snncc_settle(sum);",
    ]
    if step.bias.table or step.bias.value:
        work.append(_add_bias(step, names))
    if _is_whole(step) and kind == "int16_t":
        work.append("snncc_store(out + first, &sum);")
    else:
        work.append("for (uint32_t k = 0; k < count; k++)")
        work.append(f"    out[first + k] = ({kind})sum.lane[k];")
    target = f"{names.kind(step.target)} *const out = {names.values(Reading(step.target))};"
    return [*_cursors(step, names), target, *_loops(step, work)]


def _cursors(step: Population | RowSums, names: Names) -> list[str]:
    lines: list[str] = []
    for k, gather in enumerate(step.gathers):
        index, count = names.index(gather.source), names.count(gather.source)
        if gather.blocked:
            lines.append(f"const snncc_event *event{k} = {index};")
        else:
            lines.append(f"const snncc_event *const event{k} = {index};")
            lines.append(f"const snncc_event *const end{k} = event{k} + {count};")
    if isinstance(step, Population):
        lines += [names.pointer(f"current{k}", r) for k, r in enumerate(step.currents)]
        lines += [
            f"const snncc_lanes *const sums{k} = {names.lanes(r.wire)};"
            for k, r in enumerate(step.sums)
        ]
    return lines


def _open_loop(step: Population, names: Names) -> list[str]:
    lines = [
        f"{names.kind(wire)} *const {wire} = {names.values(Reading(wire))};"
        for _, wire in step.exposed
    ]
    if step.values:
        target = names.values(Reading(step.values))
        lines.append(f"{names.kind(step.values)} *const values = {target};")
    elif step.events:
        lines.append(f"snncc_event *const list = {names.index(Reading(step.events))}, *out = list;")
    return lines


def _close_loop(step: Population, names: Names) -> list[str]:
    if not step.events:
        return []
    count = names.count(Reading(step.events))
    return ["*out = SNNCC_END;", f"{count} = (snncc_event)(out - list);"]


def _loops(step: Population | RowSums, work: list[str]) -> list[str]:
    """`work` for each group of eight lanes, group `group` of block `block`, `place` in all."""
    outputs = step.neurons // step.blocks
    one_block, one_group = step.blocks == 1, step.groups == 1
    place, first = "block", "block" if lane_stride(step) > 1 else f"{outputs}u * block"
    if one_block:
        place, first = "group", f"{LANES}u * group"
    elif not one_group:
        place, first = f"{step.groups}u * block + group", f"{outputs}u * block + {LANES}u * group"
        if lane_stride(step) > 1:
            first = f"block + {LANES * lane_stride(step)}u * group"
    count = f"{min(outputs, LANES)}u"
    if outputs % LANES and not one_group:
        left = f"{outputs}u - {LANES}u * group"
        count = f"{left} < {LANES}u ? {left} : {LANES}u"
    known = {"place": place, "first": first, "count": count}
    used = {name for line in work for name in re.findall(r"\w+", line)}
    lines = [f"const uint32_t {n} = {text};" for n, text in known.items() if n in used]
    body = [*lines, *work]
    inner = block(body)
    per_group = f"for (uint32_t group = 0; group < {step.groups}u; group++) {{\n{inner}\n}}"
    if one_block:
        return [per_group]
    limits = [
        f"const uint32_t limit{k} = {g.sources}u * (block + 1u);"
        for k, g in enumerate(step.gathers)
        if g.blocked
    ]
    if one_group:
        text = block([*limits, "const uint32_t group = 0;", *body, "(void)group;"])
    else:
        spans = [
            f"const snncc_event *const end{k} = snncc_until(event{k}, limit{k});"
            for k, g in enumerate(step.gathers)
            if g.blocked
        ]
        moves = [f"event{k} = end{k};" for k, g in enumerate(step.gathers) if g.blocked]
        text = block([*limits, *spans, per_group, *moves])
    return [f"for (uint32_t block = 0; block < {step.blocks}u; block++) {{\n{text}\n}}"]


def _rest(step: Population) -> list[str]:
    """A block at rest that receives nothing is skipped."""
    if not step.resting or step.groups > 1 or not all(g.blocked for g in step.gathers):
        return []
    quiet = [f"*event{k} >= limit{k}" for k in range(len(step.gathers))]
    quiet += [
        f"snncc_silent(&state->{m.name}[place])"
        if m.packed
        else "!("
        + " | ".join(f"state->{m.name}[{LANES}u * place + {k}u]" for k in range(LANES))
        + ")"
        for m in step.memories
    ]
    return [f"if ({' && '.join(quiet)})", "    continue;"]


def _sum(step: Population, names: Names) -> list[str]:
    if not step.lanes:
        return []
    sums, begun = list(range(len(step.sums))), "{{0}}"
    if sums and not step.gathers:
        begun = f"sums{sums.pop()}[place]"
    lines = [f"snncc_lanes sum = {begun};"]
    lines += [_gather(step, k, gather) for k, gather in enumerate(step.gathers)]
    lines += [f"sum = snncc_plus(sum, &sums{k}[place]);" for k in sums]
    if step.gathers or step.sums:
        lines.append("sum = snncc_settle(sum);")
    if step.bias.table or step.bias.value:
        lines.append(_add_bias(step, names))
    if step.currents and isinstance(step.arithmetic, Leaky):
        lines += _add_currents(step, names)
    return lines


def _add_bias(step: Population | RowSums, names: Names) -> str:
    """The bias, added to the lanes."""
    if not step.bias.table:
        return f"sum = snncc_plus_each(sum, {literal(step.bias.value)});"
    return f"sum = snncc_plus(sum, {names.group_of(step.bias, lanes_of(step))});"


def _add_currents(step: Population, names: Names) -> list[str]:
    """Currents in the order of the signal, added to the lanes."""
    lines = []
    plain: list[str] = []
    for k, reading in enumerate(step.currents):
        if _is_whole(step) and names.wires[reading.wire].ctype == "int16_t":
            apart = lane_stride(step)
            call, last = ("values", "") if apart == 1 else ("apart", f", {apart}u")
            lines.append(f"sum = snncc_plus_{call}(sum, current{k} + first{last});")
        else:
            plain.append(f"current{k}[{neuron(step)}]")
    if plain:
        lines.append("for (uint32_t k = 0; k < count; k++)")
        lines.append(f"    sum.lane[k] = (int16_t)(sum.lane[k] + {' + '.join(plain)});")
    return lines


def _is_whole(step: Population | RowSums) -> bool:
    """Whether all lanes of every group have neurons."""
    return step.neurons // step.blocks % LANES == 0


def _gather(step: Population | RowSums, k: int, gather: Gather) -> str:
    kernel = "snncc_gather_half" if gather.packed else "snncc_gather"
    if not gather.blocked:
        rows = f"{gather.rows} + {gather.sources}u * place"
        return f"sum = {kernel}(sum, {rows}, event{k}, end{k});"
    if gather.shared:
        rows = f"{gather.rows} + {gather.sources}u * group"
    else:
        rows = f"{gather.rows} + {gather.sources}u * place"
    base = f"{gather.sources}u * block"
    if step.groups == 1:
        return f"sum = {kernel}_until(sum, {rows}, &event{k}, {base}, limit{k});"
    return f"sum = {kernel}_from(sum, {rows}, event{k}, end{k}, {base});"


def _update(step: Population, names: Names) -> list[str]:
    if isinstance(step.arithmetic, Leaky):
        return leaky_update(step, step.arithmetic, names)
    return _scalar_update(step, step.arithmetic, names)


def _scalar_update(step: Population, scalar: Scalar, names: Names) -> list[str]:
    word = "int64_t" if scalar.wide else "int32_t"
    summed = step.gathers or step.sums or step.bias.table
    terms = ["sum.lane[k]"] if step.lanes and summed else []
    if not terms and step.lanes and step.bias.value:
        terms = ["sum.lane[k]"]
    terms += [f"current{k}[{neuron(step)}]" for k in range(len(step.currents))]
    body = [f"const {word} current = {' + '.join(terms) or '0'};"]
    for name, constant in scalar.parameters:
        value = names.constant(constant, "place", "group", lanes_of(step), "k")
        body.append(f"const {word} {name} = {value};")
    at = f"[{LANES}u * place + k]"
    body += [f"{word} {name} = state->{memory}{at};" for name, memory in scalar.states]
    body += [f"{word} fired;", *scalar.lines]
    kinds = {m.name: m.ctype for m in step.memories}
    for name, memory in scalar.states:
        body.append(f"state->{memory}{at} = ({kinds[memory]}){name};")
    for memory, wire in step.exposed:
        body.append(f"{wire}[{neuron(step)}] = state->{memory}{at};")
    if step.values:
        body.append(f"values[{neuron(step)}] = ({names.wires[step.values].ctype})fired;")
    elif step.events:
        body.append("snncc_fire(&flags, k, (uint32_t)fired);")
    else:
        body.append("(void)fired;")
    lines = ["snncc_flags flags = {{0}};"] if step.events else []
    if step.lanes and terms[:1] != ["sum.lane[k]"]:
        lines.append("(void)sum;")
    lines.append(f"for (uint32_t k = 0; k < count; k++) {{\n{block(body)}\n}}")
    if step.events:
        lines.append(f"out = snncc_append(out, &flags, first, {lane_stride(step)}u);")
    return lines
