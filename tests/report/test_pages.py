"""The pages made from docstrings are current, and say something of every op and pass."""

import inspect
import textwrap
from dataclasses import fields
from pathlib import Path

import pytest

from snncc.ir import OPS, RULES, Overflow, Rounding, text
from snncc.ir.ops import Spiking
from snncc.ir.ops.neuron import CURRENT_ORDERS
from snncc.ir.ops.spiking import ORDERS
from snncc.ir.passes import PASSES
from snncc.report.pages import PAGES, write

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_current(name: str) -> None:
    found = (DOCS / name).read_text()
    assert found == PAGES[name](), "run: python -m snncc.report.pages"


def test_every_op_and_pass_has_its_place() -> None:
    ops = PAGES["ops.md"]()
    for keyword, op in OPS.items():
        assert f"[`{keyword}`](#{keyword})" in ops.partition("\n## ")[0]
        section = ops.partition(f"\n### `{keyword}`\n")[2].partition("\n### ")[0]
        common = {each.name for each in fields(Spiking)} if issubclass(op, Spiking) else set()
        stated = section.partition("\nfields  ")[2].partition("```")[0]
        named = {name for line in stated.splitlines() for name in line.split(":")[0].split(", ")}
        assert {name.strip() for name in named} == {each.name for each in fields(op)} - common
    for name in PASSES:
        assert f"\n## `{name}`\n" in PAGES["passes.md"]()


@pytest.mark.parametrize("keyword", OPS)
def test_the_docstring_of_an_op_has_its_sections(keyword: str) -> None:
    doc = inspect.getdoc(OPS[keyword]) or ""  # without the indentation that Python 3.13 drops
    for section in ("input ", "output "):
        assert f"\n{section}" in doc
    assert ("\nroles " in doc) == bool(OPS[keyword].roles)
    roles = doc.partition("\nroles ")[2]
    assert all(role.name in roles for role in OPS[keyword].roles)


def test_the_page_of_the_language_begins_with_its_grammar_and_lists_its_rules() -> None:
    page = (DOCS / "ir.md").read_text()
    grammar = page.split("```")[1].removeprefix("text\n")
    assert textwrap.indent(grammar, "    ") in (text.__doc__ or "")
    assert page.index("```") < 120
    for rule, meaning in RULES.items():
        assert f"| {rule} | {meaning} |\n" in page


def test_the_pages_name_every_word_of_a_format_and_every_order() -> None:
    numbers, time = ((DOCS / name).read_text() for name in ("numbers.md", "time.md"))
    for word in (*Rounding, *Overflow):
        assert f"`{word.value}`" in numbers
    for order in (*ORDERS, *CURRENT_ORDERS):
        assert f"| `{order}` |" in time


def test_pages_are_written_where_one_says(tmp_path: Path) -> None:
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(PAGES)
