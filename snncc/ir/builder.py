"""Builder: nodes and tensors gathered one by one, under names of their own; judges none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .names import find_unused, tensor_name
from .nodes import Node, Origin, Use
from .op.op import Op
from .param import Ref, Shape
from .tensor import Tensor

NOWHERE = Origin()


class Names:
    """Names that are taken, and new ones beside them."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, wanted: str) -> str:
        """The name, or with the lowest number behind it that makes it one of its own; taken now."""
        name = find_unused(wanted, self._taken)
        self._taken.add(name)
        return name

    def release(self, name: str) -> None:
        """Lets a name be taken again."""
        self._taken.discard(name)


class TensorTable:
    """Tensors under telling names; equal ones are kept once.

    Attributes:
        tensors: name → tensor, in the order in which they came.
    """

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._names: dict[tuple[Shape, str], str] = {}

    def keep(self, tensor: Tensor, wanted: str) -> Ref:
        """Reference to a tensor: the one of equal values that is there, or under this name."""
        key = (tensor.shape, tensor.digest)
        if key not in self._names:
            self._names[key] = name = find_unused(tensor_name(wanted), self.tensors, between="")
            self.tensors[name] = tensor
        return Ref(self._names[key])


class Builder:
    """The nodes of a network, in the order in which they come, each under a name of its own.

    Attributes:
        nodes: name → node.
        names: all that are taken; a name may be taken before its node is there.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.nodes: dict[str, Node] = {}
        self.names = Names(taken)

    def add(self, wanted: str, op: Op, inputs: Sequence[Use] = (), origin: Origin = NOWHERE) -> Use:
        """The wire of a new node, which is called as wanted or nearly so."""
        return self.put(self.names.take(wanted), op, inputs, origin)

    def put(self, name: str, op: Op, inputs: Sequence[Use] = (), origin: Origin = NOWHERE) -> Use:
        """The wire of a new node under a name that was taken for it."""
        assert name not in self.nodes, f"there is a node %{name}"
        self.nodes[name] = Node(name, op, tuple(inputs), origin=origin)
        return Use(name)
