"""Every operation in the tables of ONNX and of torch.export, alone in a cell that is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from snncc.frontends import Imported, ImportRequest
from snncc.frontends.onnx import ExportedFrontend, OnnxFrontend
from snncc.frontends.onnx.formulas.assembly import signals
from snncc.frontends.onnx.read.pt2_archive import open_archive
from snncc.ir import run

from .cells_by_hand import HEAD, SCAN, written

ops = torch.ops.aten


def assert_equal(found: Imported) -> None:
    """File and network, side by side: the importer has done it, and is not taken at its word."""
    assert found.eager is not None
    (x,) = signals(found.network, None)
    theirs, ours = found.eager(x), run(found.network, x)
    np.testing.assert_allclose(ours.output, theirs.output, atol=1e-9)
    assert np.ptp(theirs.output) > 0, "nothing happens"


# --- ONNX -------------------------------------------------------------------------------------

READOUT = (
    HEAD
    + """cell (double[N,{shape}] x, double[N,{out}] v) => (double[N,{out}] v_out)
<double half = {{0.5}}{params}>
{{
{nodes}
  faded = Mul (v, half)
  v_out = Add (faded, y)
}}"""
)
SPIKES = (
    HEAD
    + """cell (double[N,4] x, double[N,2] a, double[N,2] b, double[N,2] v)
  => (double[N,2] a_out, double[N,2] b_out, double[N,2] v_out)
