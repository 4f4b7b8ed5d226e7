"""The rules T001, T002, …: by which ids the tflm target refuses, and what to do about it.

The sentence itself is made by `refusal` in `lower/graph_builder.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "T001": "the network computes with integers",
    "T002": "every sum, product and state is proven to fit 32 bits",
    "T003": "products with a factor are rounded toward zero, as DIV does",
    "T004": "a format that traps is proven never to overflow; one that wraps has 16 bits",
    "T005": "a signal has at most three axes",
    "T006": "every op has an exact form in stock kernels",
}

CURES: Mapping[str, str] = {
    "T001": "put quantize into --passes, or leave --passes out",
    "T002": "use fewer --weight-bits, or --state-bits 16",
    "T003": "leave --passes out, as quantize chooses roundings that DIV has",
    "T004": "leave --passes out, as quantize chooses formats that saturate",
    "T005": "reshape it to three axes or fewer",
    "T006": "build with --target c99, which computes every op",
}
"""Rule → what to do where the refusal itself names nothing."""
