"""The page support.md of docs/: which layer each reader takes, from the readers' own tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from snncc.frontends.nir import NirFrontend
from snncc.frontends.onnx import ExportedFrontend, OnnxFrontend
from snncc.frontends.torch import TorchFrontend

READERS = ("torch", "NIR", "ONNX", "torch.export")
NOTHING = ""
# Layer → what it is called by each reader; a name that a reader's table lacks fails a test.
LAYERS: Mapping[str, tuple[str, str, str, str]] = {
    "`Linear`": ("linear", "Affine", "Gemm", "linear"),
    "`Linear` without bias, on the last axis": ("matmul", "Linear", "MatMul", "matmul"),
    "`Conv1d`": ("conv", "Conv1d", "Conv", "conv1d"),
    "`Conv2d`, depthwise, dilated": ("conv", "Conv2d", "Conv", "conv2d"),
    "`BatchNorm`, evaluated": ("batch_norm", NOTHING, "BatchNormalization", "batch_norm"),
    "`MaxPool2d`": ("max_pool2d_with_indices", NOTHING, "MaxPool", "max_pool2d"),
    "`AvgPool2d`": ("avg_pool2d", "AvgPool2d", "AveragePool", "avg_pool2d"),
    "sum pool": ("lp_pool", "SumPool2d", NOTHING, NOTHING),
    "global average": ("adaptive_avg_pool", NOTHING, "GlobalAveragePool", "adaptive_avg_pool2d"),
    "residual sum": ("add", "NIRGraph", "Add", "add"),
    "concatenation": ("cat", NOTHING, "Concat", "cat"),
    "product of signals": ("mul", NOTHING, "Mul", "mul"),
    "gain of each element": ("mul", "Scale", "Mul", "mul"),
    "`ReLU`": ("relu", NOTHING, "Relu", "relu"),
    "`Flatten`": ("view", "Flatten", "Flatten", "flatten"),
    "slices, splits": ("slice", NOTHING, "Slice", "slice"),
    "`Dropout`, evaluated": ("detach", NOTHING, "Dropout", "dropout"),
    "a wire that comes late": ("select", "Delay", "Identity", "clone"),
}
MARK = "exact"
EXPLAINED = {
    "residual sum": {"NIR": "several edges into a node"},
    "`Dropout`, evaluated": {"torch": "leaves no trace"},
    "a wire that comes late": {
        "torch": "last tick's values, kept by the user's loop",
        "ONNX": "a state that is only passed on",
        "torch.export": "a state that is only passed on",
    },
}


FORMS = (
    "| `zoo:NAME`, `path/to/file.py:factory`, `package.module:factory` | torch | a module "
    "with neurons of a library below, or [your own](own-neurons.md) |",
    "| `net.nir` | NIR | [NIR](nir.md): what it leaves open is an option |",
    "| `cell.onnx` | ONNX | [a step cell](onnx.md), or one scan over time |",
    "| `program.pt2` | torch.export | [a step cell](onnx.md) |",
    "| `net.snn` | snn | [text](ir.md), with every one of the [ops](ops.md) |",
)
TRIED = (
    "Tried with the models of papers by their authors (Spikformer, Spikingformer, Spike-driven "
    "Transformer, SEW-ResNet, SLTT, EGRU, L2MU) and with the examples of SpikingJelly, snnTorch, "
    "Norse and Sinabs, all unmodified; what became of each, with its spikes: [models of their "
    "authors](authors.md)."
)


def support_page() -> str:
    """Markdown of docs/support.md: forms of MODEL, layers and neurons, and what is refused."""
    torch = TorchFrontend()
    advice: dict[str, list[str]] = {}
    for name, instead in torch.refusals().items():
        advice.setdefault(instead, []).append(f"`{name}`")
    return "\n".join(
        (
            "<!-- Made by `python -m snncc.report.pages` from the tables in `snncc/frontends`. "
            "Change them, not this page. -->",
            "",
            "# What can be read",
            "",
            "| MODEL | reader | |",
            "|---|---|---|",
            *FORMS,
            "",
            "Whatever is read is compared with the file or module itself before it is used, spike "
            "by spike; what is not known is refused with its place. Targets and their measured "
            "results: [results](results.md).",
            "",
            TRIED,
            "",
            "## Layers",
            "",
            f"| layer | {' | '.join(READERS)} |",
            "|---|" + "---|" * len(READERS),
            *_layers(),
            "",
            "*exact*: the network computes what the layer does, which tests hold for every "
            "operation behind it. An empty cell: it is refused by name.",
            "",
            "## Neurons",
            "",
            "NIR's are in [its page](nir.md). In ONNX and torch.export a neuron is recognized by "
            "its formula, whoever wrote it: integrate-and-fire, leaky, current-based and "
            "integrators, with every reset order of the [ops](ops.md). Of libraries, torch knows "
            "the following; equations are in the library's names, R being the spike before.",
            "",
            "| class | |",
            "|---|---|",
            *_neurons(torch),
            "",
            "## Operations",
            "",
            "Every layer that comes down to these is read.",
            "",
            *_operations("torch (ATen)", torch.operations()),
            *_operations("NIR", NirFrontend().kinds()),
            *_operations("ONNX", OnnxFrontend().operations()),
            *_operations("torch.export (ATen)", ExportedFrontend().operations()),
            "What torch refuses with advice:",
            "",
            *(f"* {', '.join(names)}: {instead}" for instead, names in advice.items()),
            "",
        )
    )


def tables() -> Mapping[str, Sequence[str]]:
    """Reader → the names in its table."""
    return {
        "torch": TorchFrontend().operations(),
        "NIR": NirFrontend().kinds(),
        "ONNX": OnnxFrontend().operations(),
        "torch.export": ExportedFrontend().operations(),
    }


def _layers() -> Iterator[str]:
    for layer, names in LAYERS.items():
        cells = [_cell(layer, *pair) for pair in zip(READERS, names, strict=True)]
        yield f"| {layer} | {' | '.join(cells)} |"


def _cell(layer: str, reader: str, name: str) -> str:
    if not name:
        return ""
    return f"{MARK}: {EXPLAINED.get(layer, {}).get(reader, f'`{name}`')}"


def _neurons(torch: TorchFrontend) -> Iterator[str]:
    for row in torch.neurons():
        law = row.law.replace("|", "/").rstrip(".")  # a bar would end the cell
        told = law if row.exact else f"refused: {law}"
        yield f"| `{row.name}` ({row.library}) | {told} |"


def _operations(reader: str, names: Sequence[str]) -> Iterator[str]:
    yield f"*{reader}*: {', '.join(f'`{name}`' for name in names)}."
    yield ""
