"""How C names and reads what a program contains: wires, slots, constants. Never: a step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from textwrap import fill, indent

from ..event_steps import Population, RowSums
from ..program import Program, Step
from ..step_wires import read_by
from ..storage import BYTES, SHARED_ALIGNMENT, Constant, Reading, Table, Wire
from ..target import LANES

COLUMNS = 100
WIDEST = 120  # of a line of C
BREAK = re.compile(r", | (?=[-+*/|&?:<>=]{1,2} )")
BRACKET = re.compile(r"\[")
CONTINUED = " \\"
INDENT = "    "


@dataclass(frozen=True)
class Names:
    """A program's arrays as C expressions."""

    program: Program

    @cached_property
    def wires(self) -> Mapping[str, Wire]:
        """Wires by name."""
        return {wire.name: wire for wire in self.program.wires}

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Tables by name."""
        return {table.name: table for table in self.program.tables}

    @cached_property
    def ring_sizes(self) -> tuple[int, ...]:
        """Lengths of delay lines; each has a position of its own."""
        return tuple(sorted({wire.slots for wire in self.program.wires if wire.slots > 1}))

    def slot(self, wire: Wire, delay: int) -> str:
        """Subscript of the slot of a wire `delay` ticks ago."""
        if wire.slots == 1:
            return ""
        back = delay % wire.slots
        now = f"state->now{wire.slots}"
        if not back:
            return f"[{now}]"
        if wire.slots == 2:
            return f"[{now} ^ 1u]"
        return f"[({now} + {wire.slots - back}u) % {wire.slots}u]"

    def values(self, reading: Reading) -> str:
        """The array of a wire of values."""
        wire = self.wires[reading.wire]
        if wire.borrowed:
            return wire.name
        if wire.place is None:
            return f"state->{wire.name}{self.slot(wire, reading.delay)}"
        at = f"&state->{name_shared(wire)}"
        return at if wire.ctype.startswith("uint") else f"({self.kind(wire.name)} *){at}"

    def kind(self, name: str) -> str:
        """The C type of an element of a wire of values, to declare pointers with.

        C lets members of a union take turns in one place; compilers that order accesses by type
        alone need the attribute.
        """
        wire = self.wires[name]
        told = wire.place is not None and BYTES[wire.ctype] > 1
        return f"snncc_shared_{wire.ctype.removesuffix('_t')}" if told else wire.ctype

    def lanes(self, name: str) -> str:
        """The sums of a wire in lanes, of which each has a place."""
        return f"&state->shared.lanes[{place(self.wires[name])} / {SHARED_ALIGNMENT}u]"

    def index(self, reading: Reading) -> str:
        """The numbers of the neurons on a list of events."""
        wire = self.wires[reading.wire]
        if wire.place is None:
            return f"state->{wire.name}{self.slot(wire, reading.delay)}.index"
        return f"&state->{name_shared(wire, 1)}"

    def count(self, reading: Reading) -> str:
        """How many neurons are on a list of events."""
        wire = self.wires[reading.wire]
        if wire.place is None:
            return f"state->{wire.name}{self.slot(wire, reading.delay)}.count"
        return f"state->{name_shared(wire)}"

    def pointer(self, name: str, reading: Reading) -> str:
        """Declaration of a pointer to a wire of values that is read."""
        return f"const {self.kind(reading.wire)} *const {name} = {self.values(reading)};"

    def find_borrowed(self, readings: Iterable[Reading]) -> tuple[Wire, ...]:
        """The caller's arrays among what is read."""
        found = {r.wire: self.wires[r.wire] for r in readings}
        return tuple(wire for wire in found.values() if wire.borrowed)

    def signature(self, name: str, step: Step) -> tuple[str, str]:
        """Head of the function of a step, and the call of it."""
        extra = self.find_borrowed(read_by(step))
        takes = "".join(f", const {w.ctype} *{w.name}" for w in extra)
        given = "".join(f", {w.name}" for w in extra)
        state = f"{self.program.name}_state"
        return f"SNNCC_STEP void {name}({state} *state{takes})", f"{name}(state{given});"

    def constant(self, constant: Constant, place: str, group: str, lanes: int, part: str) -> str:
        """A parameter of a lane: a number, or an entry of its table.

        Args:
            constant: the parameter.
            place: index of the group of lanes among all.
            group: index of the group within its block.
            lanes: all lanes of the population.
            part: what of the group, such as `lane[k]`; for plain tables an index.
        """
        if not constant.table:
            return literal(constant.value)
        at = place if constant.period == lanes else group
        if self.tables[constant.table].layout == "lanes":
            return f"{constant.table}[{at}].{part}"
        return f"{constant.table}[8u * {at} + {part}]"

    def group_of(self, constant: Constant, lanes: int) -> str:
        """Address of a table's entries for the eight lanes of group `group`, `place` among all.

        Args:
            constant: with a table, in lanes.
            lanes: all lanes of the population.
        """
        assert self.tables[constant.table].layout == "lanes", constant.table
        return f"&{constant.table}[{'place' if constant.period == lanes else 'group'}]"

    def element(self, constant: Constant, index: str) -> str:
        """A parameter in the order of the signal."""
        return f"{constant.table}[{index}]" if constant.table else literal(constant.value)


