"""The C of leaky neurons: two to a word on a DSP core, one at a time elsewhere. No decision."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

from ..event_steps import Leaky, Population
from ..storage import Constant
from ..target import LANE_BITS, LANES
from .c_names import COLUMNS, INDENT, Names, block, lane_stride, lanes_of, literal, neuron, pair

HALF_BITS = 16  # fraction bits up to which a factor times half of a word fits a word


def _roles(leaky: Leaky) -> tuple[tuple[str, Constant], ...]:
    """The parameters that a neuron's function takes, by name."""
    named = (
        ("threshold", leaky.threshold),
        ("amount", leaky.amount if leaky.reset != "none" else None),
        ("bias", leaky.bias if leaky.bias.table or leaky.bias.value else None),
        ("decay", leaky.decay),
        ("fade", leaky.current_decay),
    )
    return tuple((name, constant) for name, constant in named if constant is not None)


def leaky_update(step: Population, leaky: Leaky, names: Names) -> list[str]:
    """Statements that update the eight neurons of a group and list those that fire."""
    if not step.lanes:
        terms = " + ".join(f"current{k}[{neuron(step)}]" for k in range(len(step.currents))) or "0"
        return [
            "snncc_flags flags = {{0}};",
            "for (uint32_t k = 0; k < count; k++)",
            f"    snncc_fire(&flags, k, {_lane_call(step, leaky, names, 'k', terms)});",
            f"out = snncc_append(out, &flags, first, {lane_stride(step)}u);",
        ]
    outputs, far = step.neurons // step.blocks, lane_stride(step)
    lanes = LANES if step.groups > 1 else outputs
    pointers: Mapping[str, str] = {}
    if leaky.bits == LANE_BITS:
        pointers = _pair_pointers(step, leaky, names)
        marks = _pair_call(step, leaky, names, pointers, "k")
        one = f"snncc_append_pair(out, {marks}, first + {2 * far}u * (k), {far}u)"
    else:
        fires = _lane_call(step, leaky, names, "k")
        one = f"snncc_append_one(out, {fires}, first + {far}u * (k))"
    times = (lanes + 1) // 2 if leaky.bits == LANE_BITS else lanes
    # Written out by the preprocessor: a loop would cost instructions where nothing unrolls it.
    broken = fill(  # not at the hyphen of `->`
        one,
        COLUMNS - len(INDENT),
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    ).splitlines()
    fast = [
        *_point(pointers),
        " \\\n    ".join(["#define NEXT(k)", f"out = {broken[0]}", *broken[1:]]),
        " ".join(f"NEXT({k});" for k in range(times)),
        "#undef NEXT",
    ]
    plain = [
        "snncc_flags flags = {{0}};",
        f"for (uint32_t k = 0; k < {LANES}u; k++) {{",
        "    SNNCC_ONE_INDEX(k);",
        f"    snncc_fire(&flags, k, {_lane_call(step, leaky, names, 'k')});",
        "}",
        f"out = snncc_append(out, &flags, first, {far}u);",
    ]
    return ["#if SNNCC_DSP", *fast, "#else", *plain, "#endif"]


def _pair_pointers(step: Population, leaky: Leaky, names: Names) -> Mapping[str, str]:
    """What a group of pairs reads and writes → the local that points there."""
    states = {f"&state->{m.name}[place]": f"own{k}" for k, m in enumerate(step.memories)}
    tables: dict[str, str] = {}
    for name, constant in _roles(leaky):
        if constant.table:
            tables.setdefault(names.group_of(constant, lanes_of(step)), name)
    return states | tables


def _point(pointers: Mapping[str, str]) -> list[str]:
    """Declarations of the locals."""
    lines = [
        f"{'' if place.startswith('&state') else 'const '}snncc_lanes *{name} = {place};"
        for place, name in pointers.items()
    ]
    return [*lines, *(f"SNNCC_UNSEEN({name});" for name in pointers.values())]


def _pair_call(
    step: Population, leaky: Leaky, names: Names, pointers: Mapping[str, str], k: str
) -> str:
    states = [f"&{pointers[f'&state->{m.name}[place]']}->pair[{k}]" for m in step.memories]
    values = [
        f"{pointers[names.group_of(c, lanes_of(step))]}->pair[{k}]"
        if c.table
        else literal(c.value)
        if name in ("decay", "fade")
        else pair(c.value)
        for name, c in _roles(leaky)
    ]
    return f"{step.node}_pair({', '.join([*states, f'sum.pair[{k}]', *values])})"


def _lane_call(
    step: Population, leaky: Leaky, names: Names, k: str, current: str | None = None
) -> str:
    if leaky.bits == LANE_BITS:
        pointers = [f"&state->{m.name}[place].lane[{k}]" for m in step.memories]
        part = f"lane[{k}]"
    else:
        pointers = [f"&state->{m.name}[{LANES}u * place + {k}]" for m in step.memories]
        part = k
    values = [names.constant(c, "place", "group", lanes_of(step), part) for _, c in _roles(leaky)]
    return f"{step.node}_lane({', '.join([*pointers, current or f'sum.lane[{k}]', *values])})"


