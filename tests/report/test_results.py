"""The page of results names every model and target, and the README quotes it as it stands."""

from pathlib import Path

from snncc.ir import plugins
from snncc.report.results import COLUMNS, page, results_page
from snncc.zoo import names

ROOT = Path(__file__).parents[2]


def cells(line: str) -> list[str]:
    return [cell.strip(" `") for cell in line.removeprefix("|").removesuffix("|").split("|")]


def rows(file: str) -> list[list[str]]:
    lines = [cells(line) for line in (ROOT / file).read_text().splitlines()]
    return [line for line in lines if line[0] in names() and len(line) >= len(COLUMNS) - 1]


def test_every_model_stands_beside_every_target() -> None:
    measured = {(row[0], row[1]) for row in rows("docs/results.md")}
    assert measured == {(name, target) for name in names() for target in plugins("snncc.backends")}


def test_the_page_is_what_its_rows_say() -> None:
    measured = [tuple(row) for row in rows("docs/results.md")]
    assert (ROOT / "docs/results.md").read_text() == page(measured)
    assert results_page([]) == page([])


def test_a_model_is_verified_where_a_width_of_states_is() -> None:
    refused, built = ("refused: S003 %n: why", *[""] * 5), ("90%", "90%", "0", "", "", "")
    other, absent = ("90%", "90%", "3", "", "", ""), ("90%", "90%", "0 (not run here: target)")
    both = page([("m", "c99", "16", *refused), ("m", "c99", "32", *built)])
    assert "| m | verified |" in both
    assert "| m | refused (S003) |" in page([("m", "c99", "16", *refused)])
    assert "| verified" not in page([("m", "c99", "32", *other)])
    assert "| verified" not in page([("m", "c99", "32", *absent, "", "", "")])


def test_the_readme_quotes_the_results() -> None:
    quoted = rows("README.md")
    measured = [row[:1] + row[2:] for row in rows("docs/results.md") if row[1] == "c99"]
    assert quoted == measured
    assert len(quoted) == 2 * len(names())
