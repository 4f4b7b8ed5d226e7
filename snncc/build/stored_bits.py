"""note_stored_bits: weights of few bits that take as many bytes on the target as wider ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from snncc.backends import Backend, Json, Settings, StoringBackend
from snncc.ir import CompileError, Network, Quantity
from snncc.ir.ops import Weighted

from .lowering import LoweredNetwork
from .refusals import Attempt

BYTE_WIDTHS = (8, 16)
"""Bits that a weight may take as whole bytes."""
SHOWN = 3  # names in a note


def note_stored_bits(
    attempt: Attempt, network: Network, lowered: LoweredNetwork[object]
) -> tuple[str, ...]:
    """Which weights save nothing by their few bits, and what to do; no note where all of them save.

    A target says in how many bits it stores a weight. For one that does not, the network is lowered
    again with weights of whole bytes, and the report's layers are compared.

    Args:
        attempt: that was lowered.
        network: float.
        lowered: what became of it.
    """
    few = {name: bits for name, bits in _list_bits(lowered.network).items() if _fill(bits) > bits}
    if not few:
        return ()
    target = attempt.target
    if isinstance(target, StoringBackend):
        stored = target.count_stored_bits(lowered.settings)
        if stored is not None:
            least, reason = stored
            names = [name for name, bits in few.items() if bits < least]
            return (_note(target, few, names, least, reason),) if names else ()
    return _note_measured(attempt, network, lowered, few)


def _note_measured(
    attempt: Attempt, network: Network, lowered: LoweredNetwork[object], few: Mapping[str, int]
) -> tuple[str, ...]:
    target = attempt.target
    bytes_now = _list_bytes(target.report(lowered.program))
    if not bytes_now:
        return ()
    try:
        wider = replace(attempt, settings=_widen(lowered.settings)).lower(network)
    except CompileError:
        return ()  # wider weights cannot be built
    bytes_wide = _list_bytes(target.report(wider.program))
    same = [
        name
        for name in few
        if name in bytes_now and bytes_now[name] >= bytes_wide.get(name, bytes_now[name] + 1)
    ]
    return tuple(
        _note(target, few, [name for name in same if _fill(few[name]) == width], width, "")
        for width in BYTE_WIDTHS
        if any(_fill(few[name]) == width for name in same)
    )


def _note(
    target: Backend[object], few: Mapping[str, int], names: list[str], least: int, reason: str
) -> str:
    """What to say of nodes whose weights are stored in `least` bits."""
    shown = ", ".join(f"%{name}" for name in names[:SHOWN])
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    bits = sorted({few[name] for name in names})
    said = " and ".join(
        (", ".join(map(str, bits[:-1])), str(bits[-1])) if bits[1:] else (str(bits[0]),)
    )
    why = f", as {reason}" if reason else " in the form in which it computes them"
    cure = f"give them {least} bits, which lose less"
    packs = ", or build for c99, where two weights of 4 bits share a byte" if reason else ""
    return (
        f"weights of {said} bits save nothing at {shown}{more}: {target.name} stores each in "
        f"{least} bits{why}; {cure} (--weight-bits {least}, --layer-bits NODE={least}){packs}"
    )


def _list_bits(network: Network) -> dict[str, int]:
    """Node with weights → bits of these."""
    found: dict[str, int] = {}
    for node in network:
        format = node.formats.get("weight")
        if isinstance(node.op, Weighted) and isinstance(format, Quantity):
            found[node.name] = format.bits
    return found


def _fill(bits: int) -> int:
    """The bits of the whole bytes that hold so many."""
    return next((width for width in BYTE_WIDTHS if width >= bits), bits)


def _widen(settings: Settings) -> Settings:
    """The settings with weights that fill whole bytes."""
    layers = {name: _fill(bits) for name, bits in settings.layer_bits.items()}
    return replace(settings, weight_bits=_fill(settings.weight_bits), layer_bits=layers)


def _list_bytes(report: Mapping[str, Json]) -> dict[str, int]:
    """Node → bytes of constants, as the report's layers say; nothing where they do not."""
    layers, found = report.get("layers"), dict[str, int]()
    for layer in layers if isinstance(layers, Iterable) else ():
        if isinstance(layer, dict) and isinstance(count := layer.get("flash_bytes"), int):
            found[str(layer["node"])] = found.get(str(layer["node"]), 0) + count
    return found
