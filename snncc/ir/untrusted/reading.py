"""Reading files that may lie: one sentence for what goes wrong, and no pipe or device opened."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import SnnccError, UsageError
from .limits import show_bytes


@contextmanager
def reading(what: str, kind: type[SnnccError] = UsageError) -> Generator[None]:
    """Turns whatever goes wrong while a file's bytes are taken apart into one sentence.

    Args:
        what: the file and what it is not, such as `a.npz is not an .npz file, or is damaged`.
        kind: the failure to raise.

    Raises:
        SnnccError: of that kind; our own failures pass through.
    """
    try:
        yield
    except SnnccError:
        raise
    except RecursionError as error:
        raise kind(f"{what} (it nests too deep)") from error
    except MemoryError as error:
        raise kind(f"{what} (it asks for more memory than there is)") from error
    except Exception as error:
        # The libraries that take bytes apart raise what they like where the bytes are wrong.
        raise kind(f"{what} ({reason(error)})") from error


def reason(error: BaseException) -> str:
    """The first sentence of a library's message, with the error's type where it says little."""
    first = str(error).strip().partition("\n")[0].partition(". ")[0].strip().rstrip(".:")
    name = type(error).__name__
    return f"{name}: {first}".rstrip(": ") if isinstance(error, LookupError) or not first else first


def file_bytes(path: Path) -> int:
    """The size of a file, which is neither a folder nor a pipe nor a device.

    Raises:
        UsageError: there is none.
    """
    if not path.is_file():
        raise UsageError(f"{path} {'is not a file' if path.exists() else 'does not exist'}")
    return path.stat().st_size


def read_text(path: Path, most: int) -> str:
    """A file in UTF-8, its line ends as they are.

    Raises:
        UsageError: there is none, it is not a text, or it has more than `most` bytes.
    """
    size = file_bytes(path)
    if size > most:
        raise UsageError(f"{path} has {show_bytes(size)}; at most {show_bytes(most)} are read")
    with reading(f"{path} is not a text in UTF-8"):
        return path.read_bytes().decode("utf-8")