def lanes_of(step: Population | RowSums) -> int:
    """Lanes of a population, empty ones included."""
    return step.blocks * step.groups * LANES


def name_shared(wire: Wire, number: int = 0) -> str:
    """An element of a wire that has a place in the memory that wires share."""
    width = BYTES[wire.ctype]
    at = place(wire) if width == 1 else f"{place(wire)} / {width}u"
    return f"shared.of_{8 * width}[{at}{f' + {number}u' if number else ''}]"


def place(wire: Wire) -> str:
    """The constant that says where in that memory a wire begins."""
    return f"AT_{wire.name}"


def lane_stride(step: Population | RowSums) -> int:
    """How far apart the numbers of two neurons are that are neighbours in a group."""
    return step.blocks if isinstance(step, Population) and step.across else 1


def neuron(step: Population) -> str:
    """The number of neuron `k` of a group of lanes, of which `first` is the first."""
    return "first + k" if lane_stride(step) == 1 else f"first + {lane_stride(step)}u * k"


def literal(value: int) -> str:
    """A number as C writes it, in parentheses where it has a sign."""
    if value == -(1 << 31):
        return "INT32_MIN"
    return f"({value})" if value < 0 else str(value)


def pair(value: int) -> str:
    """The same number in both int16 lanes of a word."""
    return f"0x{(value & 0xFFFF) * 0x10001:08x}u"


def block(lines: Iterable[str], depth: int = 1) -> str:
    """Lines, indented."""
    return indent("\n".join(lines), "    " * depth)


def fold_lines(text: str) -> str:
    """C with its long lines broken behind a comma or before an operator, else behind a bracket."""
    return "\n".join(piece for line in text.split("\n") for piece in _pieces(line))


def _pieces(line: str) -> list[str]:
    """A line, or what it is broken into; directives and texts in quotes stay whole."""
    if len(line) <= WIDEST or line.lstrip().startswith("#") or '"' in line:
        return [line]
    margin = len(line) - len(line.lstrip()) + len(INDENT)
    more = CONTINUED if line.endswith(CONTINUED) else ""  # within a macro
    for where in BREAK, BRACKET:
        places = [found.end() for found in where.finditer(line, margin, WIDEST - len(more))]
        if places and places[-1] > margin:
            break
    else:
        return [line]
    rest = " " * margin + line[places[-1] :]
    return [line[: places[-1]].rstrip() + more, *_pieces(rest)]


def numbers(values: Iterable[int]) -> str:
    """Numbers of an initializer, in lines."""
    text = ", ".join(map(literal, values))
    return fill(
        text, COLUMNS, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False
    )
