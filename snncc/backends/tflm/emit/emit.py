"""Program → files: the model, the same as a C array, its operators, an application. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

from snncc.backends import Files, LateFiles

from ..program import Model, Program
from ..schema import KINDS
from ..target import ALIGNMENT
from .app_source import application, application_header
from .arena import arena_bytes
from .model import assemble
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
        "op_resolver.h": _operators(program, model),
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


def _operators(program: Program, model: Model) -> str:
    methods = [KINDS[code].method for code in model.codes]
    adds = "\n".join(
        f"    if (resolver.Add{method}() != kTfLiteOk) return kTfLiteError;" for method in methods
    )
    return f"""// op_resolver.h: exactly the operators of {program.name}; written by snncc.
#ifndef SNNCC_OP_RESOLVER_H
#define SNNCC_OP_RESOLVER_H

#include <cstddef>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace snncc {{

constexpr unsigned int kOperatorKinds = {len(methods)};
constexpr int kVariables = {len(model.variables)};  // resource variables
// Enough with pointers of 64 bits and the reference kernels; a board needs less. Kernels with
// scratch buffers of their own (CMSIS-NN convolutions) may need more.
constexpr std::size_t kArenaBytes = {arena_bytes(model)};

using OpResolver = tflite::MicroMutableOpResolver<kOperatorKinds>;

inline TfLiteStatus AddOperators(OpResolver& resolver) {{
{adds}
    return kTfLiteOk;
}}

}}  // namespace snncc

#endif
"""
