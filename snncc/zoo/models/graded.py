"""Units whose spikes carry a value, as a module of their own; no network, no training."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from snncc.frontends import neuron


class _Step(torch.autograd.Function):
    """1 where the input is above zero; backwards a triangle (Subramoney et al. 2023, eq. 6)."""

    @staticmethod
    def forward(ctx: Any, above: Tensor, width: float, damping: float) -> Tensor:
        ctx.save_for_backward(above)
        ctx.shape = width, damping
        return (above > 0).to(above.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (above,) = ctx.saved_tensors
        width, damping = ctx.shape
        return grads[0] * damping * torch.clamp(1 - above.abs() / width, min=0), None, None


def _fields(module: GradedEvents) -> dict[str, object]:
    threshold = module.threshold.detach().double().clamp(0, 1)
    return {
        "threshold": threshold,
        "compare": ">",
        "reset": "subtract" if module.subtract else "none",
        "reset_amount": threshold if module.subtract else 0.0,
    }


@neuron("graded", states={"left": "v"}, fields=_fields, hidden=True, returned=["left"])
class GradedEvents(nn.Module):
    """Units that put out their value where it is above a threshold, and nothing elsewhere.

    y = c where c > th, else 0; c = c - th where it fired, or c.
    Subramoney et al. 2023 (arXiv 2206.06178), eq. 4 and 5; EvNN 0.2, egru.py.

    forward(value) gives y = value where value > threshold, else 0, and what is left in the unit:
    value - threshold where it fired (`subtract`), or the value. Thresholds are kept within 0 and 1.

    Args:
        mean: of the initial thresholds, which are drawn from Beta(3 mean / (1 - mean), 3).
        width: of the triangle that stands in for the step's derivative; `damping` is its height.
    """

    def __init__(
        self, size: int, mean: float, subtract: bool, width: float = 1.0, damping: float = 0.7
    ) -> None:
        super().__init__()
        spread = 3.0
        first, second = torch.tensor([spread * mean / (1 - mean), spread], device="cpu").unbind()
        beta = torch.distributions.Beta(first, second)
        self.threshold = nn.Parameter(beta.sample((size,)))
        self.subtract, self.width, self.damping = subtract, width, damping
        self.left = torch.zeros(())

    def forward(self, value: Tensor) -> tuple[Tensor, Tensor]:
        threshold = self.threshold.clamp(0, 1)
        found = _Step.apply(  # type: ignore[no-untyped-call]  # PyTorch types no `apply`
            value - threshold, self.width, self.damping
        )
        fires = cast("Tensor", found)
        self.left = value - fires * threshold if self.subtract else value
        return fires * value, self.left
