"""All that is in the way of a model some of whose neurons are refused: these, and what else is.

Which neurons are refused, and with which sentence, is said in `../neurons`: `libraries.py` for
whole libraries, the file of each library for its own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from torch import nn

from snncc.ir import ImportRefused, Origin, Problem

from ..lift.assembly import Wanted
from ..neurons.libraries import UnknownNeurons, load_libraries
from ..record.calling import Layout
from ..record.origin import Places
from ..written.say_unwritten import NoNeurons
from .search import find_calling


def refuse_neurons(
    model: nn.Module,
    unknown: UnknownNeurons,
    wanted: Wanted,
    layout: Layout | None,
    ticks: int | None,
) -> ImportRefused:
    """One refusal of the neurons, each with the line that calls it, and of what else is refused.

    The model is run with these neurons as the plain code that they are.
    """
    refused = {problem.module for problem in unknown.problems}
    libraries = tuple({str(library.folder) for library in load_libraries()})
    others: tuple[Problem, ...] = ()
    with _calls(model, refused, Places(libraries)) as lines:
        try:
            find_calling(model, unknown.found, wanted, layout, ticks)
        except NoNeurons as none:
            others = none.problems[1:]
        except ImportRefused as refusal:
            others = refusal.problems
    # What is of no operation says that the model does not run, which may follow from the neurons.
    beside = (p for p in others if p.op and not _lies_within(p.module, refused))
    return ImportRefused(*_place(unknown.problems, lines), *beside)


def _lies_within(path: str, modules: Iterable[str]) -> bool:
    return any(path == module or path.startswith(f"{module}.") for module in modules)


def _place(problems: Iterable[Problem], lines: dict[str, str]) -> Iterator[Problem]:
    for problem in problems:
        yield replace(problem, place=lines.get(problem.module, problem.place))


@contextmanager
def _calls(model: nn.Module, paths: Iterable[str], places: Places) -> Generator[dict[str, str]]:
    """Within it, path → the user's line that called the module first, where there is one."""
    lines: dict[str, str] = {}
    hooks = []
    for path in paths:
        module = model.get_submodule(path)
        kind = type(module).__name__

        def note(_: nn.Module, __: object, path: str = path, kind: str = kind) -> None:
            here = places.find_here()
            if here.file:
                spot = places.describe(Origin("", here.file, here.line, here.note))
                lines.setdefault(path, f"{spot} in module '{path}' ({kind})")

        hooks.append(module.register_forward_pre_hook(note))
    try:
        yield lines
    finally:
        for hook in hooks:
            hook.remove()
