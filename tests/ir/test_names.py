"""Names of users become names of nodes and tensors: always, and no two become one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import NAME, Network, find_unused, identifier, parse, show, tensor_name, verify

# Any text, and such as looks like what the rule itself writes.
ANY = st.text(max_size=12) | st.text("_0x29abuU.-é ", max_size=12)


@given(ANY)
def test_any_text_becomes_a_node_name(text: str) -> None:
    assert NAME.fullmatch(identifier(text))


@given(ANY, ANY)
def test_two_texts_become_two_tensor_names(one: str, other: str) -> None:
    assert (tensor_name(one) == tensor_name(other)) == (one == other)


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,12}", fullmatch=True))
def test_what_is_a_name_stays(text: str) -> None:
    if "_0x" not in text:
        assert tensor_name(text) == text
        if text[0] != "_":
            assert identifier(text) == text.replace(".", "_")


@given(st.lists(ANY, max_size=20))
def test_unused_names_are_never_the_same(texts: Sequence[str]) -> None:
    taken: list[str] = []
    for text in texts:
        taken.append(find_unused(identifier(text), taken))
    assert len(set(taken)) == len(taken)


NAMES = ["layer-1", "layer 1", "layer_1", "größe", "层", "a\u2028b", "x\ny", "def", "", "💡"]
MODEL = """
import snntorch as snn
from torch import nn

NAMES = {names!r}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for number, name in enumerate(NAMES):
            self.add_module(name + "w", nn.Linear(3, 3))
            self.add_module(name + "s", snn.Leaky(beta=0.5 + number / 100, init_hidden=True))

    def forward(self, x):
        for name in NAMES:
            x = getattr(self, name + "s")(getattr(self, name + "w")(x))
        return x


def build():
    return Net()
"""


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network of modules that are called all sorts of things, from a file with a newline."""
    path = tmp_path_factory.mktemp("named") / "my\nmodel é.py"
    path.write_text(MODEL.format(names=NAMES), encoding="utf-8")
    options = {"shape": "3", "signal": "spike"}
    return TorchFrontend().load(ImportRequest(f"{path}:build", None, None, options)).network


def test_modules_of_any_name_are_imported(named: Network) -> None:
    verify(named)
    origins = {node.origin.module for node in named.populations}
    assert origins == {f"{name}s" for name in NAMES}


def test_a_network_of_any_names_comes_back_from_its_text(named: Network) -> None:
    text = show(named)
    assert "\u2028" not in text and "\\u2028" in text and "my\\x0amodel é.py" in text
    again = parse(text, named.tensors)
    assert again == named
    assert show(again) == text
