"""What a message quotes of a file: nothing that a terminal obeys, and never without end."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from snncc.ir import make_printable
from snncc.ir.untrusted.wording import WHOLE, escape, unescape

SIGNS = "\x1b[31m\r\n\t\x00\x85\u2028\u202e\u2066\ufeff\ud800\U000e0001\\xu é漢 a"
ANY = st.text(st.characters()) | st.text(SIGNS)


@given(ANY, st.sampled_from(["", '"}']))
def test_what_is_escaped_is_one_line_and_comes_back(text: str, always: str) -> None:
    line = escape(text, always)
    assert len(f"{line}.".splitlines()) == 1
    assert not any(c in line for c in always)
    assert line.encode().decode() == line
    assert unescape(line) == text


@given(ANY)
def test_a_message_shows_all_it_holds(text: str) -> None:
    shown = make_printable(text)
    assert all(c == "\n" or unicodedata.category(c)[0] != "C" for c in shown)
    assert "\u2028" not in shown


@given(st.text("ab \n", max_size=30), st.integers(0, 10**4))
def test_a_message_ends(piece: str, times: int) -> None:
    shown = make_printable(f"error: {piece * times}; do this")
    assert len(shown) <= WHOLE
    assert shown.startswith("error: ")
    assert shown.endswith("; do this")


def test_what_is_short_and_plain_is_shown_as_it_is() -> None:
    text = "error: V005 %fc: weight @fc.weight is (3, 4), größer als 漢字\n  origin: model.py:3 fc"
    assert make_printable(text) == text
