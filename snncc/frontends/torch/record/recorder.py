"""The user's code, run once on real tensors, as a list of calls; knows no library, no op.

Two modes of PyTorch are stacked: a function mode (`watch`) sees the call as the user wrote it, so
that `linear`, `einsum` or `batch_norm` stay whole; this dispatch mode sees what it comes down to.
Python control flow is simply executed. Writes into existing tensors (`out[t] = spikes`) become
values of their own: every tensor is a view of some base, and a write makes a new base.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias
from weakref import ReferenceType, ref

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from snncc.ir import ImportRefused, Problem
from snncc.ir import Tensor as Numbers

from .origin import Places
from .precision import LARGE_BYTES, narrow
from .recording import (
    COMPARISONS,
    Base,
    Binding,
    Call,
    Recording,
    Site,
    Tree,
    Value,
    Var,
    View,
    tensors_of,
    variables,
)

# What `__torch_dispatch__` is given has no public name.
OpOverload: TypeAlias = torch._ops.OpOverload  # pyright: ignore[reportPrivateUsage]

SAME = {"alias", "detach"}
READS = {"_local_scalar_dense", "equal", "is_nonzero", "item"}
SHAPE_ONLY = {"zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones"} | {
    "new_full",
    "new_empty",
    "new_empty_strided",
}
UNFILLED = {"empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided"}


class Recorder(TorchDispatchMode):
    """Records everything that happens to tensors while it is active.

    Args:
        places: where user code is.
        stale: signals of an earlier run, by identity, as far as somebody keeps them; to meet one
            again is to start in mid-run.
        owner: who in the model keeps a tensor, for messages.
    """

    def __init__(
        self,
        places: Places,
        stale: Mapping[int, ReferenceType[Tensor]],
        owner: Callable[[Tensor], str],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch types no dispatch mode
        self.recording = Recording()
        self.places = places
        self._bound: dict[int, Binding] = {}
        self._kept: list[Tensor] = []
        self._paused = False
        self._stale = stale
        self._compared: Counter[str] = Counter()
        self._owner = owner

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # The default imports torch._dynamo, which takes seconds and has nothing to do here.
        return False

    # --- values -------------------------------------------------------------------------------

    def _value(self, tensor: Tensor, live: bool, empty: bool = False) -> Var:
        constant = None
        if not live:
            constant = tensor if narrow(tensor) else self._copy(tensor)
            if empty and constant.is_floating_point():
                # Memory that was not written yet: its garbage must never pass for a number.
                constant.fill_(float("nan"))
        values = self.recording.values
        values.append(Value(tuple(tensor.shape), live, constant))
        return Var(len(values) - 1)

    def _copy(self, tensor: Tensor) -> Tensor:
        if isinstance(tensor, torch.nn.Parameter):
            return tensor.detach()
        if tensor.nbytes < LARGE_BYTES or tensor.dtype not in (torch.float32, torch.float64):
            return tensor.clone()
        # A large constant is kept where tensors of a network are: not in memory.
        with warnings.catch_warnings(action="ignore"):  # nothing writes to it
            return torch.from_numpy(Numbers(tensor.detach().numpy()).values)

    def _bind(self, tensor: Tensor, binding: Binding) -> None:
        self._bound[id(tensor)] = binding
        self._kept.append(tensor)  # an id is only as good as the object lives

    def _bind_new(self, tensor: Tensor, var: Var) -> None:
        self._bind(tensor, Binding(Base(tensor, var), (), var, 0))

    def present(self, tensor: Tensor) -> Tensor:
        """Declares a tensor to be a signal from outside: an input."""
        with self.pause():
            var = self._value(tensor, live=True)
        self._bind_new(tensor, var)
        return tensor

    def read(self, tensor: Tensor) -> Var:
        """The value that a tensor object contains now."""
        binding = self._bound.get(id(tensor))
        if binding is None:
            if id(tensor) in self._stale and self._stale[id(tensor)]() is tensor:
                raise self.refuse(
                    "a value of the run before is used here, so a second call gives another "
                    f"output; {self._owner(tensor) or 'reset it'}; reset it at the start of forward"
                )
            with self.pause():
                var = self._value(tensor, live=False)
            self._bind_new(tensor, var)
            return var
        if binding.version != binding.base.version:
            with self.pause():
                var = binding.base.var
                for view in binding.path:
                    var = self._emit_view(view, var, tensor)
            binding.var, binding.version = var, binding.base.version
        return binding.var

    def is_live(self, tensor: Tensor) -> bool:
        """Whether the tensor depends on the input or on a neuron."""
        return id(tensor) in self._bound and self.recording.values[self.read(tensor).index].live

    def widen(self, parameter: Tensor) -> Tensor:
        """A parameter in float64, known as the value that it is; unknown while paused."""
        if self._paused:
            return parameter.detach().double()
        var = self.read(parameter)
        with self.pause():
            wide = parameter.detach().double()
        self._bind_new(wide, var)
        return wide

    def close(self) -> None:
        """Lets go of every tensor; the recording stays, and nothing is recorded any more."""
        self._kept.clear()
        self._bound.clear()

    def signals(self) -> dict[int, ReferenceType[Tensor]]:
        """The live tensors seen, by identity."""
        return {
            id(t): ref(t)
            for t in self._kept
            if self.recording.values[self._bound[id(t)].var.index].live
        }

    def signal(
        self,
        name: str,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        results: Sequence[Tensor],
    ) -> None:
        """Appends a call that makes signals, whatever it is given."""
        made = [self._value(r, live=True) for r in results]
        self.recording.calls.append(Call(name, args, kwargs, tuple(made), self.places.find_here()))
        for tensor, var in zip(results, made, strict=True):
            self._bind_new(tensor, var)

    def _emit_view(self, view: View, source: Var, sample: Tensor) -> Var:
        live = self.recording.values[source.index].live
        args = (source, *view.args[1:])
        constants = self.recording.constant(source)
        if live or constants is None:
            return self.emit(view.name, args, view.kwargs, [sample], view.index)[view.index]
        result = getattr(torch.ops.aten, view.name)(constants, *view.args[1:], **view.kwargs)
        piece = result[view.index] if isinstance(result, (list, tuple)) else result
        return self.emit(view.name, args, view.kwargs, [piece], view.index)[view.index]

    def emit(
        self,
        name: str,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        results: Sequence[Tensor],
        index: int = 0,
    ) -> Mapping[int, Var]:
        """Appends a call whose results look like `results`; its variables, by position."""
        live = name not in SHAPE_ONLY and any(
            self.recording.values[var.index].live
            for var in variables((args, tuple(kwargs.items())))
        )
        made = [self._value(r, live, name in UNFILLED) for r in results]
        outputs = (*([made[0]] * index), *made) if index else tuple(made)
        self.recording.calls.append(Call(name, args, kwargs, outputs, self.places.find_here()))
        return dict(enumerate(outputs))

    # --- what PyTorch calls -------------------------------------------------------------------

    @contextmanager
    def pause(self) -> Generator[None]:
        """Within it nothing is recorded."""
        before, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = before

    def refuse(self, found: str) -> ImportRefused:
        """The refusal of what the user's code does here."""
        here = self.places.find_here()
        parsed = Problem.parse(found, place=self.places.describe(here))
        return ImportRefused(replace(parsed, module=here.module))

    def lift(self, tree: Tree) -> Tree:
        """The same structure with variables in the place of tensors."""
        if isinstance(tree, Tensor):
            return self.read(tree)
        if isinstance(tree, (list, tuple)):
            return tuple(self.lift(item) for item in tree)
        if isinstance(tree, Mapping):
            return {key: self.lift(item) for key, item in tree.items()}
        return tree

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        kwargs = dict(kwargs or {})
        if self._paused:
            return func(*args, **kwargs)
        name = schema_of(func).name.split("::")[1]
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise self.refuse(
                f"'{name}' draws random numbers in the forward pass; a compiled network is "
                "deterministic (encode the data beforehand, and leave dropout to self.training)"
            )
        if name in READS and any(self.is_live(t) for t in tensors_of(args)):
            raise self.refuse(
                "Python reads the value of a signal here, so the model's flow depends on the data; "
                "express it with tensors"
            )
        lifted = tuple(self.lift(a) for a in args)
        named = {k: self.lift(v) for k, v in kwargs.items()}
        result = func(*args, **kwargs)
        with self.pause():
            self._note(func, name, (args, lifted), (kwargs, named), result)
        return result

    def _note(
        self,
        func: OpOverload,
        name: str,
        args: tuple[tuple[object, ...], tuple[object, ...]],
        kwargs: tuple[dict[str, object], dict[str, object]],
        result: object,
    ) -> None:
        schema = schema_of(func)
        written = [
            (i, a)
            for i, a in enumerate(schema.arguments)
            if a.alias_info is not None and a.alias_info.is_write
        ]
        if written:
            self._note_write(name, written, args, kwargs, result)
            return
        results = list(tensors_of(result))
        views = any(r.alias_info is not None for r in schema.returns)
        positional = args[1]
        if name == "slice" and results[0].shape == tensor_in(args[0]).shape:
            name, positional = "alias", args[1][:1]  # `[:]`, which a write may go through
        made = self.emit(name, positional, kwargs[1], results)
        if name in COMPARISONS:
            self._note_site(made[0])
        for index, tensor in enumerate(results):
            if views and args[0] and isinstance(args[0][0], Tensor):
                source = self._bound[id(args[0][0])]
                view = View(name, positional, kwargs[1], index)
                path = (*source.path, view)
                self._bind(tensor, Binding(source.base, path, made[index], source.base.version))
            else:
                self._bind_new(tensor, made[index])

    def _note_site(self, result: Var) -> None:
        place = self.places.find_site()
        self.recording.sites[result.index] = Site(place, self._compared[place])
        self._compared[place] += 1

    def _note_write(
        self,
        name: str,
        written: Sequence[tuple[int, torch.Argument]],
        args: tuple[tuple[object, ...], tuple[object, ...]],
        kwargs: tuple[dict[str, object], dict[str, object]],
        result: object,
    ) -> None:
        index, argument = written[0]
        named = dict(kwargs[1])
        if argument.kwarg_only:  # an out= variant
            target = kwargs[0][argument.name]
            named.pop(argument.name)
        else:
            target = args[0][index]
        assert isinstance(target, Tensor), f"{name} writes to something that is not a tensor"
        if len(written) > 1 or isinstance(target, torch.nn.Parameter):
            raise self.refuse(
                f"'{name}' changes the model's own parameters as it runs; do so in training alone"
            )
        made = self.emit(name.rstrip("_"), args[1], named, [target])
        if name.rstrip("_") in COMPARISONS:
            self._note_site(made[0])
        self._write(target, made[0])

    def _write(self, target: Tensor, var: Var) -> None:
        binding = self._bound[id(target)]
        base = binding.base
        if binding.path:
            path = tuple((v.name, v.args[1:]) for v in binding.path if v.name not in SAME)
            var_of_base = self.emit("scatter", (base.var, var, path), {}, [base.tensor])[0]
        else:
            var_of_base = var
        base.var, base.version = var_of_base, base.version + 1
        binding.var, binding.version = var, base.version

    def note_fresh(
        self, name: str, args: tuple[object, ...], kwargs: Mapping[str, object], result: object
    ) -> None:
        """Records a call whose results share no memory with anything."""
        results = list(tensors_of(result))
        for index, var in self.emit(name, args, kwargs, results).items():
            self._bind_new(results[index], var)


def schema_of(func: OpOverload) -> torch.FunctionSchema:
    """Name, arguments and aliasing of an operation."""
    return func._schema  # pyright: ignore[reportPrivateUsage]  # which is not public


def tensor_in(args: Sequence[object]) -> Tensor:
    """The first argument, a tensor."""
    assert isinstance(args[0], Tensor), "the first argument is not a tensor"
    return args[0]
