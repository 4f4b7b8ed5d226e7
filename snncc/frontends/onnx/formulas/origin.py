"""Where a node of an ONNX graph comes from: the module in the user's code, if the exporter says."""

from __future__ import annotations

import ast
import re

from onnx import NodeProto

from snncc.ir import Origin

SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
STACK = "pkg.torch.onnx.stack_trace"
"""Keys of a node's metadata, as `torch.onnx.export` of torch 2.13 writes them."""


def origin_of(node: NodeProto) -> Origin:
    """The module, file and line of a node, as far as they are known."""
    told = {each.key: each.value for each in node.metadata_props}
    scopes = _parse_list(told.get(SCOPES, ""))
    module = scopes[-2] if len(scopes) > 1 else ""
    frames = re.findall(r'File "([^"]+)", line (\d+)', told.get(STACK, ""))
    own = [frame for frame in frames if "site-packages" not in frame[0]]
    file, line = (own or frames)[-1] if frames else ("", "0")
    name = node.name or (node.output[0] if node.output else "")
    return Origin(module, file.rpartition("/")[2], int(line), f"{node.op_type} '{name}'")


def neuron_of(node: NodeProto) -> tuple[str, str] | None:
    """Scope and class of the library's neuron that a node is part of; None if it is of none."""
    told = {each.key: each.value for each in node.metadata_props}
    classes, scopes = _parse_list(told.get(CLASSES, "")), _parse_list(told.get(SCOPES, ""))
    for scope, name in zip(scopes, classes, strict=False):
        if name.partition(".")[0] in LIBRARIES:
            return scope, name
    return None


LIBRARIES = {"snntorch", "spikingjelly", "norse", "sinabs", "rockpool"}
"""Libraries whose modules have states of their own, unless they are given them."""


def _parse_list(text: str) -> list[str]:
    try:
        value: object = ast.literal_eval(text) if text else []
    except (ValueError, SyntaxError):
        return []
    return [str(each) for each in value] if isinstance(value, list) else []
