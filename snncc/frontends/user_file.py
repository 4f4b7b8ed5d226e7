"""find_spec_of: how a file of the user's own code is loaded: from its text, each time.

Python takes what it compiled before where a file has the same second and length, so that a model
changed within a second would be the one before. Nor is anything left beside the user's file.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType


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
