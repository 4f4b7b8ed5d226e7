"""`snncc inspect --as`: every form of a bundle, a network and a model, for people and programs."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from snncc.bundle import Bundle
from snncc.ir import show

from .conftest import GOOD, call

FORMS = ("text", "json", "html", "onnx", "dot")


@pytest.fixture(params=["bundle", "snn", "model"])
def named(request: pytest.FixtureRequest, bundle: Path, inside: Path) -> list[str]:
    """The arguments that name the thing to look at."""
    if request.param == "bundle":
        return [str(bundle)]
    if request.param == "model":
        return GOOD
    network = Bundle.open(bundle).network
    Path("whole.snn").write_text(show(network))
    np.savez("whole.npz", **{name: each.values for name, each in network.tensors.items()})
    return ["whole.snn"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_everything(
    named: list[str], form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"shown.{form}"
    assert call(["inspect", *named, "--as", form, "-o", str(path)], capsys) == (0, "", "")
    shown = path.read_bytes()
    match form:
        case "text":
            assert b"lif(" in shown
        case "json":
            assert json.loads(shown)
        case "html":
            checked = Page()
            checked.feed(shown.decode())
            assert checked.open == []
            assert "svg" in checked.seen
        case "dot":
            assert shown.startswith(b'digraph "')
        case _:
            onnx.checker.check_model(onnx.load_model_from_string(shown), full_check=True)
            session = onnxruntime.InferenceSession(shown, providers=["CPUExecutionProvider"])
            assert next(each.name for each in session.get_outputs()).startswith("out.")


def test_onnx_is_not_printed(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = call(["inspect", *GOOD, "--as", "onnx"], capsys)
    assert (done.code, "-o FILE.onnx" in done.err, done.out) == (2, True, "")


def test_a_form_goes_to_the_screen_as_it_goes_to_a_file(
    inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shown"
    call(["inspect", *GOOD, "--as", "dot", "-o", str(path)], capsys)
    assert call(["inspect", *GOOD, "--as", "dot"], capsys).out == path.read_text()


class Page(HTMLParser):
    """The elements that are open, and all that were seen; refuses what comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe"), "the page needs nothing beside it"
        assert not {"src", "href"} & {name for name, _ in attrs}
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
