"""The C function of every step that is not a population. Never: a decision."""

from __future__ import annotations

from math import prod

from ..event_steps import Keep, Numbering, Renumber, Scan, Unpack
from ..storage import Reading
from ..value_steps import (
    ConvWalk,
    DenseWalk,
    Dot,
    Loop,
    MatrixProduct,
    Normalise,
    PoolWindow,
    SparseWalk,
    Spread,
)
from .c_names import Names, block


def scan(step: Scan, names: Names) -> list[str]:
    """Values to events."""
    wire, source = names.wires[step.target], names.wires[step.source.wire]
    lines = [names.pointer("value", step.source), _list(names, step.target)]
    size, start = source.size, 0
    often = wire.size > size

    def list_each(k: str, end: str) -> list[str]:
        if often:
            return [
                f"for (; {k} < {end}; {k}++)",
                f"    for (uint32_t again = (uint32_t)value[{k}]; again; again--)",
                f"        *out++ = (snncc_event){k};",
            ]
        return [
            f"for (; {k} < {end}; {k}++) {{",
            f"    *out = (snncc_event){k};",
            f"    out += value[{k}] != 0;",
            "}",
        ]

    if source.ctype == "uint8_t" and size >= 4:
        # Most bytes are zero: four at a time.
        each = [f"out = snncc_append_one(out, value[i + {k}], i + {k});" for k in range(4)]
        if often:
            each = ["uint32_t k = i;", *list_each("k", "i + 4")]
        lines += [
            f"for (uint32_t i = 0; i < {size // 4 * 4}u; i += 4)",
            "    if (snncc_any_of_four(value + i)) {",
            block(each, 2),
            "    }",
        ]
        start = size // 4 * 4
    if start < size:
        lines += ["{", f"    uint32_t i = {start};", block(list_each("i", f"{size}u")), "}"]
    return [
        *lines,
        "*out = SNNCC_END;",
        f"{names.count(Reading(step.target))} = (snncc_event)(out - list);",
    ]


def renumber(step: Renumber, names: Names) -> list[str]:
    """Events of some lists to one, each with its new number."""
    lines = [_list(names, step.target)]
    for source, numbering in step.sources:
        body = [
            *events(names, source),
            "while (event != end) {",
            "    const uint32_t i = *event++;",
            f"    *out++ = (snncc_event)({_new_number(numbering)});",
            "}",
        ]
        lines += ["{", block(body), "}"]
    return [
        *lines,
        "*out = SNNCC_END;",
        f"{names.count(Reading(step.target))} = (snncc_event)(out - list);",
    ]


def _new_number(numbering: Numbering) -> str:
    """C of the new number of event i."""
    terms = [f"{numbering.start}u"] if numbering.start else []
    inner = prod(numbering.extents)
    for axis, (extent, leap) in enumerate(zip(numbering.extents, numbering.leap, strict=True)):
        index = f"i % {inner}u" if axis else "i"
        inner //= extent
        index += f" / {inner}u" if inner > 1 else ""
        terms.append(index + (f" * {leap}u" if leap > 1 else ""))
    return " + ".join(terms)


def unpack(step: Unpack, names: Names) -> list[str]:
    """Events to values."""
    wire = names.wires[step.target]
    return [
        _target(names, step.target),
        *events(names, step.source),
        f"(void)memset(out, 0, {wire.bytes // wire.slots}u);",
        "while (event != end)",
        "    out[*event++] = 1;",
    ]


def keep(step: Keep, names: Names) -> list[str]:
    """The caller's array into a delay line."""
    size = names.wires[step.target].size
    return [
        _target(names, step.target),
        f"for (uint32_t i = 0; i < {size}u; i++)",
        f"    out[i] = {step.port}_values[i];",
    ]


