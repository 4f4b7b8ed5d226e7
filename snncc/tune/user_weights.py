"""From the weights of a network of integers back to those of the user's own model of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snncc.ir import Network, Ref, Values
from snncc.ir.ops import Weighted

CLOSE = 1e-6
"""By how much a ratio may differ, of itself: what passes compute in float64 differs by far less."""


@dataclass(frozen=True)
class Origin:
    """Where a tensor of the lowered network comes from.

    Attributes:
        key: of the user's state dict.
        source: its values in the network as it was imported.
        ratio: by which the passes multiplied them, broadcastable.
    """

    key: str
    source: Values
    ratio: Values


def find_origins(
    source: Network, lowered: Network, state: Mapping[str, Values]
) -> Mapping[str, Origin]:
    """Tensor of the lowered network → the entry of the state dict that it is a multiple of.

    Passes multiply the weights of a node, row by row: by its normalisation, and by the threshold
    behind it. A tensor that is not such a multiple, of the node of the same name, has no origin:
    a bias into which a normalisation was folded, a weight that two nodes were merged into.

    Args:
        source: the network as it was imported.
        lowered: as the passes left it.
        state: of the user's module.
    """
    found: dict[str, Origin] = {}
    for node in lowered:
        if not isinstance(node.op, Weighted) or node.name not in source:
            continue
        before = source[node.name].op
        if not isinstance(before, Weighted):
            continue
        ratio = _find_ratio(_values(source, before.weight), _values(lowered, node.op.weight))
        if ratio is None:
            continue
        pairs = [(before.weight, node.op.weight, ratio)]
        if before.bias is not None and node.op.bias is not None:
            pairs.append((before.bias, node.op.bias, ratio.reshape(-1)))
        for old, new, factor in pairs:
            values, key = _values(source, old), _find_key(old, source, state)
            if key is not None and _is_multiple(values, _values(lowered, new), factor):
                found[new.name] = Origin(key, values, factor)
    return _drop_shared(found)


def restore_state(
    origins: Mapping[str, Origin], tuned: Network, state: Mapping[str, Values]
) -> dict[str, Values]:
    """The user's state dict, with the tuned weights in place of those that they come from."""
    result = {key: np.array(values) for key, values in state.items()}
    for name, origin in origins.items():
        values = np.asarray(tuned.tensors[name].values) / origin.ratio
        kept = result[origin.key]
        result[origin.key] = values.reshape(kept.shape).astype(kept.dtype)
    return result


def _values(network: Network, ref: Ref) -> Values:
    return np.asarray(network.tensors[ref.name].values, dtype=np.float64)


def _find_ratio(old: Values, new: Values) -> Values | None:
    """The factor of each row, `[rows, 1, ...]`, if new weights are old ones times that."""
    if old.shape != new.shape or not old.size:
        return None
    rows = old.reshape(len(old), -1)
    largest = np.abs(rows).argmax(axis=1)[:, None]
    old_peak = np.take_along_axis(rows, largest, 1)
    new_peak = np.take_along_axis(new.reshape(len(new), -1), largest, 1)
    if np.any(old_peak == 0) or np.any(new_peak == 0):
        return None
    ratio: Values = (new_peak / old_peak).reshape(-1, *(1,) * (old.ndim - 1))
    return ratio if _is_multiple(old, new, ratio) else None


def _is_multiple(old: Values, new: Values, ratio: Values) -> bool:
    if old.shape != new.shape or (old.size and ratio.ndim != old.ndim):
        return False
    expected = old * ratio
    return bool(np.allclose(new, expected, rtol=CLOSE, atol=CLOSE * np.abs(expected).max()))


def _find_key(ref: Ref, source: Network, state: Mapping[str, Values]) -> str | None:
    """The one entry of the state dict that a tensor is, by its values, and else by its name."""
    values = np.asarray(source.tensors[ref.name].values)
    same = [
        key
        for key, held in state.items()
        if held.size == values.size and np.array_equal(held.reshape(values.shape), values)
    ]
    return ref.name if ref.name in same else same[0] if len(same) == 1 else None


def _drop_shared(found: Mapping[str, Origin]) -> Mapping[str, Origin]:
    """Without entries that several tensors come from, which tuning would move apart."""
    keys = [origin.key for origin in found.values()]
    return {name: origin for name, origin in found.items() if keys.count(origin.key) == 1}
