"""Program → files: which there are, and the model as a C array. Pure.

The operators that the C registers are in `op_resolver.py`, the application in `app_source.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

from snncc.backends import Files, LateFiles

from ..program import Program
from ..target import ALIGNMENT
from .app_source import application, application_header
from .model import assemble
from .op_resolver import op_resolver
from .readme import readme
from .writer import write

BYTES_PER_LINE = 16
PIECE_BYTES = 1 << 22
LITERALS = tuple(f"0x{byte:02x}," for byte in range(256))


def emit(program: Program) -> Files:
    """All files of the target, by path; the same program gives the same bytes.

    The bytes of a long model are written as text in pieces beside model_data.cc.
    """
    model = assemble(program)
    content = write(model, program.name)
    places = range(0, len(content), PIECE_BYTES) if len(content) > PIECE_BYTES else ()
    pieces = {f"model_data_{index}.h": start for index, start in enumerate(places)}
    body = "\n".join(f'#include "{name}"' for name in pieces) or _text(content, 0).rstrip("\n")
    texts = {
        "model_data.h": _data_header(program),
        "model_data.cc": _data(program, body),
        "op_resolver.h": op_resolver(program, model),
        "snncc_app.h": application_header(program),
        "snncc_app.cc": application(program, model),
        "README.md": readme(program, model, len(content)),
    }
    found: dict[PurePosixPath, bytes | Callable[[], bytes]] = {
        PurePosixPath("model.tflite"): content,
        **{PurePosixPath(name): text.encode() for name, text in texts.items()},
    }
    for name, start in pieces.items():
        found[PurePosixPath(name)] = partial(_piece, content, start)
    return LateFiles(found)


def _piece(content: bytes, start: int) -> bytes:
    return _text(content, start).encode()


def _text(content: bytes, start: int) -> str:
    """Lines of the piece of the model that begins there."""
    end = min(start + PIECE_BYTES, len(content))
    lines = [
        " ".join(map(LITERALS.__getitem__, content[at : min(at + BYTES_PER_LINE, end)]))
        for at in range(start, end, BYTES_PER_LINE)
    ]
    return "".join(f"    {line}\n" for line in lines)


def _data_header(program: Program) -> str:
    return f"""// model_data.h: the model of {program.name} as bytes, written by snncc.
#ifndef SNNCC_MODEL_DATA_H
#define SNNCC_MODEL_DATA_H

#include <cstddef>

namespace snncc {{

extern const unsigned char kModel[];  // on a boundary of {ALIGNMENT} bytes
extern const std::size_t kModelBytes;

}}  // namespace snncc

#endif
"""


def _data(program: Program, body: str) -> str:
    return f"""// model_data.cc: model.tflite of {program.name} as an array, written by snncc.
#include "model_data.h"

namespace snncc {{

alignas({ALIGNMENT}) const unsigned char kModel[] = {{
{body}
}};
const std::size_t kModelBytes = sizeof(kModel);

}}  // namespace snncc
"""
