"""The C function of a population: gather, update, list who fired. Never: a decision."""

from __future__ import annotations

from .program import Gather, Packed, Population, Scalar
from .target import LANES
from .text import Names, block, literal, pair


def population(step: Population, names: Names) -> str:
    """All C of a population: the arithmetic of its neurons, then the function that updates it."""
    arithmetic = step.arithmetic
    before = _packed_functions(step, arithmetic) if isinstance(arithmetic, Packed) else ""
    head, _ = names.signature(f"{step.node}_update", step)
    note = f"/* %{step.node}: {step.neurons} neurons ({step.keyword}) */"
    inner = [*_cursors(step, names), *_opening(step, names), *_loops(step, names)]
    return f"{before}{note}\n{head}\n{{\n{block(inner + _closing(step, names))}\n}}\n"


def _cursors(step: Population, names: Names) -> list[str]:
    lines: list[str] = []
    for k, gather in enumerate(step.gathers):
        source = names.list(gather.source)
        if gather.blocked:
            lines.append(f"const uint16_t *event{k} = {source}.index;")
        else:
            lines.append(f"const uint16_t *const event{k} = {source}.index;")
            lines.append(f"const uint16_t *const end{k} = event{k} + {source}.count;")
    lines += [names.pointer(f"current{k}", r) for k, r in enumerate(step.currents)]
    return lines


def _opening(step: Population, names: Names) -> list[str]:
    if step.values:
        wire = names.wires[step.values]
        target = f"state->{wire.name}{names.slot(wire, 0)}"
        return [f"{wire.ctype} *const values = {target};"]
    if step.events:
        wire = names.wires[step.events]
        target = f"state->{wire.name}{names.slot(wire, 0)}"
        return [f"uint16_t *const list = {target}.index, *out = list;"]
    return []


def _closing(step: Population, names: Names) -> list[str]:
    if not step.events:
        return []
    wire = names.wires[step.events]
    count = f"state->{wire.name}{names.slot(wire, 0)}.count"
    return ["*out = SNNCC_END;", f"{count} = (uint16_t)(out - list);"]


def _loops(step: Population, names: Names) -> list[str]:
    outputs = step.neurons // step.blocks
    one_block, one_group = step.blocks == 1, step.groups == 1
    lines: list[str] = []
    if one_block:
        lines.append(f"const uint32_t place = group, first = {LANES}u * group;")
    elif one_group:
        lines.append(f"const uint32_t place = block, first = {outputs}u * block;")
    else:
        lines.append(f"const uint32_t place = {step.groups}u * block + group;")
        lines.append(f"const uint32_t first = {outputs}u * block + {LANES}u * group;")
    if outputs % LANES and not one_group:
        left = f"{outputs}u - {LANES}u * group"
        lines.append(f"const uint32_t count = {left} < {LANES}u ? {left} : {LANES}u;")
    else:
        lines.append(f"const uint32_t count = {min(outputs, LANES)}u;")
    body = [*lines, *_rest(step), *_sum(step, names), *_update(step, names)]
    body.append("(void)first, (void)count;")
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
            f"const uint16_t *const end{k} = snncc_until(event{k}, limit{k});"
            for k, g in enumerate(step.gathers)
            if g.blocked
        ]
        moves = [f"event{k} = end{k};" for k, g in enumerate(step.gathers) if g.blocked]
        text = block([*limits, *spans, per_group, *moves])
    return [f"for (uint32_t block = 0; block < {step.blocks}u; block++) {{\n{text}\n}}"]


def _rest(step: Population) -> list[str]:
    """A block at rest that hears nothing is left alone."""
    if not step.resting or step.groups > 1 or not all(g.blocked for g in step.gathers):
        return []
    quiet = [f"*event{k} >= limit{k}" for k in range(len(step.gathers))]
    quiet += [
        f"snncc_silent(&state->{m.name}[place])"
        if m.packed
        else f"snncc_unmoved(state->{m.name} + {LANES}u * place, sizeof *state->{m.name})"
        for m in step.memories
    ]
    return [f"if ({' && '.join(quiet)})", "    continue;"]


def _sum(step: Population, names: Names) -> list[str]:
    if not step.lanes:
        return []
    lines = ["snncc_lanes sum = {{0}};"]
    lines += [_gather(step, k, gather) for k, gather in enumerate(step.gathers)]
    if step.gathers:
        lines.append("sum = snncc_settle(sum);")
    if step.bias.table or step.bias.value:
        lines.append("for (uint32_t k = 0; k < 8u; k++)")
        added = names.constant(step.bias, "place", "group", _lanes(step), "lane[k]")
        lines.append(f"    sum.lane[k] = (int16_t)(sum.lane[k] + {added});")
    if step.currents and isinstance(step.arithmetic, Packed):
        terms = " + ".join(f"current{k}[first + k]" for k in range(len(step.currents)))
        lines.append("for (uint32_t k = 0; k < count; k++)")
        lines.append(f"    sum.lane[k] = (int16_t)(sum.lane[k] + {terms});")
    return lines


