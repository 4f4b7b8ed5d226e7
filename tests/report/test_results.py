"""The page of results names every model and target, and the README quotes it as it stands."""

from pathlib import Path

from snncc.plugins import plugins
from snncc.report.results import HEAD, results_page
from snncc.zoo import names

ROOT = Path(__file__).parents[2]


def cells(line: str) -> list[str]:
    return [cell.strip(" `") for cell in line.strip("|\n ").split("|")]


def rows(page: str) -> list[list[str]]:
    found = (ROOT / page).read_text().splitlines()
    return [cells(line) for line in found if cells(line)[0] in names()]


def test_every_model_stands_beside_every_target() -> None:
    measured = {(row[0], row[1]) for row in rows("docs/results.md")}
    assert measured == {(name, target) for name in names() for target in plugins("snncc.backends")}
    assert (ROOT / "docs/results.md").read_text().startswith(HEAD)
    assert results_page([]) == HEAD


def test_the_readme_quotes_the_results() -> None:
    quoted = rows("README.md")
    measured = [row[:1] + row[2:] for row in rows("docs/results.md") if row[1] == "c99"]
    assert quoted == measured
    assert len(quoted) == 2 * len(names())
