"""take_chosen: parameters that a search has found to survive rounding, in place of the model's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...edit import keep_tensor
from ...edit import replace as replace_nodes
from ...errors import PassError
from ...network import Network
from ...param import Ref, Values


def take_chosen(network: Network, chosen: Mapping[str, Values]) -> Network:
    """The network with other real values in some fields; their shapes stay as they are.

    Args:
        network: before it is quantized.
        chosen: `NODE.FIELD` -> values.

    Raises:
        PassError: the network has no node of that name, or its op no such field.
    """
    for key, values in chosen.items():
        name, _, field = key.rpartition(".")
        if name not in network or field not in type(network[name].op).stated:
            raise PassError(f"quantize: calibration chose {key}, which the network does not have")
        node = network[name]
        value: float | Ref = float(values) if not np.ndim(values) else Ref("")
        if isinstance(value, Ref):
            network, value = keep_tensor(network, f"{key}.chosen", values)
        network = replace_nodes(network, replace(node, op=node.op.with_fields(**{field: value})))
    return network
