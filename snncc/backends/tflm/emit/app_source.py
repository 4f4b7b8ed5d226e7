"""The application around the model: init, tick, reset, read, in C++ with a face for C."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..program import BYTES, DType, Model, Port, Program, Tensor

CTYPES: dict[DType, str] = {"int16": "int16_t", "int32": "int32_t"}


def application_header(program: Program) -> str:
    """The face: what a C or C++ program calls."""
    sizes = "\n".join(f"#define SNNCC_{p.node.upper()}_SIZE {prod(p.shape)}" for p in program.ports)
    outputs = "\n".join(
        f"//   {index}  {readout.text}, {prod(readout.shape)} values"
        for index, readout in enumerate(program.outputs)
    )
    inputs = "\n".join(f"//   {_about(port)}" for port in program.ports)
    return f"""// snncc_app.h: {program.name} on TFLite-Micro; written by snncc.
//
//     int64_t score[SNNCC_CLASSES];
//
//     if (snncc_init() != 0) ...
//     while (next_tick({", ".join(p.node for p in program.ports)}))
//         snncc_tick({", ".join(p.node for p in program.ports)});
//     snncc_read(score);
//
// One tick stands for {program.tick:g} s. Inputs of a tick:
{inputs}
// Outputs after a tick:
{outputs}
// All memory is static: one network per program, one caller at a time.
#ifndef SNNCC_APP_H
#define SNNCC_APP_H

#include <stdint.h>

{sizes}
#define SNNCC_OUTPUTS {len(program.outputs)}
#define SNNCC_CLASSES {prod(program.outputs[0].shape)}

#ifdef __cplusplus
extern "C" {{
#endif

// Prepares the interpreter; 0, or what went wrong: 1 the model is of another schema version, 2 an
// operator could not be registered, 3 the arena is too small.
int snncc_init(void);

// One tick. 0, or 1 where the interpreter failed.
int snncc_tick({_arguments(program)});

// As before the first tick: states, scores and delayed signals start over. 0, or 1 on failure.
int snncc_reset(void);

// Scores of output 0: {_scores(program)}.
void snncc_read(int64_t score[SNNCC_CLASSES]);

// Output `which` after the last tick; 0 where there is none.
const int32_t *snncc_output(int which);

#ifdef __cplusplus
}}
#endif

#endif
"""


def _scores(program: Program) -> str:
    kept = {"last": "its last values", "max": "the largest of its values at all ticks"}
    return kept.get(program.decode, "the sum of its values over all ticks")


def _about(port: Port) -> str:
    size = prod(port.shape)
    if port.format is None:
        return f"{port.node}[{size}]  spikes, 0 or 1"
    low, high, unit = port.format.low, port.format.high, port.format.unit
    code = f"value * 2^{unit}, rounded to nearest (half to even), from {low} to {high}"
    return f"{port.node}[{size}]  {code}"


def _arguments(program: Program) -> str:
    return ", ".join(
        f"const {CTYPES[program.tensors[p.tensor].dtype]} {p.node}[{prod(p.shape)}]"
        for p in program.ports
    )


def application(program: Program, model: Model) -> str:
    """The C++ source."""
    states = [model.tensors[place] for place in model.inputs[len(program.ports) :]]
    return f"{_write_beginning(states, _write_clearing(program))}\n{_ticks(program, len(states))}"


def _write_clearing(program: Program) -> str:
    """The statement that makes the scores those of no tick."""
    if program.decode == "max":  # what none of the values is below
        return "for (int64_t& score : scores) score = INT32_MIN;"
    return "std::memset(scores, 0, sizeof(scores));"


def _write_beginning(states: Sequence[Tensor], clearing: str) -> str:
    """What the functions share, and the first of them, which makes the interpreter."""
    buffers = [
        f"alignas({BYTES['int32']}) {CTYPES[tensor.dtype]} state{index}[{prod(tensor.shape)}];"
        for index, tensor in enumerate(states)
    ]
    return f"""// snncc_app.cc: written by snncc; see snncc_app.h.
#include "snncc_app.h"

#include <cstring>
#include <new>

#include "model_data.h"
#include "op_resolver.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {{

alignas(16) uint8_t arena[snncc::kArenaBytes];
alignas(tflite::MicroInterpreter) uint8_t place[sizeof(tflite::MicroInterpreter)];
snncc::OpResolver resolver;
tflite::MicroInterpreter* interpreter = nullptr;
int64_t scores[SNNCC_CLASSES];
{chr(10).join(buffers)}
}}  // namespace

extern "C" int snncc_init(void) {{
  if (interpreter != nullptr) return snncc_reset() == 0 ? 0 : 3;
  const tflite::Model* model = tflite::GetModel(snncc::kModel);
  if (model->version() != TFLITE_SCHEMA_VERSION) return 1;
  if (snncc::AddOperators(resolver) != kTfLiteOk) return 2;
  tflite::MicroAllocator* allocator =
      tflite::MicroAllocator::Create(arena, sizeof(arena));
  if (allocator == nullptr) return 3;
  tflite::MicroResourceVariables* variables = nullptr;
  if (snncc::kVariables > 0) {{
    variables = tflite::MicroResourceVariables::Create(allocator, snncc::kVariables);
    if (variables == nullptr) return 3;
  }}
  tflite::MicroInterpreter* made =
      new (place) tflite::MicroInterpreter(model, resolver, allocator, variables);
  if (made->AllocateTensors() != kTfLiteOk) return 3;
  interpreter = made;
  {clearing}
  return 0;
}}
"""


def _ticks(program: Program, states: int) -> str:
    """The functions that run the interpreter; its last inputs are the states."""
    ports, outputs = len(program.ports), len(program.outputs)
    sets = [
        f"std::memcpy(interpreter->input({index})->data.raw, {port.node}, "
        f"{program.tensors[port.tensor].bytes});"
        for index, port in enumerate(program.ports)
    ]
    sets += [
        f"std::memcpy(interpreter->input({ports + index})->data.raw, state{index}, "
        f"sizeof(state{index}));"
        for index in range(states)
    ]
    keeps = [
        f"std::memcpy(state{index}, interpreter->output({outputs + index})->data.raw, "
        f"sizeof(state{index}));"
        for index in range(states)
    ]
    resets = [f"std::memset(state{index}, 0, sizeof(state{index}));" for index in range(states)]
    add = {
        "last": "scores[i] = output[i]",
        "max": "scores[i] = output[i] > scores[i] ? output[i] : scores[i]",
    }.get(program.decode, "scores[i] += output[i]")
    return f"""extern "C" int snncc_tick({_arguments(program)}) {{
{_lines(sets)}
  if (interpreter->Invoke() != kTfLiteOk) return 1;
{_lines(keeps)}  const int32_t* output = interpreter->output(0)->data.i32;
  for (int i = 0; i < SNNCC_CLASSES; ++i) {add};
  return 0;
}}

extern "C" int snncc_reset(void) {{
  {_write_clearing(program)}
{_lines(resets)}  return interpreter->Reset() == kTfLiteOk ? 0 : 1;
}}

extern "C" void snncc_read(int64_t score[SNNCC_CLASSES]) {{
  std::memcpy(score, scores, sizeof(scores));
}}

extern "C" const int32_t* snncc_output(int which) {{
  if (which < 0 || which >= SNNCC_OUTPUTS) return nullptr;
  return interpreter->output(which)->data.i32;
}}
"""


def _lines(statements: list[str]) -> str:
    return "".join(f"  {statement}\n" for statement in statements)