def spread(step: Spread, names: Names) -> list[str]:
    """Synapses walked from the source."""
    kind = names.wires[step.target].ctype
    lines = [
        _target(names, step.target),
        f"for (uint32_t o = 0; o < {step.targets}u; o++)",
        f"    out[o] = ({kind}){names.element(step.bias, 'o')};",
    ]
    if names.wires[step.source.wire].kind == "events":
        body = ["const uint32_t i = *event++;", *_walk(step.walk, names, kind, "")]
        lines += [*events(names, step.source), f"while (event != end) {{\n{block(body)}\n}}"]
        return lines
    body = [
        "const int32_t x = value[i];",
        "if (!x)",
        "    continue;",
        *_walk(step.walk, names, kind, "x * "),
    ]
    size = names.wires[step.source.wire].size
    lines.append(names.pointer("value", step.source))
    return [*lines, f"for (uint32_t i = 0; i < {size}u; i++) {{\n{block(body)}\n}}"]


def _walk(
    walk: DenseWalk | SparseWalk | ConvWalk, names: Names, kind: str, times: str
) -> list[str]:
    """Adds `times` the weights of source i to `out`."""
    match walk:
        case DenseWalk():
            layout = names.tables[walk.weights].layout
            row = (
                f"i * {walk.outputs}u" if walk.blocked else f"i % {walk.inputs}u * {walk.outputs}u"
            )
            start = f"i / {walk.inputs}u * {walk.outputs}u" if walk.rows > 1 else "0"
            x = "x" if times else "1"
            return [
                f"snncc_products_{layout}(out + {start}, {walk.weights} + {row}, {x}, 1u,",
                f"    {walk.outputs}u, 0u, 0u);",
            ]
        case SparseWalk():
            to = f"out[{walk.targets}[k]]"
            return [
                f"for (int32_t k = {walk.starts}[i]; k < {walk.starts}[i + 1]; k++)",
                f"    {to} = ({kind})({to} + {times}{walk.weights}[k]);",
            ]
        case ConvWalk():
            return _conv(walk, kind, times)


def _conv(walk: ConvWalk, kind: str, times: str) -> list[str]:
    """Output y reads input line i through tap k where y stride = i + before - k dilation."""
    (height, width), (rows, columns) = walk.size, walk.positions
    plane = height * width
    taps = walk.kernel[0] * walk.kernel[1]
    inner = [
        f"const int32_t left = column + {walk.before[1]} - kx * {walk.dilation[1]};",
        "uint32_t at, row;",
        *_skip("left", walk.stride[1], columns),
        f"at = (uint32_t)(below / {walk.stride[0]} * {columns} + left / {walk.stride[1]});",
        f"row = (channel * {taps}u + (uint32_t)(ky * {walk.kernel[1]} + kx)) * {walk.out}u;",
        f"for (uint32_t o = 0; o < {walk.out}u; o++) {{",
        f"    const uint32_t to = (group * {walk.out}u + o) * {rows * columns}u + at;",
        f"    out[to] = ({kind})(out[to] + {times}{walk.weights}[row + o]);",
        "}",
    ]
    middle = [
        f"const int32_t below = line + {walk.before[0]} - ky * {walk.dilation[0]};",
        *_skip("below", walk.stride[0], rows),
        f"for (int32_t kx = 0; kx < {walk.kernel[1]}; kx++) {{\n{block(inner)}\n}}",
    ]
    return [
        f"const uint32_t channel = i / {plane}u, group = channel / {walk.into}u;",
        f"const int32_t line = (int32_t)(i % {plane}u / {width}u);",
        f"const int32_t column = (int32_t)(i % {width}u);",
        f"for (int32_t ky = 0; ky < {walk.kernel[0]}; ky++) {{\n{block(middle)}\n}}",
    ]


def _skip(name: str, stride: int, positions: int) -> list[str]:
    uneven = f" || {name} % {stride}" if stride > 1 else ""
    return [f"if ({name} < 0 || {name} >= {stride * positions}{uneven})", "    continue;"]


HOT = 1024  # elements
UNROLLED = 4  # products written out in the loop of a dot product: at -Os compilers unroll nothing