def leaky_functions(step: Population, leaky: Leaky) -> str:
    """The functions that update one neuron, or two."""
    node, roles = step.node, [name for name, _ in _roles(leaky)]
    states = ("rest",) if leaky.current_decay is None else ("rest", "synaptic")

    def head(kind: str, word: str, number: str) -> str:
        takes = [f"{word} *{name}" for name in states]
        takes += [f"{number} {name}" for name in ("current", *roles)]
        return f"{node}_{kind}({', '.join(takes)})"

    single = (
        f"/* One neuron of %{node}; 1 if it fires. */\nSNNCC_INLINE uint8_t "
        f"{head('lane', f'int{leaky.bits}_t', 'int32_t')}\n{{\n{block(_lane_body(leaky))}\n}}\n\n"
    )
    if leaky.bits != LANE_BITS or not step.lanes:
        return single
    return (
        f"#if SNNCC_DSP\n\n/* Two neurons of %{node}; non-zero in the lane of one that fires. */\n"
        f"SNNCC_INLINE uint32_t {head('pair', 'uint32_t', 'uint32_t')}\n"
        f"{{\n{block(_pair_body(leaky))}\n}}\n\n#else\n\n{single}#endif\n\n"
    )


def _pair_body(leaky: Leaky) -> list[str]:
    push = f"SNNCC_PUSH({{}}, current, {leaky.shift}, {int(leaky.cut)})"
    if leaky.current_decay is None:
        lines = [f"const uint32_t v = {push.format('*rest')};"]
    else:
        lines = [
            f"const uint32_t drive = {push.format('*synaptic')};",
            "const uint32_t v = (uint32_t)__qadd16((int32_t)*rest, (int32_t)drive);",
        ]
    test = "snncc_above" if leaky.strict else "snncc_reached"
    marks = "amount" if leaky.marking else "0xFFFFFFFFu"
    lines.append(f"const uint32_t marks = {test}(v, threshold, {marks});")
    kept, biased = _pair_kept(leaky), bool(leaky.bias.table or leaky.bias.value)

    def add_bias(value: str) -> str:
        return f"(uint32_t)__sadd16((int32_t)({value}), (int32_t)bias)" if biased else value

    if leaky.current_decay is not None:
        fresh = _pair_faded("drive", "fade", leaky.current_decay, leaky.current_frac)
        lines += [f"*synaptic = {add_bias(fresh)};", f"*rest = {kept};"]
    else:
        lines.append(f"*rest = {add_bias(kept)};")
    return [*lines, *_find_unread(leaky), "return marks;"]


def _pair_kept(leaky: Leaky) -> str:
    """What is left of two potentials v after reset and decay."""
    taken = "marks" if leaky.marking else "(marks & amount)"

    def subtract_taken(value: str) -> str:
        return f"(uint32_t)__ssub16((int32_t){value}, (int32_t){taken})"

    def apply_decay(value: str) -> str:
        return _pair_faded(value, "decay", leaky.decay, leaky.frac)

    match leaky.reset:
        case "none":
            return apply_decay("v")
        case "value":
            return f"({apply_decay('v')} & ~marks) | (amount & marks)"
        case _:
            return (
                subtract_taken(apply_decay("v")) if leaky.late else apply_decay(subtract_taken("v"))
            )


def _pair_faded(value: str, name: str, constant: Constant | None, frac: int) -> str:
    if constant is None:
        return value
    if constant.table:
        return f"snncc_fade_each({value}, {name}, {frac})"
    if constant.value == 0:
        return "0u"
    if 2 * constant.value == 1 << frac:
        return f"snncc_halve({value})"
    return f"snncc_fade({value}, {name}, {frac})"


def _find_unread(leaky: Leaky) -> list[str]:
    """Parameters that a body need not read: a decay of zero."""
    return [f"(void){name};" for name, _ in _roles(leaky) if name in ("decay", "fade")]


def _compare(leaky: Leaky) -> str:
    """Whether the potential v fires."""
    if leaky.bits == LANE_BITS:
        return f"snncc_{'exceeds' if leaky.strict else 'reaches'}(v, threshold)"
    return f"v {'>' if leaky.strict else '>='} threshold"


def _lane_body(leaky: Leaky) -> list[str]:
    fit = "snncc_fit16({} + {})" if leaky.bits == LANE_BITS else "snncc_add32({}, {})"
    scaled = f"current * {1 << leaky.shift}" if leaky.shift else "current"
    narrow = f"(int{leaky.bits}_t)"
    if leaky.current_decay is None:
        lines = [f"const int32_t v = {fit.format('*rest', scaled)};"]
    else:
        lines = [
            f"const int32_t drive = {fit.format('*synaptic', scaled)};",
            f"const int32_t v = {fit.format('*rest', 'drive')};",
        ]
    lines.append(f"const int32_t fires = {_compare(leaky)};")
    biased = " + bias" if leaky.bias.table or leaky.bias.value else ""

    def multiply_factor(value: str, name: str, constant: Constant | None, frac: int) -> str:
        if constant is None:
            return value
        if leaky.bits == LANE_BITS:
            return f"snncc_toward_zero32({value} * {name}, {frac})"
        if frac <= HALF_BITS:
            return f"snncc_fade32({value}, {name}, {frac})"
        return f"(int32_t)snncc_toward_zero((int64_t){value} * {name}, {frac})"

    def apply_decay(value: str) -> str:
        return multiply_factor(value, "decay", leaky.decay, leaky.frac)

    match leaky.reset:
        case "none":
            kept = apply_decay("v")
        case "value":
            kept = f"(fires ? amount : {apply_decay('v')})"
        case _:
            late = f"{apply_decay('v')} - (amount & -fires)"
            kept = late if leaky.late else apply_decay("(v - (amount & -fires))")
    if leaky.current_decay is not None:
        fresh = multiply_factor("drive", "fade", leaky.current_decay, leaky.current_frac)
        lines.append(f"*synaptic = {narrow}({fresh}{biased});")
        biased = ""
    lines.append(f"*rest = {narrow}({kept}{biased});")
    return [*lines, "return (uint8_t)fires;"]
