"""The C of convolutions and pools that walk the events of a list. Never: a decision."""

from __future__ import annotations

from math import prod

from ..event_steps import PoolEvents, Products, Runs, Scatter, Settle
from ..storage import Reading
from ..target import LANES
from .c_names import Names, block
from .steps import events


def scatter(step: Scatter, names: Names) -> list[str]:
    """Each event adds the rows of its taps to the sums of the pixels that they meet."""
    body = _scatter_point(step) if is_point(step.runs) else _scatter_window(step, names)
    size = prod(step.runs.positions) * step.groups * LANES * 2
    return [
        f"snncc_lanes *const sums = {names.lanes(step.target)};",
        *events(names, step.source),
        f"(void)memset(sums, 0, {size}u);",
        f"while (event != end) {{\n{block(body)}\n}}",
    ]


def is_point(runs: Runs) -> bool:
    """Whether each element meets one tap, and the output of its own place."""
    return runs.kernel == (1, 1) and runs.size == runs.positions


def _scatter_point(step: Scatter) -> list[str]:
    """An event adds the row of its channel to the sums of its pixel."""
    pixels, groups = prod(step.runs.size), step.groups
    return [
        "const uint32_t i = *event++;",
        f"const uint32_t channel = i / {pixels}u, pixel = i % {pixels}u;",
        f"snncc_add_run(sums + {groups}u * pixel, {step.rows} + {groups}u * channel, {groups}u);",
    ]


def _scatter_window(step: Scatter, names: Names) -> list[str]:
    """An event adds the rows of the taps that it meets to the sums of as many pixels."""
    groups, (height, width), columns = step.groups, step.runs.kernel, step.runs.positions[1]
    return [
        *_locate_event(step.runs, names),
        f"const uint32_t tap = (channel * {height}u + down[0]) * {width}u + along[0];",
        f"const uint32_t pixel = down[1] * {columns}u + along[1], count = along[2] * {groups}u;",
        f"snncc_add_rows(sums + {groups}u * pixel, {step.rows} + {groups}u * tap, down[2], count,",
        f"    {columns * groups}u - count, {width * groups}u - count);",
    ]


def products(step: Products, names: Names) -> list[str]:
    """Each value adds its taps, times itself, to the sums of 32 bits that they meet."""
    (height, width), (rows, columns) = step.runs.kernel, step.runs.positions
    out, kind = step.out, names.tables[step.weights].layout
    wire, group = names.wires[step.source.wire], ""
    located = _locate_event(step.runs, names)[1:]
    if step.groups > 1:
        group = f" + group * {rows * columns}u"
        located.append(f"const uint32_t group = channel / {step.into}u;")
    body = [
        *located,
        f"const uint32_t tap = (channel * {height}u + down[0]) * {width}u + along[0];",
        f"const uint32_t pixel = down[1] * {columns}u + along[1]{group};",
        f"const uint32_t count = along[2] * {out}u;",
        f"snncc_products_{kind}(sums + {out}u * pixel, {step.weights} + {out}u * tap, x, down[2],",
        f"    count, {columns * out}u - count, {width * out}u - count);",
    ]
    if wire.kind == "events":
        opened, walk = events(names, step.source), "while (event != end)"
        taken = ["const uint32_t i = *event++;", "const int32_t x = 1;"]
    else:
        opened = [names.pointer("value", step.source)]
        walk = f"for (uint32_t i = 0; i < {wire.size}u; i++)"
        taken = ["const int32_t x = value[i];", "if (!x)", "    continue;"]
    return [
        f"{names.kind(step.target)} *const sums = {names.values(Reading(step.target))};",
        *opened,
        *_begin_sums(step, names),
        f"{walk} {{\n{block([*taken, *body])}\n}}",
    ]


def _begin_sums(step: Products, names: Names) -> list[str]:
    """What the sums begin with."""
    pixels = prod(step.runs.positions)
    size = step.groups * pixels * step.out
    if not step.bias.table and not step.bias.value:
        return [f"(void)memset(sums, 0, {4 * size}u);"]
    if not step.bias.table:
        return [
            f"for (uint32_t o = 0; o < {size}u; o++)",
            f"    sums[o] = {names.element(step.bias, 'o')};",
        ]
    return [
        f"for (uint32_t group = 0, o = 0; group < {step.groups}u; group++)",
        f"    for (uint32_t pixel = 0; pixel < {pixels}u; pixel++) {{",
        "        SNNCC_UNROLLED",
        f"        for (uint32_t k = 0; k < {step.out}u; k++, o++)",
        f"            sums[o] = {step.bias.table}[{step.out}u * group + k];",
        "    }",
    ]


def _locate_event(runs: Runs, names: Names) -> list[str]:
    """An event's channel, and the runs of its line and column."""
    lines, columns = runs.size
    down, along = (names.tables[name].layout for name in (runs.lines, runs.columns))
    return [
        "const uint32_t i = *event++;",
        f"const uint32_t channel = i / {lines * columns}u;",
        f"const {down} *const down = {runs.lines} + 3u * (i % {lines * columns}u / {columns}u);",
        f"const {along} *const along = {runs.columns} + 3u * (i % {columns}u);",
    ]


def settle(step: Settle, names: Names) -> list[str]:
    """Sums in lanes, in the order of the signal."""
    kind, groups = names.wires[step.target].ctype, -(-step.channels // LANES)
    bias = ""
    if step.bias.table or step.bias.value:
        bias = f" + {names.constant(step.bias, 'group', 'group', LANES * groups, 'lane[k]')}"
    inner = [
        f"const snncc_lanes sum = snncc_settle(sums[{groups}u * pixel + group]);",
        f"const uint32_t left = {step.channels}u - {LANES}u * group;",
        f"{names.kind(step.target)} *const to = out + {LANES * step.pixels}u * group + pixel;",
        f"for (uint32_t k = 0; k < {LANES}u && k < left; k++)",
        f"    to[{step.pixels}u * k] = ({kind})(int16_t)(sum.lane[k]{bias});",
    ]
    each = f"for (uint32_t group = 0; group < {groups}u; group++) {{\n{block(inner)}\n}}"
    return [
        f"const snncc_lanes *const sums = {names.lanes(step.source.wire)};",
        f"{names.kind(step.target)} *const out = {names.values(Reading(step.target))};",
        f"for (uint32_t pixel = 0; pixel < {step.pixels}u; pixel++) {{\n{block([each])}\n}}",
    ]


def pool_events(step: PoolEvents, names: Names) -> list[str]:
    """Each event marks, or adds to, the windows that it lies in."""
    wire, (lines, columns) = names.wires[step.target], step.runs.positions
    kind = wire.ctype
    add = "to[k] = 1;" if step.largest else f"to[k] = ({kind})(to[k] + 1);"
    body = [
        *_locate_event(step.runs, names),
        f"{names.kind(step.target)} *to = out + channel * {lines * columns}u",
        f"    + down[1] * {columns}u + along[1];",
        "for (uint32_t n = down[2]; n; n--) {",
        "    for (uint32_t k = 0; k < along[2]; k++)",
        f"        {add}",
        f"    to += {columns}u;",
        "}",
    ]
    return [
        f"{names.kind(step.target)} *const out = {names.values(Reading(step.target))};",
        *events(names, step.source),
        f"(void)memset(out, 0, {wire.bytes // wire.slots}u);",
        f"while (event != end) {{\n{block(body)}\n}}",
    ]
