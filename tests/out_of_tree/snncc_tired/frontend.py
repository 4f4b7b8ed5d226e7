"""Reads `.tired` files: JSON with the weights of one layer and the fields of its neurons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from snncc.frontends import Imported, ImportRequest
from snncc.ir import Network, Node, Ref, Tensor, UsageError, Use, verify
from snncc.ir.ops import Affine, Dense, Input

from .ops import TiredLIF


class TiredFrontend:
    """Reads one layer of tired neurons, as this package's own tool writes it."""

    options: Mapping[str, str] = MappingProxyType({})

    def accepts(self, source: str) -> bool:
        return source.endswith(".tired")

    def load(self, request: ImportRequest) -> Imported:
        try:
            read = json.loads(Path(request.source).read_text())
            weight = np.asarray(read["weight"], dtype=np.float64)
            gain, fields = float(read["gain"]), dict(read["neuron"])
            op = TiredLIF(**fields)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{request.source} is not a layer of tired neurons: {error}"
            ) from error
        nodes = (
            Node("x", Input((weight.shape[1],), "spike")),
            Node("c", Dense(Ref("c.weight")), (Use("x"),)),
            Node("g", Affine(gain, 0.0), (Use("c"),)),
            Node("s", op, (Use("g"),)),
        )
        tensors = MappingProxyType({"c.weight": Tensor(weight)})
        outputs = Use("s"), Use("s", 0, "n"), Use("c")
        network = Network("tired", nodes, outputs, 0.001, tensors)
        return Imported(verify(network), None)
