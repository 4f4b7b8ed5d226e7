"""A function is named by a verb that says what it does."""

import ast
from collections.abc import Iterator

import pytest

from .sources import PACKAGE, ROOT, SOURCES, parse_file

Function = ast.FunctionDef | ast.AsyncFunctionDef

# First words that name a result, a state or a place, and not what the function does.
IRREGULAR = (
    "begun borne bought brought built caught chosen drawn driven fallen fed felt found given gone "
    "grown heard held hidden kept known laid led lent lost made meant met overwritten paid risen "
    "said seen sent shaken shown spent stood stuck swept taken taught thought thrown told torn "
    "understood unread unwritten worn woven won written"
)
OTHER = (
    "above after alike alone along among apart back before below beside between bottomless calm "
    "coarser coarsest deep early earlier extra faint far few fewer finer foreign fresh full here "
    "inside into less movable near neutral now once only opaque other others ours outside over "
    "own shorter silent simpler slim small smaller spare still then thin through together twice "
    "uneven unequal unknown unproven whole within without"
)
REFUSED = frozenset(f"{IRREGULAR} {OTHER}".split())
VERBS = frozenset({"embed", "feed", "need"})  # end like a participle
# The name is that of an operation elsewhere, which the function carries out.
ELSEWHERE = frozenset({"_left_shift", "_masked_fill"})
# A state in which the body of `with` runs, as contextlib.closing: `with writing(path) as bundle`.
STATES = frozenset({"contextmanager", "asynccontextmanager", "ExitStack"})


def functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def reads_as_attribute(function: Function) -> bool:
    """Whether it is a property, or what `with` enters."""
    said = [ast.unparse(each) for each in function.decorator_list]
    said += [] if function.returns is None else [ast.unparse(function.returns)]
    return any(word in each for each in said for word in {"property", *STATES})


def is_refused(function: Function) -> bool:
    word = function.name.strip("_").split("_")[0]
    ends = word.endswith(("ed", "ing")) and word not in VERBS
    named = ends or word in REFUSED
    return named and function.name not in ELSEWHERE and not reads_as_attribute(function)


def test_a_function_is_named_by_a_verb() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{each.lineno} {each.name}"
        for path in SOURCES
        for each in functions(parse_file(path))
        if is_refused(each) and path.is_relative_to(PACKAGE)
    ] == []


@pytest.mark.parametrize(
    "source", ["def made(): ...", "class A:\n    def _settled(self): ...", "def beside(): ..."]
)
def test_a_name_that_says_a_state_is_found(source: str) -> None:
    assert any(is_refused(each) for each in functions(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "def make(): ...",
        "def feed(): ...",
        "class A:\n    @property\n    def made(self): ...",
        "@contextmanager\ndef writing(): ...",
    ],
)
def test_a_verb_a_property_and_a_state_to_enter_are_not(source: str) -> None:
    assert not any(is_refused(each) for each in functions(ast.parse(source)))
