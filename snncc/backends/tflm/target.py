"""What TFLite-Micro's stock kernels hold, as constants; why they refuse is in `rules.py`.

The operators that may be written are `KINDS` in `schema.py`; which of them an op becomes is decided
in `lower/`, a file a kind of op.
"""

from __future__ import annotations

from collections.abc import Mapping

from .program import StateForm

# Where behaviour is meant, tflite-micro at commit 90b983c2 (20 August 2026), folder
# tensorflow/lite/micro/kernels, says it; its dev wheel of 23 October 2026 was measured to agree.
RUNTIME = "0.dev20261023182759"  # the wheel `tflite-micro` that tests and verify run
RUNTIME_PACKAGE = "tflite-micro"

INT16 = -(1 << 15), (1 << 15) - 1  # what FULLY_CONNECTED and CONV_2D put out; beyond, they saturate
INT32 = -(1 << 31), (1 << 31) - 1  # what ADD, SUB and MUL compute in; beyond, they wrap
BOUND = 1 << 31
AXES_MAX = 3  # beside the batch: comparisons broadcast over four axes, comparisons.cc
WEIGHT_BITS_MAX = 8  # of kernels with int8 or int16 signals
STATE_BITS_MAX = 30  # of those that our own passes choose
TAPS_MAX = 512  # of a convolution computed tap by tap in int32: three operators each
TURNS_MAX = 5  # rows or columns turned one by one, two operators each; two halves take eleven
HALVES_MAX = (1 << 31) - (1 << 15) - 1  # magnitude of codes that are turned as two halves
JOINED_MAX = 10  # inputs of one CONCATENATION: kMaxInputNum, concatenation.cc
ALIGNMENT = 16  # of arena and model: MicroArenaBufferAlignment(), micro_arena_constants.h
PIECE_BYTES = 700  # what one more FULLY_CONNECTED over part of the columns adds to a model

STATES: Mapping[str, StateForm] = {"variables": "variables", "io": "io"}

FORMLESS = "has no form in stock kernels here"

# What the interpreter keeps in the arena beside tensors, on 64 bits: measured, rounded up.
BYTES_FIXED = 1024
BYTES_PER_TENSOR = 24  # TfLiteEvalTensor
BYTES_PER_OPERATOR = 128  # TfLiteNode, its options and what the kernel keeps
BYTES_PER_STATE_OPERATOR = 48  # of variables: their kernels keep next to nothing
BYTES_PER_PLAN = 40  # of what the planner keeps for a buffer, for a while: greedy_memory_planner.h
BYTES_PER_INFO = 32  # AllocationInfo of a tensor, for a while: micro_allocation_info.h
BYTES_FOR_PLANNING = 256  # requests of scratch buffers, and alignment
BYTES_PER_CHANNEL = 8  # multiplier and shift of a convolution
BYTES_PER_PRODUCT = 160  # of matrices, beside the second one, which is kept transposed