def _gather(step: Population, k: int, gather: Gather) -> str:
    if not gather.blocked:
        rows = f"{gather.rows} + {gather.sources}u * place"
        return f"sum = snncc_gather(sum, {rows}, event{k}, end{k});"
    if gather.shared:
        rows = f"{gather.rows} + {gather.sources}u * group"
    else:
        rows = f"{gather.rows} + {gather.sources}u * place"
    base = f"{gather.sources}u * block"
    if step.groups == 1:
        return f"sum = snncc_gather_until(sum, {rows}, &event{k}, {base}, limit{k});"
    return f"sum = snncc_gather_from(sum, {rows}, event{k}, end{k}, {base});"


def _lanes(step: Population) -> int:
    return step.blocks * step.groups * LANES


def _update(step: Population, names: Names) -> list[str]:
    if isinstance(step.arithmetic, Packed):
        return _packed_update(step, step.arithmetic, names)
    return _scalar_update(step, step.arithmetic, names)


def _scalar_update(step: Population, scalar: Scalar, names: Names) -> list[str]:
    word = "int64_t" if scalar.wide else "int32_t"
    terms = ["sum.lane[k]"] if step.lanes and (step.gathers or step.bias.table) else []
    if not terms and step.lanes and step.bias.value:
        terms = ["sum.lane[k]"]
    terms += [f"current{k}[first + k]" for k in range(len(step.currents))]
    body = [f"const {word} current = {' + '.join(terms) or '0'};"]
    for name, constant in scalar.parameters:
        value = names.constant(constant, "place", "group", _lanes(step), "k")
        body.append(f"const {word} {name} = {value};")
    at = f"[{LANES}u * place + k]"
    body += [f"{word} {name} = state->{memory}{at};" for name, memory in scalar.states]
    body += [f"{word} fired;", *scalar.lines]
    kinds = {m.name: m.ctype for m in step.memories}
    for name, memory in scalar.states:
        body.append(f"state->{memory}{at} = ({kinds[memory]}){name};")
    for memory, wire in step.exposed:
        slot = names.slot(names.wires[wire], 0)
        body.append(f"state->{wire}{slot}[first + k] = state->{memory}{at};")
    if step.values:
        body.append(f"values[first + k] = ({names.wires[step.values].ctype})fired;")
    elif step.events:
        body.append("flags.byte[k] = (uint8_t)fired;")
    else:
        body.append("(void)fired;")
    lines = ["snncc_flags flags = {{0}};"] if step.events else []
    if step.lanes and terms[:1] != ["sum.lane[k]"]:
        lines.append("(void)sum;")
    lines.append(f"for (uint32_t k = 0; k < count; k++) {{\n{block(body)}\n}}")
    if step.events:
        lines.append("out = snncc_append(out, &flags, first);")
    return lines


def _packed_update(step: Population, packed: Packed, names: Names) -> list[str]:
    outputs = step.neurons // step.blocks
    pairs = LANES // 2 if step.groups > 1 else (outputs + 1) // 2
    calls = [f"{step.node}_pair({_pair_arguments(step, packed, names, k)})" for k in range(pairs)]
    fast = [f"out = snncc_append_pair(out, {c}, first + {2 * k}u);" for k, c in enumerate(calls)]
    lanes = ", ".join(f"&state->{m.name}[place]" for m in step.memories)
    tables = [
        names.constant(c, "place", "group", _lanes(step), "lane[k]")
        for c in (packed.threshold, packed.amount, packed.bias)
    ]
    plain = [
        "snncc_flags flags;",
        "for (uint32_t k = 0; k < 8u; k++)",
        f"    flags.byte[k] = {step.node}_lane({lanes}, k, sum.lane[k], {', '.join(tables)});",
        "out = snncc_append(out, &flags, first);",
    ]
    return ["#if SNNCC_DSP", *fast, "#else", *plain, "#endif"]


def _pair_arguments(step: Population, packed: Packed, names: Names, k: int) -> str:
    pointers = [f"&state->{m.name}[place].pair[{k}]" for m in step.memories]
    values = [
        names.constant(c, "place", "group", _lanes(step), f"pair[{k}]")
        if c.table
        else pair(c.value)
        for c in (packed.threshold, packed.amount, packed.bias)
    ]
    return ", ".join([*pointers, f"sum.pair[{k}]", *values])


