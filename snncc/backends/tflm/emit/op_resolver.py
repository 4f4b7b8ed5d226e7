"""Which operators the C registers in its resolver: exactly those of the model. No decision."""

from __future__ import annotations

from ..program import Model, Program
from ..schema import KINDS
from .arena import arena_bytes


def op_resolver(program: Program, model: Model) -> str:
    """The header `op_resolver.h`: the resolver, the arena and the number of variables."""
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