<double half = {{0.5}}, double th = {{0.75}},
 double[2,4] w = {{1.0,0.5,0.25,-1.0,0.5,1.5,-0.5,0.25}},
 double[2,4] u = {{0.5,0.25,1.0,0.125,-0.5,1.0,0.75,0.5}}>
{{
  ia = Gemm <transB = 1> (x, w)
  fa = Mul (a, half)
  ua = Add (fa, ia)
  oa = Greater (ua, th)
  sa = Cast <to = 11> (oa)
  a_out = Sub (ua, sa)
  ib = Gemm <transB = 1> (x, u)
  fb = Mul (b, half)
  ub = Add (fb, ib)
  ob = {compare}
  sb = Cast <to = 11> (ob)
  b_out = Sub (ub, sb)
{nodes}
  faded = Mul (v, half)
  v_out = Add (faded, y)
}}"""
)
OVER = "GreaterOrEqual (ub, th)"
CUT = "int64[1] one = {1}, int64[1] three = {3}, int64[1] axis = {1}"
# Op → shape of the signal, of the result, nodes, parameters.
ALONE = {
    "Add": ("4", "4", "  y = Add (x, p)", "double[4] p = {1.0, -1.0, 0.5, 2.0}"),
    "AveragePool": ("2,4,4", "2,2,2",
                    "  y = AveragePool <kernel_shape = [2,2], strides = [2,2]> (x)", ""),
    "BatchNormalization": ("2,3", "2,3", "  y = BatchNormalization (x, s, b, m, d)",
                           "double[2] s = {1.0, 2.0}, double[2] b = {0.5, 0.25}, "
                           "double[2] m = {0.1, -0.5}, double[2] d = {1.5, 0.5}"),
    "Clip": ("4", "4", "  y = Clip (x, low, high)", "double low = {-0.5}, double high = {0.75}"),
    "Concat": ("4", "8", "  n = Neg (x)\n  y = Concat <axis = 1> (x, n)", ""),
    "Conv": ("2,4,4", "3,2,2",
             "  y = Conv <strides = [2,2], pads = [0,1,1,0], kernel_shape = [2,2]> (x, k)",
             "double[3,2,2,2] k = {" + ",".join(f"{n % 7 - 3}.25" for n in range(24)) + "}"),
    "Div": ("4", "4", "  y = Div (x, p)", "double[4] p = {1.0, -1.0, 0.5, 2.0}"),
    "Dropout": ("4", "4", "  y = Dropout (x)", ""),
    "Expand": ("2,1", "2,3", "  y = Expand (x, e)", "int64[3] e = {1, 2, 3}"),
    "Flatten": ("2,3", "6", "  y = Flatten (x)", ""),
    "Gather": ("4", "2", "  y = Gather <axis = 1> (x, i)", "int64[2] i = {3, 1}"),
    "Gemm": ("4", "2", "  y = Gemm <alpha = 0.5, beta = 2.0> (x, w, b)",
             "double[4,2] w = {1,2,3,4,5,6,7,8}, double[2] b = {1, 2}"),
    "GlobalAveragePool": ("2,3,4", "2,1,1", "  y = GlobalAveragePool (x)", ""),
    "Identity": ("4", "4", "  y = Identity (x)", ""),
    "MatMul": ("2,4", "2,3", "  y = MatMul (x, w)", "double[4,3] w = {1,2,3,4,5,6,7,8,9,0,1,2}"),
    "Max": ("4", "4", "  y = Max (x, p)", "double[4] p = {1.0, -1.0, 0.5, 2.0}"),
    "MaxPool": ("2,4,4", "2,2,2", "  y = MaxPool <kernel_shape = [3,3], strides = [1,1]> (x)", ""),
    "Min": ("4", "4", "  y = Min (x, p)", "double[4] p = {1.0, -1.0, 0.5, 2.0}"),
    "Mul": ("4", "4", "  n = Mul (x, p)\n  y = Mul (x, n)", "double[4] p = {1.0, -1.0, 0.5, 2.0}"),
    "Neg": ("4", "4", "  y = Neg (x)", ""),
    "ReduceMean": ("2,4", "2", "  y = ReduceMean <keepdims = 0> (x, a)", "int64[1] a = {2}"),
    "Relu": ("4", "4", "  y = Relu (x)", ""),
    "Reshape": ("2,6", "3,4", "  y = Reshape (x, s)", "int64[3] s = {-1, 3, 4}"),
    "Shape": ("2,6", "12", "  s = Shape <start = 0, end = 1> (x)\n"
              "  t = Concat <axis = 0> (s, n)\n  y = Reshape (x, t)", "int64[1] n = {-1}"),
    "Slice": ("4", "2", "  y = Slice (x, one, three, axis)", CUT),
    "Split": ("4", "2", "  y, z = Split <axis = 1, num_outputs = 2> (x)", ""),
    "Squeeze": ("1,4", "4", "  y = Squeeze (x, axis)", "int64[1] axis = {1}"),
    "Sub": ("4", "4", "  y = Sub (p, x)", "double[4] p = {1.0, -1.0, 0.5, 2.0}"),
    "Sum": ("4", "4", "  n = Relu (x)\n  y = Sum (x, n, p)",
            "double[4] p = {1.0, -1.0, 0.5, 2.0}"),
    "Transpose": ("2,3", "3,2", "  y = Transpose <perm = [0, 2, 1]> (x)", ""),
    "Unsqueeze": ("4", "1,4", "  y = Unsqueeze (x, axis)", "int64[1] axis = {1}"),
}  # fmt: skip
# Op → the comparison of the second neuron, and what joins the spikes.
OF_SPIKES = {
    "And": (OVER, "  z = And (oa, ob)\n  y = Cast <to = 11> (z)"),
    "Cast": (OVER, "  y = Cast <to = 11> (ob)"),
    "Greater": ("Greater (ub, th)", "  y = Add (sa, sb)"),
    "GreaterOrEqual": (OVER, "  y = Add (sa, sb)"),
    "Less": ("Less (th, ub)", "  y = Add (sa, sb)"),
    "LessOrEqual": ("LessOrEqual (th, ub)", "  y = Add (sa, sb)"),
    "Not": (OVER, "  z = Not (oa)\n  y = Cast <to = 11> (z)"),
    "Or": (OVER, "  z = Or (oa, ob)\n  y = Cast <to = 11> (z)"),
    "Where": (OVER, "  y = Where (oa, sb, half)"),
}


def cell_with(op: str) -> str:
    """The text of a cell whose read-out receives that op."""
    if op in OF_SPIKES:
        compare, nodes = OF_SPIKES[op]
        return SPIKES.format(compare=compare, nodes=nodes)
    shape, out, nodes, params = ALONE[op]
    more = f", {params}" if params else ""
    return READOUT.format(shape=shape, out=out, nodes=nodes, params=more)


def test_every_op_of_onnx_has_a_cell() -> None:
    assert {*ALONE, *OF_SPIKES, "Scan"} == {*OnnxFrontend().operations()}


@pytest.mark.parametrize("op", [*ALONE, *OF_SPIKES, "Scan"])
def test_an_op_of_onnx(op: str, tmp_path: Path) -> None:
    text = SCAN if op == "Scan" else cell_with(op)
    assert f"{op} " in text
    options = {} if op == "Scan" else {"output": "v_out", "signal": "real"}
    path = written(text, tmp_path / "cell.onnx")
    assert_equal(OnnxFrontend().load(ImportRequest(path, None, None, options)))


# --- torch.export -----------------------------------------------------------------------------

P = torch.tensor([1.0, -1.0, 0.5, 2.0])
W = torch.arange(8.0).reshape(2, 4) - 3
V = torch.tensor([[0.5, 1.0, 2.0, -0.25], [1.5, -0.5, 0.25, 1.0]])
K1, K2 = torch.arange(12.0).reshape(3, 2, 2) - 5, torch.arange(24.0).reshape(3, 2, 2, 2) - 11
STATS = torch.tensor([0.1, -0.5]), torch.tensor([1.5, 0.5])
BOOLS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "__and__": lambda a, b: a & b,
    "__or__": lambda a, b: a | b,
    "bitwise_and": torch.bitwise_and,
    "bitwise_or": torch.bitwise_or,
    "bitwise_not": lambda a, b: ~a,
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_not": lambda a, b: torch.logical_not(a),
    "where": lambda a, b: torch.where(a, b, ~b),
}
COMPARES: dict[str, Callable[[Tensor], Tensor]] = {
    "gt": lambda u: u > 0.75,
    "ge": lambda u: u >= 0.75,
    "lt": lambda u: ops.lt(torch.full_like(u, 0.75), u),
    "le": lambda u: ops.le(torch.full_like(u, 0.75), u),
    "greater": lambda u: ops.greater(u, 0.75),
}
# Name → shape of the signal, and what is done to it.
PLAIN: dict[str, tuple[tuple[int, ...], Callable[[Tensor], Tensor]]] = {
    "_native_batch_norm_legit_no_training": (
        (2, 3),
        lambda x: ops._native_batch_norm_legit_no_training(x, None, None, *STATS, 0.1, 1e-5)[0],
    ),
    "_to_copy": ((4,), lambda x: ops._to_copy(x, dtype=torch.float32)),
    "_unsafe_view": ((2, 6), lambda x: ops._unsafe_view(x, [x.shape[0], 12])),
    "adaptive_avg_pool1d": ((2, 4), lambda x: ops.adaptive_avg_pool1d(x, [1])),
    "adaptive_avg_pool2d": ((2, 4, 4), lambda x: ops.adaptive_avg_pool2d(x, [1, 1])),
    "add": ((4,), lambda x: torch.add(x, P, alpha=2)),
    "addmm": ((4,), lambda x: torch.addmm(P[:2], x, W.T)),
    "alias": ((4,), lambda x: ops.alias(x)),
    "alpha_dropout": ((4,), lambda x: ops.alpha_dropout(x, 0.5, False)),
    "avg_pool1d": ((2, 4), lambda x: torch.avg_pool1d(x, 2)),
    "avg_pool2d": ((2, 4, 4), lambda x: torch.nn.functional.avg_pool2d(x, 2)),
    "batch_norm": ((2, 3), lambda x: torch.nn.functional.batch_norm(x, *STATS)),
    "cat": ((4,), lambda x: torch.cat([x, -x], dim=1)),
    "chunk": ((4,), lambda x: x.chunk(2, dim=1)[1]),
    "clamp": ((4,), lambda x: x.clamp(-0.5, 0.75)),
    "clamp_min": ((4,), lambda x: x.clamp_min(0.25)),
    "clip": ((4,), lambda x: ops.clip(x, -0.5, 0.75)),
    "clone": ((4,), lambda x: x.clone()),
    "concat": ((4,), lambda x: ops.concat([x, -x], 1)),
    "contiguous": ((4,), lambda x: ops.contiguous(x)),
    "conv1d": ((2, 5), lambda x: torch.conv1d(x, K1, stride=2, padding=1)),
    "conv2d": ((2, 4, 4), lambda x: torch.conv2d(x, K2, P[:3], padding=(0, 1))),
    "detach": ((4,), lambda x: x.detach()),
    "div": ((4,), lambda x: x / P),
    "dropout": ((4,), lambda x: torch.dropout(x, 0.5, False)),
    "expand": ((2, 1), lambda x: x.expand(-1, -1, 3)),
    "feature_dropout": ((4,), lambda x: ops.feature_dropout(x, 0.5, False)),
    "flatten": ((2, 3), lambda x: x.flatten(1)),
    "lift_fresh_copy": ((4,), lambda x: ops.lift_fresh_copy(x)),
    "linear": ((4,), lambda x: torch.nn.functional.linear(x, W, P[:2])),
    "matmul": ((4,), lambda x: x @ W.T),
    "max_pool1d": ((2, 4), lambda x: torch.max_pool1d(x, 2)),
    "max_pool2d": ((2, 4, 4), lambda x: torch.max_pool2d(x, 3, stride=1, padding=1)),
    "maximum": ((4,), lambda x: torch.maximum(x, P)),
    "mean": ((2, 4), lambda x: x.mean(2)),
    "minimum": ((4,), lambda x: torch.minimum(x, P)),
    "mm": ((4,), lambda x: torch.mm(x, W.T)),
    "mul": ((4,), lambda x: x * x * P),
    "neg": ((4,), lambda x: -x),
    "numpy_T": ((4,), lambda x: x @ W.T),
    "permute": ((2, 3), lambda x: x.permute(0, 2, 1)),
    "relu": ((4,), torch.relu),
    "reshape": ((2, 6), lambda x: ops.reshape(x, [-1, 3, 4])),
    "rsub": ((4,), lambda x: 1 - x),
    "select": ((2, 4), lambda x: x[:, 1]),
    "slice": ((4,), lambda x: x[:, 1:3]),
    "split_with_sizes": ((4,), lambda x: ops.split_with_sizes(x, [1, 3], 1)[1]),
    "squeeze": ((1, 4), lambda x: x.squeeze(1)),
    "sub": ((4,), lambda x: torch.sub(x, P, alpha=2)),
    "sym_size": ((2, 6), lambda x: x.view(x.shape[0], 12)),
    "t": ((4,), lambda x: x @ W.t()),
    "to": ((4,), lambda x: x.to(torch.float64)),
    "transpose": ((2, 3), lambda x: x.transpose(1, 2)),
    "unsqueeze": ((4,), lambda x: x.unsqueeze(1)),
    "view": ((2, 6), lambda x: x.view(-1, 12)),
}  # fmt: skip


class Readout(torch.nn.Module):
    """A leaky integrator that receives one operation."""

    def __init__(self, operation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.operation = operation

    def forward(self, x: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        v = 0.5 * v + self.operation(x)
        return v * 1, v


class Pair(torch.nn.Module):
    """Two neurons and a read-out that receives what their spikes become."""

    def __init__(
        self, compare: Callable[[Tensor], Tensor], join: Callable[[Tensor, Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.compare, self.join = compare, join

    def forward(self, x: Tensor, a: Tensor, b: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        a, b = 0.5 * a + x @ W.T, 0.5 * b + x @ V.T
        fired, other = self.compare(a), self.compare(b)
        y = self.join(fired, other).to(torch.float32)
        v = 0.5 * v + y
        return v * 1, a - fired.to(torch.float32), b - other.to(torch.float32), v


def program_with(name: str) -> tuple[torch.nn.Module, list[Tensor]]:
    """A cell in which an operation is, and its arguments."""
    if name in BOOLS or name in COMPARES:
        compare = COMPARES.get(name, COMPARES["gt"])
        cell: torch.nn.Module = Pair(compare, BOOLS.get(name, BOOLS["bitwise_or"]))
        return cell, [torch.zeros(3, 4), *(torch.zeros(3, 2) for _ in range(3))]
    shape, operation = PLAIN[name]
    x = torch.zeros(3, *shape)
    return Readout(operation), [x, torch.zeros_like(operation(x), dtype=torch.float32)]


def test_every_operation_of_torch_export_has_a_program() -> None:
    from snncc.frontends.onnx.read.exported import operations

    assert {*PLAIN, *BOOLS, *COMPARES} == {*operations()}


@pytest.mark.parametrize("name", [*PLAIN, *BOOLS, *COMPARES])
def test_an_operation_of_torch_export(name: str, tmp_path: Path) -> None:
    cell, arguments = program_with(name)
    free = tuple({0: torch.export.Dim("samples")} for _ in arguments)
    program = torch.export.export(cell, tuple(arguments), dynamic_shapes=free)
    torch.export.save(program, tmp_path / "cell.pt2")
    assert name in {call.name for call in open_archive(tmp_path / "cell.pt2").calls}
    request = ImportRequest(str(tmp_path / "cell.pt2"), None, None, {"signal": "real"})
    assert_equal(ExportedFrontend().load(request))
