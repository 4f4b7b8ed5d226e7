"""The rules C001, C002, …: by which ids the c99 target refuses, and what to do about it.

The sentence itself is made by `refusal` in `lower/signal_uses.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "C001": "the network computes with integers",
    "C002": "sums of currents are proven to fit 32 bits",
    "C004": "a format that traps is proven never to overflow",
    "C005": "states have at most 32 bits, tables 16, decays at most 31",
    "C006": "delays are at most 254 ticks",
    "C007": "every op has a form in C",
}

CURES: Mapping[str, str] = {
    "C001": "put quantize into --passes, or leave --passes out",
    "C002": "use fewer --weight-bits",
    "C004": "leave --passes out, as quantize chooses formats that saturate",
    "C005": "leave --passes out, as quantize chooses formats that fit",
    "C006": "delay by fewer ticks",
    "C007": "write its form into snncc/backends/c99/lower, or compute it with ops that have one",
}
"""Rule → what to do where the refusal itself names nothing."""
