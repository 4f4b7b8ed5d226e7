r"""The .snn text: `show` prints a network, `parse` reads it back; the round trip is a law.

    file     = "network" NAME "tick=" FLOAT "s" "decode=" WORD "{" node* "return" uses "}"
    node     = "%" NAME "=" KEYWORD "(" uses? ")" fields? formats? origin?
    uses     = use ("," use)*
    use      = "%" NAME ("." STATE)? ("@-" TICKS)?
    fields   = "{" NAME "=" value ("," NAME "=" value)* "}"
    value    = INTEGER | FLOAT | QUOTED | "@" TENSOR | "[" (value ("," value)*)? "]"
    formats  = ":" ROLE "=" FORMAT ("," ROLE "=" FORMAT)*
    origin   = "//" anything up to the end of the line

One node a line, two spaces in; one space after each comma. Tensors are named, never inlined.
Within quotes and origins a backslash is two, and what ends a line or is not seen is its number:
`\x0a`, `\u2028`. A line ends in LF alone.
A field that is absent has its default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import TypeAlias

from .arithmetic.number import Format, parse_format
from .errors import NumberError, TextError, UsageError, describe_unknown
from .network import DECODES, NO_TENSORS, Decode, Formats, Network, Node, Origin, Use
from .op.fields import READABLE
from .op.op import Op
from .op.registry import op_class
from .param import Ref
from .tensor import Tensors
from .untrusted.limits import DEPTH, NODES
from .untrusted.wording import escape, unescape

Value: TypeAlias = "int | float | str | Ref | tuple[Value, ...]"

_HEAD = re.compile(r"network (\S+) tick=(\S+)s decode=(" + "|".join(DECODES) + r") \{")
_NODE = re.compile(
    r"  %(?P<name>\w+) = (?P<keyword>\w+)\((?P<uses>[^)]*)\)"
    r"(?: \{(?P<fields>[^}]*)\})?(?: : (?P<formats>[^ ]+(?: [^ ]+)*))?(?:  // (?P<origin>.*))?"
)
_RETURN = re.compile(r"  return (.*)")
_USE = re.compile(r"%(\w+)(?:\.(\w+))?(?:@-([0-9]{1,18}))?")
_FIELD = re.compile(r"(\w+)=")
QUOTED = '"}'  # what ends a text in quotes, and the fields around it
_SCALAR = re.compile(r'"([^"]*)"|@([\w.]+)|([-+]?(?:inf|nan|[0-9.]+(?:e[-+]?\d+)?))')


def show(network: Network, *, tensors: bool = False) -> str:
    """The text of a network, ending in a newline; with `tensors`, a header line for each."""
    lines = []
    if tensors:
        lines += [
            f"// @{name} {tensor.dtype}{list(tensor.shape)} {tensor.digest}"
            for name, tensor in sorted(network.tensors.items())
        ]
    head = f"network {network.name} tick={network.tick!r}s decode={network.decode} {{"
    outputs = ", ".join(map(str, network.outputs))
    lines += [head, *map(show_node, network.nodes), f"  return {outputs}", "}"]
    return "\n".join(lines) + "\n"


def show_node(node: Node) -> str:
    """The line of one node."""
    line = f"  %{node.name} = {node.op.keyword}({', '.join(map(str, node.inputs))})"
    if stated := _list_stated(node.op):
        line += " {" + ", ".join(f"{k}={_show(v)}" for k, v in stated.items()) + "}"
    if node.formats:
        line += " : " + ", ".join(f"{role}={format}" for role, format in node.formats.items())
    origin = escape(str(node.origin)).rstrip()
    return line + (f"  // {origin}" if origin else "")


def _list_stated(op: Op) -> dict[str, Value]:
    return {
        f.name: getattr(op, f.name)
        for f in fields(op)
        if f.default is MISSING or getattr(op, f.name) != f.default
    }


def _show(value: Value) -> str:
    match value:
        case tuple():
            return "[" + ", ".join(map(_show, value)) + "]"
        case str():
            return f'"{escape(value, QUOTED)}"'
        case Ref():
            return str(value)
        case float():
            return repr(float(value))  # NumPy's own floats print their type
        case _:
            return repr(value)


def parse(text: str, tensors: Tensors = NO_TENSORS) -> Network:
    """The network that a text describes; `tensors` contains what it names.

    Raises:
        TextError: the text is not of the grammar; names line and column.
        NumberError: a number format is not valid.
    """
    lines = [
        (number, line.rstrip())
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.startswith("//")
    ]
    if not lines or not (head := _HEAD.fullmatch(lines[0][1])):
        number, line = lines[0] if lines else (1, "")
        expected = f"network NAME tick=FLOATs decode={'|'.join(DECODES)} {{"
        raise _error(number, 0, f"expected '{expected}', found '{line}'")
    if len(lines) < 3 or lines[-1][1] != "}":
        raise _error(lines[-1][0], 0, "expected '}' at the end: the text is cut off")
    if len(lines) > NODES + 3:
        raise _error(lines[-1][0], 0, f"the text has more than {NODES:,} nodes")
    number, line = lines[-2]
    if not (last := _RETURN.fullmatch(line)):
        raise _error(number, 0, f"expected '  return %NAME, ...', found '{line}'")
    outputs = _uses(last[1], number, last.start(1))
    nodes = tuple(_node(line, number) for number, line in lines[1:-2])
    decodes: dict[str, Decode] = {each: each for each in DECODES}
    try:
        tick = float(head[2])
    except ValueError:
        raise _error(lines[0][0], head.start(2), f"'{head[2]}' is not a number") from None
    return Network(head[1], nodes, outputs, tick, tensors, decodes[head[3]])


def _error(line: int, column: int, message: str) -> TextError:
    return TextError(f"line {line}, column {column + 1}: {message}")


def _node(line: str, number: int) -> Node:
    found = _NODE.fullmatch(line)
    if not found:
        raise _error(number, 0, f"expected '  %NAME = KEYWORD(...) {{...}}', found '{line}'")
    try:
        kind = op_class(found["keyword"])
    except UsageError as error:
        raise _error(number, found.start("keyword"), str(error)) from error
    uses = _uses(found["uses"], number, found.start("uses")) if found["uses"] else ()
    stated: dict[str, Value] = {}
    for name, value in _fields(found["fields"] or "", number, found.start("fields")):
        if name in stated:
            raise _error(number, found.start("fields"), f"field '{name}' is given twice")
        stated[name] = value
    op = _op(kind, stated, number, found.start("keyword"))
    formats = _formats(found["formats"] or "", number, found.start("formats"))
    return Node(found["name"], op, uses, formats, Origin(note=unescape(found["origin"] or "")))


def _op(kind: type[Op], stated: dict[str, Value], line: int, column: int) -> Op:
    known = {f.name: f for f in fields(kind)}
    if extra := [name for name in stated if name not in known]:
        raise _error(line, column, f"{kind.keyword}: {describe_unknown('field', extra[0], known)}")
    missing = [n for n, f in known.items() if f.default is MISSING and n not in stated]
    if missing:
        raise _error(line, column, f"{kind.keyword} does not state {', '.join(missing)}")
    for name, value in stated.items():
        expected, accepts = READABLE[kind.stated[name].form]
        if not accepts(value):
            message = f"{kind.keyword}: {name} takes {expected}, found {_show(value)}"
            raise _error(line, column, message)
    return kind(**stated)


def _uses(text: str, line: int, column: int) -> tuple[Use, ...]:
    uses = []
    for part in text.split(", "):
        found = _USE.fullmatch(part)
        if not found:
            raise _error(line, column, f"expected a use like %s1, %s1.v or %s1@-1, found '{part}'")
        uses.append(Use(found[1], int(found[3] or 0), found[2] or ""))
        column += len(part) + 2
    return tuple(uses)


def _fields(text: str, line: int, column: int) -> Iterator[tuple[str, Value]]:
    at = 0
    while at < len(text):
        found = _FIELD.match(text, at)
        if not found:
            raise _error(line, column + at, f"expected NAME=VALUE, found '{text[at:]}'")
        value, at = _value(text, found.end(), line, column)
        yield found[1], value
        at = _comma(text, at, line, column)


def _comma(text: str, at: int, line: int, column: int) -> int:
    if at < len(text) and not text.startswith(", ", at):
        raise _error(line, column + at, f"expected ', ', found '{text[at:]}'")
    return at + 2 if at < len(text) else at


def _value(text: str, at: int, line: int, column: int, depth: int = 0) -> tuple[Value, int]:
    if depth > DEPTH:
        raise _error(line, column + at, f"lists nest more than {DEPTH} deep")
    if text.startswith("[", at):
        parts: list[Value] = []
        at += 1
        while not text.startswith("]", at):
            if parts:
                at = _comma(text, at, line, column)
            part, at = _value(text, at, line, column, depth + 1)
            parts.append(part)
        return tuple(parts), at + 1
    found = _SCALAR.match(text, at)
    if not found:
        raise _error(line, column + at, f"expected a value, found '{text[at:]}'")
    if found[1] is not None:
        return unescape(found[1]), found.end()
    if found[2] is not None:
        return Ref(found[2]), found.end()
    try:
        return _number(found[3]), found.end()
    except ValueError:
        raise _error(line, column + at, f"'{found[3]}' is not a number") from None


def _number(text: str) -> int | float:
    if not re.fullmatch(r"[-+]?[0-9]+", text):
        return float(text)
    found = int(text)
    if not -(2**63) <= found < 2**63:
        raise ValueError("an integer has 64 bits at most")
    return found


def _formats(text: str, line: int, column: int) -> Formats:
    formats: dict[str, Format] = {}
    for part in text.split(", ") if text else []:
        role, equals, format = part.partition("=")
        if not equals:
            raise _error(line, column, f"expected ROLE=FORMAT, found '{part}'")
        if role in formats:
            raise _error(line, column, f"role '{role}' is given twice")
        try:
            formats[role] = parse_format(format)
        except NumberError as error:
            raise _error(line, column, str(error)) from error
        column += len(part) + 2
    return formats
