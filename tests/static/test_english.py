"""The words that snncc speaks are those of the field: no private English in code or docs."""

import re

import pytest

from .sources import ROOT, SOURCES

# What is written → what to write in its place.
PRIVATE = {
    r"\bhears?\b": "receives",
    r"\bwhole numbers?\b": "integers",
    r"\b(is|are|was|were|be) told\b(?! apart| from)": "is given",
    r"(?<!there )(?<!where )\b(is|are) no (?!longer|more|less|fewer|other|wider|farth)": "is not a",
    r"\bhand(s|ed)? on\b": "passes on",
    r"\b(?<!-)anew\b(?! =|\(|\.)": "again",
    r"\b(is|are) none (of|here)\b": "is not one",
    r"\bone behind the other\b": "one after the other",
}
WORDS = re.compile("|".join(f"(?:{pattern})" for pattern in PRIVATE), re.IGNORECASE)
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "SECURITY.md"])


def test_every_text_says_it_in_the_words_of_the_field() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in (*SOURCES, *PAGES)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if WORDS.search(line)
    ] == []


@pytest.mark.parametrize(
    "text", ["a core hears it", "in whole numbers", "it is told", "it is no LIF", "hands on"]
)
def test_private_english_is_found(text: str) -> None:
    assert WORDS.search(text)
