"""Program → files: the model, the same as a C array, its operators, an application. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

from .application import application, application_header
from .arena import arena_bytes
from .assembly import assemble
from .program import Model, Program
from .readme import readme
from .schema import KINDS
from .target import ALIGNMENT
from .writer import write

BYTES_PER_LINE = 16


def emit(program: Program) -> dict[PurePosixPath, bytes]:
    """All files of the target, by path; the same program gives the same bytes."""
    model = assemble(program)
    content = write(model, program.name)
    texts = {
        "model_data.h": _data_header(program),
        "model_data.cc": _data(program, content),
        "op_resolver.h": _operators(program, model),
        "snncc_app.h": application_header(program),
        "snncc_app.cc": application(program, model),
        "README.md": readme(program, model, len(content)),
    }
    found = {PurePosixPath(name): text.encode() for name, text in texts.items()}
    return {PurePosixPath("model.tflite"): content, **found}


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


def _data(program: Program, content: bytes) -> str:
    pieces = (
        content[start : start + BYTES_PER_LINE] for start in range(0, len(content), BYTES_PER_LINE)
    )
    lines = "\n".join("    " + " ".join(f"0x{byte:02x}," for byte in piece) for piece in pieces)
    return f"""// model_data.cc: model.tflite of {program.name} as an array, written by snncc.
#include "model_data.h"

namespace snncc {{

alignas({ALIGNMENT}) const unsigned char kModel[] = {{
{lines}
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