def _packed_functions(step: Population, packed: Packed) -> str:
    cuba = packed.current_decay is not None
    pointer = "uint32_t *rest, uint32_t *synaptic" if cuba else "uint32_t *rest"
    four = "uint32_t current, uint32_t threshold, uint32_t amount, uint32_t bias"
    lane = "snncc_lanes *rest, snncc_lanes *synaptic" if cuba else "snncc_lanes *rest"
    ints = "uint32_t k, int32_t current, int32_t threshold, int32_t amount, int32_t bias"
    return (
        f"#if SNNCC_DSP\n\n/* Two neurons of %{step.node}; non-zero in the lane of a neuron that "
        f"fires. */\nSNNCC_INLINE uint32_t {step.node}_pair({pointer},\n    {four})\n"
        f"{{\n{block(_pair_body(packed))}\n}}\n\n#else\n\n"
        f"/* One neuron of %{step.node}; 1 if it fires. */\n"
        f"SNNCC_INLINE uint8_t {step.node}_lane({lane},\n    {ints})\n"
        f"{{\n{block(_lane_body(packed))}\n}}\n\n#endif\n\n"
    )


def _pair_body(packed: Packed) -> list[str]:
    if packed.current_decay is None:
        lines = [f"const uint32_t v = SNNCC_PUSH(*rest, current, {packed.shift});"]
    else:
        lines = [
            f"const uint32_t drive = SNNCC_PUSH(*synaptic, current, {packed.shift});",
            "const uint32_t v = (uint32_t)__qadd16((int32_t)*rest, (int32_t)drive);",
        ]
    test = "snncc_above" if packed.strict else "snncc_reached"
    marks = "amount" if packed.marking else "0xFFFFFFFFu"
    lines.append(f"const uint32_t marks = {test}(v, threshold, {marks});")
    taken = "marks" if packed.marking else "(marks & amount)"

    def less(value: str) -> str:
        return f"(uint32_t)__ssub16((int32_t){value}, (int32_t){taken})"

    def faded(value: str) -> str:
        return _pair_fade(value, packed.decay, packed.frac)

    if packed.reset == "none":
        kept = faded("v")
    elif packed.reset == "value":
        kept = f"({faded('v')} & ~marks) | (amount & marks)"
    else:
        kept = less(faded("v")) if packed.late else faded(less("v"))
    both = "(uint32_t)__sadd16((int32_t)({{}}), (int32_t)bias)"
    if packed.current_decay is not None:
        fresh = _pair_fade("drive", packed.current_decay, packed.current_frac)
        lines.append(f"*synaptic = {both.format(fresh) if _biased(packed) else fresh};")
    elif _biased(packed):
        kept = both.format(kept)
    lines.append(f"*rest = {kept};")
    lines += [f"(void){name};" for name in ("amount", "bias")]
    return [*lines, "return marks;"]


def _biased(packed: Packed) -> bool:
    return bool(packed.bias.table or packed.bias.value)


def _pair_fade(value: str, code: int | None, frac: int) -> str:
    if code is None:
        return value
    if code == 0:
        return "0u"
    if frac == 16:
        return f"snncc_fade_odd({value}, {code})"
    return f"snncc_fade({value}, {code}, {frac})"


def _lane_body(packed: Packed) -> list[str]:
    scaled = f"current * {1 << packed.shift}" if packed.shift else "current"
    if packed.current_decay is None:
        lines = [f"const int32_t v = snncc_fit16(rest->lane[k] + {scaled});"]
    else:
        lines = [
            f"const int32_t drive = snncc_fit16(synaptic->lane[k] + {scaled});",
            "const int32_t v = snncc_fit16(rest->lane[k] + drive);",
        ]
    lines.append(f"const int32_t fires = v {'>' if packed.strict else '>='} threshold;")

    def faded(value: str) -> str:
        return _lane_fade(value, packed.decay, packed.frac)

    if packed.reset == "none":
        kept = faded("v")
    elif packed.reset == "value":
        kept = f"(fires ? amount : {faded('v')})"
    elif packed.late:
        kept = f"{faded('v')} - (amount & -fires)"
    else:
        kept = faded("(v - (amount & -fires))")
    if packed.current_decay is not None:
        fresh = _lane_fade("drive", packed.current_decay, packed.current_frac)
        lines.append(f"synaptic->lane[k] = (int16_t)({fresh} + bias);")
    else:
        kept = f"{kept} + bias"
    lines.append(f"rest->lane[k] = (int16_t)({kept});")
    lines += [f"(void){name};" for name in ("amount", "bias")]
    return [*lines, "return (uint8_t)fires;"]


def _lane_fade(value: str, code: int | None, frac: int) -> str:
    if code is None:
        return value
    return f"snncc_toward_zero32({value} * {literal(code)}, {frac})"
