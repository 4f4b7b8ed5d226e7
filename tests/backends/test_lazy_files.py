"""Files that are made when they are read."""

from __future__ import annotations

from pathlib import PurePosixPath

from snncc.backends import LateFiles


def test_late_files_are_made_at_each_reading() -> None:
    made: list[int] = []

    def content() -> bytes:
        made.append(1)
        return b"late"

    at_once, late = PurePosixPath("a.h"), PurePosixPath("b/c.h")
    files = LateFiles({at_once: b"early", late: content})
    assert [*files] == [at_once, late] and len(files) == 2 and not made
    assert dict(files) == {at_once: b"early", late: b"late"} and len(made) == 1
    assert files[late] == b"late" and len(made) == 2