def dot(step: Dot, names: Names) -> list[str]:
    """Dense synapses, one dot product per output."""
    index = f"r * {step.outputs}u + o" if step.rows > 1 else "o"
    weights = index if step.blocked else "o"
    given = f"value + r * {step.inputs}u" if step.rows > 1 else "value"
    apart, added = 1, names.element(step.bias, index)
    if step.across:
        index, given, apart = f"o * {step.rows}u + r", "value + r", step.rows
        added = names.element(step.bias, "o")
    whole, kind = step.inputs // UNROLLED * UNROLLED, names.kind(step.source.wire)
    inner = [
        f"const {kind} *x = {given};",
        f"const {names.tables[step.weights].layout} *weight",
        f"    = {step.weights} + ({weights}) * {step.inputs}u;",
        f"int32_t sum = {added};",
    ]
    if whole:
        products = " + ".join(f"x[{k * apart}] * weight[{k}]" for k in range(UNROLLED))
        inner += [
            f"for (const {kind} *const end = x + {whole * apart}u; x != end;) {{",
            f"    sum += {products};",
            f"    x += {UNROLLED * apart};",
            f"    weight += {UNROLLED};",
            "}",
        ]
    inner += [f"sum += x[{k * apart}] * weight[{k}];" for k in range(step.inputs - whole)]
    inner.append(f"out[{index}] = ({names.wires[step.target].ctype})sum;")
    outer = f"for (uint32_t o = 0; o < {step.outputs}u; o++) {{\n{block(inner)}\n}}"
    if step.rows > 1:
        outer = f"for (uint32_t r = 0; r < {step.rows}u; r++) {{\n{block([outer])}\n}}"
    return [_target(names, step.target), names.pointer("value", step.source), outer]


def loop(step: Loop, names: Names) -> list[str]:
    """Element by element."""
    letters = [f"i{axis}" for axis in range(len(step.extents))]

    def place(start: int, strides: tuple[int, ...]) -> str:
        terms = [f"{s}u * {i}" for i, s in zip(letters, strides, strict=True) if s]
        return " + ".join(([f"{start}u"] if start or not terms else []) + terms)

    body = [f"const uint32_t at = {place(step.start, step.leap)};"]
    for k, (start, strides) in enumerate(zip(step.offsets, step.strides, strict=True)):
        body.append(f"const int32_t x{k} = value{k}[{place(start, strides)}];")
    body += [f"const int32_t {n} = {names.element(c, 'at')};" for n, c in step.parameters]
    body += step.statements
    body.append(f"out[at] = ({names.wires[step.target].ctype})({step.expression});")
    text = block(body)
    for axis in reversed(range(len(step.extents))):
        i = letters[axis]
        inner = axis == len(letters) - 1
        unrolled = "SNNCC_UNROLLED\n" if inner and _is_hot(step) else ""
        head = f"{unrolled}for (uint32_t {i} = 0; {i} < {step.extents[axis]}u; {i}++)"
        text = f"{head} {{\n{text}\n}}"
        text = block([text]) if axis else text
    pointers = [names.pointer(f"value{k}", source) for k, source in enumerate(step.sources)]
    return [_target(names, step.target), *pointers, text if step.extents else f"{{\n{text}\n}}"]


def _is_hot(step: Loop) -> bool:
    """Whether a loop runs so often, for so little each time, that to unroll it pays its code."""
    return not step.statements and prod(step.extents) >= HOT


