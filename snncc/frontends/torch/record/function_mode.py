"""The function mode beside a recorder: keeps functions whole, sees what dispatch cannot see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from .precision import Widened
from .recorder import Recorder
from .recording import tensors_of

WHOLE: Mapping[object, str] = {
    functional.linear: "linear",
    torch.conv1d: "conv",
    torch.conv2d: "conv",
    torch.conv3d: "conv",
    functional.pad: "pad",
    functional.batch_norm: "batch_norm",
    torch.einsum: "einsum",
    torch.matmul: "matmul",
    torch.Tensor.matmul: "matmul",
    torch.Tensor.__matmul__: "matmul",
    torch.bmm: "matmul",
    torch.mm: "matmul",
    torch.Tensor.mm: "matmul",
    torch.Tensor.bmm: "matmul",
    torch.avg_pool1d: "avg_pool1d",
    functional.lp_pool1d: "lp_pool",
    functional.lp_pool2d: "lp_pool",
    functional.adaptive_avg_pool1d: "adaptive_avg_pool",
    torch.adaptive_avg_pool1d: "adaptive_avg_pool",
    functional.adaptive_avg_pool2d: "adaptive_avg_pool",
    torch.lstm: "lstm",
    torch.lstm_cell: "lstm",
    torch.gru: "gru",
    torch.gru_cell: "gru",
    torch.rnn_tanh: "rnn",
    torch.rnn_relu: "rnn",
    torch.rnn_tanh_cell: "rnn",
    torch.rnn_relu_cell: "rnn",
    functional.multi_head_attention_forward: "attention",
    functional.scaled_dot_product_attention: "attention",
    functional.layer_norm: "layer_norm",
    functional.group_norm: "group_norm",
    functional.instance_norm: "instance_norm",
}
"""Functions kept whole: what they come down to would hide what they mean."""

LEAVES = {torch.Tensor.numpy, torch.Tensor.tolist, torch.Tensor.__array__}


class Watched(Widened):
    """What happens before dispatch, recorded or refused."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def call(
        self, func: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        recorder = self._recorder
        # PyTorch types the property `data` as what it gives.
        if func is torch.Tensor.data.__get__:  # type: ignore[attr-defined]
            return cast("Tensor", args[0]).detach()
        if func in LEAVES and any(recorder.is_live(t) for t in tensors_of(args)):
            raise recorder.refuse("a signal leaves PyTorch here; keep the computation in tensors")
        name = WHOLE.get(func)
        if name is None or not any(recorder.is_live(t) for t in tensors_of((args, kwargs))):
            return super().call(func, args, kwargs)
        lifted = tuple(recorder.lift(a) for a in args)
        named = {k: recorder.lift(v) for k, v in kwargs.items()}
        with recorder.pause():
            result = super().call(func, args, kwargs)
            recorder.note_fresh(name, lifted, named, result)
        return result

    def widen(self, parameter: Tensor) -> Tensor:
        return self._recorder.widen(parameter)
