"""How files of the user's own code are loaded, and what they import from their folder: from text.

Python takes what it compiled before where a file has the same second and length, so that a model
changed within a second would be the one before. Nor is anything left beside the user's file.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from importlib.util import spec_from_file_location
from pathlib import Path
from sysconfig import get_path
from types import CodeType

INSTALLED = {"site-packages", "dist-packages", Path(get_path("stdlib")).name}
"""Folders of what was installed: that does not change within a second."""


class _TextLoader(SourceFileLoader):
    """Compiles the text, and neither reads nor writes what was compiled before."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the file as it is now."""
        return self.source_to_code(self.get_data(self.path), self.path)


def find_spec_of(name: str, path: Path) -> ModuleSpec:
    """The spec of a module `name` whose code is the file's."""
    spec = spec_from_file_location(name, path, loader=_TextLoader(name, str(path)))
    assert spec is not None, "a loader was given"
    return spec


@contextmanager
def allow_imports(folder: Path) -> Generator[None]:
    """Within it the files beside the user's own can be imported, from their text as well."""
    whole = folder.resolve()

    def find_in(path: str) -> FileFinder:
        place = Path(path).resolve()
        if not place.is_relative_to(whole) or INSTALLED & {*place.parts} or not place.is_dir():
            raise ImportError(f"{path} is not the user's", path=path)
        compiled, text = (ExtensionFileLoader, EXTENSION_SUFFIXES), (_TextLoader, SOURCE_SUFFIXES)
        return FileFinder(path, compiled, text)

    def forget() -> None:
        """Finders that were made of these folders, which the other hooks are asked for again."""
        for path in [p for p in sys.path_importer_cache if Path(p).is_relative_to(whole)]:
            del sys.path_importer_cache[path]

    sys.path.insert(0, str(whole))
    sys.path_hooks.insert(0, find_in)
    forget()
    try:
        yield
    finally:
        sys.path_hooks.remove(find_in)
        sys.path.remove(str(whole))
        forget()