def matrix_product(step: MatrixProduct, names: Names) -> list[str]:
    """Products of two signals, row by row; a zero on the left costs nothing."""
    kind = names.wires[step.target].ctype
    taken = [
        f"const int32_t x = left[row * {step.terms}u + k];",
        f"const uint32_t from = (row / {step.rows}u * {step.terms}u + k) * {step.columns}u;",
        "if (!x)",
        "    continue;",
        f"for (uint32_t n = 0; n < {step.columns}u; n++)",
        f"    to[n] = ({kind})(to[n] + x * right[from + n]);",
    ]
    each = [
        f"{names.kind(step.target)} *const to = out + row * {step.columns}u;",
        f"for (uint32_t n = 0; n < {step.columns}u; n++)",
        "    to[n] = 0;",
        f"for (uint32_t k = 0; k < {step.terms}u; k++) {{\n{block(taken)}\n}}",
    ]
    return [
        _target(names, step.target),
        names.pointer("left", step.left),
        names.pointer("right", step.right),
        f"for (uint32_t row = 0; row < {step.batch * step.rows}u; row++) {{\n{block(each)}\n}}",
    ]


def normalise(step: Normalise, names: Names) -> list[str]:
    """Each row from its mean, over its deviation."""
    kind, size = names.wires[step.target].ctype, step.size
    each = [
        "int64_t sum = 0, squares = 0, root;",
        f"for (uint32_t i = 0; i < {size}u; i++)",
        "    sum += value[i];",
        f"for (uint32_t i = 0; i < {size}u; i++) {{",
        f"    const int64_t apart = (int64_t)value[i] * {size} - sum;",
        "    squares += apart * apart;",
        "}",
        f"root = snncc_root(squares / {size} + {names.element(step.softening, 'row')});",
        f"for (uint32_t i = 0; i < {size}u; i++) {{",
        f"    const int64_t apart = (int64_t)value[i] * {size} - sum;",
        f"    const int64_t x = root ? snncc_ratio(apart * {1 << step.frac}, root) : 0;",
        f"    out[i] = ({kind})({step.fitted});",
        "}",
        f"value += {size};",
        f"out += {size};",
    ]
    source = names.kind(step.source.wire)
    return [
        _target(names, step.target).replace("*const out", "*out"),
        f"const {source} *value = {names.values(step.source)};",
        f"for (uint32_t row = 0; row < {step.rows}u; row++) {{\n{block(each)}\n}}",
    ]


def pool(step: PoolWindow, names: Names) -> list[str]:
    """Sum or maximum over windows."""
    (height, width), (rows, columns) = step.size, step.positions
    found = f"value[c * {height * width}u + (uint32_t)(y * {width} + x)]"
    take = (
        f"if (!any || {found} > sum)\n    sum = {found};\nany = 1;"
        if step.largest
        else f"sum += {found};"
    )
    inner = [
        f"const int32_t x = column * {step.stride[1]} - {step.before[1]} + kx;",
        f"if (x < 0 || x >= {width})",
        "    continue;",
        take,
    ]
    middle = [
        f"const int32_t y = line * {step.stride[0]} - {step.before[0]} + ky;",
        f"if (y < 0 || y >= {height})",
        "    continue;",
        f"for (int32_t kx = 0; kx < {step.kernel[1]}; kx++) {{\n{block(inner)}\n}}",
    ]
    each = [
        "int32_t sum = 0;",
        *(["int any = 0;"] if step.largest else []),
        f"for (int32_t ky = 0; ky < {step.kernel[0]}; ky++) {{\n{block(middle)}\n}}",
        f"*out++ = ({names.wires[step.target].ctype})sum;",
    ]
    return [
        _target(names, step.target).replace("*const out", "*out"),
        names.pointer("value", step.source),
        f"for (uint32_t c = 0; c < {step.channels}u; c++)",
        f"    for (int32_t line = 0; line < {rows}; line++)",
        f"        for (int32_t column = 0; column < {columns}; column++) {{",
        block(each, 3),
        "        }",
    ]


def _target(names: Names, name: str) -> str:
    return f"{names.kind(name)} *const out = {names.values(Reading(name))};"


def _list(names: Names, name: str) -> str:
    return f"snncc_event *const list = {names.index(Reading(name))}, *out = list;"


def events(names: Names, reading: Reading) -> list[str]:
    """Declarations of the first event of a list and of its end."""
    return [
        f"const snncc_event *event = {names.index(reading)};",
        f"const snncc_event *const end = event + {names.count(reading)};",
    ]
