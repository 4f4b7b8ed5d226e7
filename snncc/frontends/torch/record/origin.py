"""Where in the user's code something happens: module path, file and line."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch
from torch import nn

from snncc.ir import Origin

OWN = str(Path(__file__).parents[1])
TORCH = str(Path(torch.__file__).parent)


class Places:
    """Keeps the path of the module that runs, and finds the user's line on the stack.

    Args:
        libraries: folders whose files are not the user's code (the neuron libraries).
    """

    def __init__(self, libraries: tuple[str, ...] = ()) -> None:
        self._foreign = (OWN, TORCH, *libraries)
        self._known: dict[str, bool] = {}
        self._paths: list[str] = []
        self._classes: dict[str, str] = {}
        self._modules: dict[str, nn.Module] = {}

    @contextmanager
    def watching(self, model: nn.Module) -> Generator[None]:
        """Within it the paths of the model's modules are followed as they are called."""
        hooks = []
        for path, module in model.named_modules():
            self._classes[path] = type(module).__name__
            self._modules[path] = module
            if isinstance(module, torch.jit.ScriptModule):
                continue  # it takes no hooks; its lines are those of its caller

            def enter(_: nn.Module, __: object, path: str = path) -> None:
                self._paths.append(path)

            def leave(_: nn.Module, __: object, ___: object) -> None:
                self._paths.pop()

            hooks.append(module.register_forward_pre_hook(enter))
            hooks.append(module.register_forward_hook(leave, always_call=True))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            self._paths.clear()

    def _is_user(self, filename: str) -> bool:
        if filename not in self._known:
            self._known[filename] = not (
                filename.startswith(self._foreign) or filename.startswith("<")
            )
        return self._known[filename]

    def find_here(self) -> Origin:
        """The innermost line of user code on the stack, and the module that runs it."""
        frame: FrameType | None = inspect.currentframe()
        path = self._paths[-1] if self._paths else ""
        while frame is not None and not self._is_user(frame.f_code.co_filename):
            frame = None if frame.f_code.co_name == "call_model" else frame.f_back
        if frame is None:
            return Origin(path, "", 0, "")
        file, line = frame.f_code.co_filename, frame.f_lineno
        # The file's name alone: a network does not depend on where its model lies.
        return Origin(path, Path(file).name, line, linecache.getline(file, line).strip())

    def find_site(self) -> str:
        """The module that runs, and all calls of user code on the stack: one place in a run.

        It does not change from tick to tick, and tells callers of one function apart.
        """
        frame: FrameType | None = inspect.currentframe()
        lines = [self._paths[-1] if self._paths else ""]
        while frame is not None and frame.f_code.co_name != "call_model":
            if self._is_user(frame.f_code.co_filename):
                lines.append(f"{frame.f_code.co_filename}:{frame.f_lineno}:{frame.f_lasti}")
            frame = frame.f_back
        return " ".join(lines)

    def find_raised(self, error: BaseException) -> Origin:
        """The innermost line of user code that an exception came through."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if self._is_user(frame.filename):
                return Origin("", Path(frame.filename).name, frame.lineno or 0, frame.line or "")
        return Origin()

    def kind(self, module: str) -> str:
        """The class of the module of that path; empty where it is not known."""
        return self._classes.get(module, "")

    def module(self, path: str) -> nn.Module | None:
        """The module of that path; None where it is not known."""
        return self._modules.get(path)

    def describe(self, origin: Origin) -> str:
        """The place as it stands in a message: file and line, the code there, the module."""
        parts = []
        if origin.file:
            parts.append(f"{origin.file}:{origin.line}")
        if origin.note:
            parts.append(f"`{origin.note}`")
        if origin.module:
            kind = self._classes.get(origin.module, "")
            parts.append(f"in module '{origin.module}'" + (f" ({kind})" if kind else ""))
        return " ".join(parts) or "the model"
