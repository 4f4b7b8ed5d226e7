"""The shape of the whole: no circle of imports, small folders, short functions, clear names."""

import ast
from collections import Counter, defaultdict

import networkx as nx

from .sources import PACKAGE, ROOT, SOURCES, dotted, imports, parse_file

MODULES = 20  # of a folder, its __init__ not counted
PEERS = {"snncc.cli", "snncc.zoo.models"}  # of one kind: commands, and models of the zoo
LINES = 60  # of a function
EVERY_SOURCE = sorted(
    path for folder in ("snncc", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)

# File name → what it means in every folder that has one. Another meaning takes another name.
SAME = {
    "assembly.py": "what was read of a model → its network",
    "elements.py": "ops without weights or state, lowered",
    "emit.py": "program → files, of one backend",
    "flash.py": "programming a board: what it does, and its command",
    "importing.py": "MODEL → network, the order of things",
    "leaky_neurons.py": "leaky neurons in C: their numbers, and their text",
    "lower.py": "network → program, of one backend",
    "origin.py": "where in the user's model a node comes from",
    "partition.py": "what each core of a chip computes",
    "passes.py": "the passes that one backend needs",
    "paths.py": "what lies between two populations, as weights",
    "population_tick.py": "one tick of a population in a chip's arithmetic",
    "populations.py": "a population of the network, lowered",
    "program.py": "frozen values that say what one backend emits",
    "project.py": "a network's code within a project of an ecosystem",
    "protocol.py": "what a frontend, a backend or a driver is",
    "readme.py": "the README of the emitted files",
    "report.py": "what a program takes of its target",
    "requantized.py": "real values in formats of their own, lowered",
    "rules.py": "the ids by which one backend refuses a network",
    "schema.py": "the form of a file format",
    "settings.py": "what a user may choose for one backend",
    "simulate.py": "program → trace on this machine",
    "synapses.py": "ops with weights, lowered",
    "target.py": "what a target can do and hold, as constants",
    "verify.py": "comparing all stages of a bundle: what it does, and its command",
    "zoo.py": "what concerns the models that come with snncc",
}


def test_no_import_leads_back_to_its_module() -> None:
    """Whatever the import is for: at load, within a function, or for types alone."""
    modules = {dotted(path) for path in SOURCES}
    graph: nx.DiGraph[str] = nx.DiGraph()
    for path in SOURCES:
        for found in imports(path):
            deeper = {f"{found.module}.{name}" for name in found.names} & modules
            graph.add_edges_from((dotted(path), module) for module in deeper or {found.module})
    circles = [sorted(some) for some in nx.strongly_connected_components(graph) if len(some) > 1]
    assert circles == []


def test_a_folder_holds_few_modules() -> None:
    held = Counter(dotted(path.parent) for path in SOURCES if path.name != "__init__.py")
    assert {
        folder: count for folder, count in held.items() if count > MODULES and folder not in PEERS
    } == {}


def test_a_function_is_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{each.lineno} {each.name} has {count} lines"
        for path in EVERY_SOURCE
        for each in ast.walk(parse_file(path))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := (each.end_lineno or 0) - each.lineno + 1) > LINES
    ]
    assert long == []


def test_a_file_name_means_one_thing() -> None:
    places = defaultdict[str, list[str]](list)
    for path in SOURCES:
        if not path.name.startswith("__"):
            places[path.name].append(str(path.parent.relative_to(PACKAGE)))
    assert {
        name: found for name, found in places.items() if len(found) > 1 and name not in SAME
    } == {}
