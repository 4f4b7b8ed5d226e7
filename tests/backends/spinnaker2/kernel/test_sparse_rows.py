"""Laws of sparse rows: the same codes, in less memory, where most weights are zero."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.spinnaker2.kernel import Program, lower, play, simulate
from snncc.backends.spinnaker2.kernel.sparse_rows import with_sparse_rows
from snncc.ir import Network, Tensor, run
from tests.backends.spinnaker2.kernel.hand import loop, signal


def pruned(share: float) -> Network:
    """The loop with so much of each weight matrix zero."""
    network, rng = loop(), np.random.default_rng(2)
    tensors = {
        name: Tensor(np.where(rng.random(each.shape) < share, 0.0, each.values))
        for name, each in network.tensors.items()
    }
    return replace(network, tensors=MappingProxyType(tensors))


def constants(program: Program) -> int:
    return sum(memory["constants"] for memory in program.memory)


def keywords(network: Network) -> list[str]:
    return [node.op.keyword for node in network]


@pytest.mark.parametrize(("share", "atoms"), [(0.8, ""), (0.95, "40")])
def test_a_pruned_network_computes_what_the_reference_does(share: float, atoms: str) -> None:
    network = pruned(share)
    program = lower(network, Settings(options={"atoms": atoms} if atoms else {}))
    fed = signal(2, 8)
    expected = run(network, fed, record=("%s",))
    assert expected.compare(simulate(program, fed, ("%s",))) == (0, None)
    one = {name: values[:1] for name, values in fed.items()}
    emulated = play(program, one, ("%s",)).trace
    assert run(network, one, record=("%s",)).compare(emulated) == (0, None)


def test_rows_are_sparse_only_where_that_is_smaller() -> None:
    assert with_sparse_rows(loop()) == loop()
    assert "sparse" not in keywords(with_sparse_rows(pruned(0.5)))
    assert keywords(with_sparse_rows(pruned(0.95))).count("sparse") >= 2


def test_sparse_rows_leave_room() -> None:
    whole, third, least = (constants(lower(pruned(p), Settings())) for p in (0.0, 0.8, 0.95))
    assert least < third < whole
