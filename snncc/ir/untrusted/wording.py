"""Texts of files in messages: bounded, and nothing in them that a terminal would obey."""

from __future__ import annotations

import re

WORD, LINE, LINES, WHOLE = 200, 1200, 60, 8000
"""The most characters of a word, characters of a line, lines and characters of a message."""

_PLAIN = re.compile(r"[ -~]*")
_LONG_WORD = re.compile(rf"\S{{{WORD + 1},}}")


def escape(text: str, always: str = "") -> str:
    r"""The text in one line, with what is hidden as `\x1b` or `\u2028`, and a backslash as two.

    Args:
        text: any.
        always: further characters that are written as their number.
    """
    if _PLAIN.fullmatch(text) and not any(c in text for c in ("\\", *always)):
        return text
    return "".join(
        "\\\\" if c == "\\" else _escape(c) if c in always or _is_hidden(c) else c for c in text
    )


def unescape(text: str) -> str:
    """What `escape` was given."""
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


_ESCAPE = re.compile(r"\\(?:\\|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")


def _unescape(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    code = int(digits, 16) if digits else 0x5C
    return chr(code) if code <= 0x10FFFF else found[0]


def _is_hidden(character: str) -> bool:
    """Whether it is not a character of its own.

    Controls, also of the direction of writing and of width, all separators but the plain space,
    halves of surrogate pairs, unassigned code points.
    """
    return not character.isprintable()


def _escape(character: str) -> str:
    code = ord(character)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def make_printable(text: str) -> str:
    """A message as it may be shown: nothing hidden but its own line ends, and nothing without end.

    Long words, lines and texts lose their middle, as a sentence says what is wrong at its beginning
    and what to do at its end.
    """
    lines = [
        _shorten(_LONG_WORD.sub(lambda w: _shorten(w[0], WORD), line), LINE) for line in _show(text)
    ]
    if len(lines) > LINES:
        lines[LINES // 2 : len(lines) - LINES // 2] = [f"… {len(lines) - LINES // 2 * 2} lines …"]
    return _shorten("\n".join(lines), WHOLE)


def _show(text: str) -> list[str]:
    if _PLAIN.fullmatch(text):
        return [text]
    plain = "".join(_escape(c) if _is_hidden(c) and c not in "\n\t" else c for c in text)
    return plain.replace("\t", "  ").split("\n")


def _shorten(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2 - 20
    return f"{text[:half]}… {len(text) - 2 * half:,} characters …{text[-half:]}"
