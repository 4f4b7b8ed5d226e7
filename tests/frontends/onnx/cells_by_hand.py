"""Step cells written by hand in ONNX's text form, and how to write one to a file; no tests."""

from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, numpy_helper, parser

HEAD = '<ir_version: 10, opset_import: ["" : 18]>\n'

# A leaky neuron behind weights, as many write it: `{fire}` and `{renew}` say how it resets.
LEAKY = (
    HEAD
    + """cell (double[N,3] x, double[N,2] mem) => (double[N,2] spk, double[N,2] mem_out)
<double[2,3] w = {{1.5, -0.25, 0.5, 0.75, 1.0, -0.5}}, double th = {{1.0}}, double beta = {{0.75}},
 double one = {{1.0}}, double rest = {{-0.25}}>
{{
  wt = Transpose <perm = [1, 0]> (w)
  current = MatMul (x, wt)
{body}
}}"""
)

# What follows `current`, and the reset, order and comparison that it is.
RESETS = {
    "subtract now": (
        """  faded = Mul (mem, beta)
  u = Add (faded, current)
  over = Greater (u, th)
  spk = Cast <to = 11> (over)
  drop = Mul (spk, th)
  mem_out = Sub (u, drop)""",
        ("subtract", "now", ">"),
    ),
    "value now, tie fires": (
        """  faded = Mul (mem, beta)
  u = Add (faded, current)
  over = GreaterOrEqual (u, th)
  spk = Cast <to = 11> (over)
  mem_out = Where (over, rest, u)""",
        ("value", "now", ">="),
    ),
    "turned comparison": (
        """  faded = Mul (mem, beta)
  u = Add (current, faded)
  over = Less (th, u)
  spk = Cast <to = 11> (over)
  kept = Not (over)
  keep = Cast <to = 11> (kept)
  mem_out = Mul (u, keep)""",
        ("value", "now", ">"),
    ),
    "subtract after the decay": (
        """  before = Greater (mem, th)
  r = Cast <to = 11> (before)
  drop = Mul (r, th)
  faded = Mul (beta, mem)
  sum = Add (faded, current)
  mem_out = Sub (sum, drop)
  over = Greater (mem_out, th)
  spk = Cast <to = 11> (over)""",
        ("subtract", "after-decay", ">"),
    ),
    "value before the decay": (
        """  before = Greater (mem, th)
  left = Where (before, rest, mem)
  faded = Mul (beta, left)
  mem_out = Add (faded, current)
  over = Greater (mem_out, th)
  spk = Cast <to = 11> (over)""",
        ("value", "before-decay", ">"),
    ),
    "value after the input": (
        """  before = Greater (mem, th)
  r = Cast <to = 11> (before)
  keep = Sub (one, r)
  faded = Mul (beta, mem)
  sum = Add (faded, current)
  mem_out = Mul (keep, sum)
  over = Greater (mem_out, th)
  spk = Cast <to = 11> (over)""",
        ("value", "after-input", ">"),
    ),
    "rechecked": (
        """  before = Greater (mem, th)
  r = Cast <to = 11> (before)
  drop = Mul (r, th)
  faded = Mul (beta, mem)
  sum = Add (faded, current)
  u = Sub (sum, drop)
  over = Greater (u, th)
  spk = Cast <to = 11> (over)
  again = Sub (spk, r)
  late = Mul (again, th)
  mem_out = Sub (u, late)""",
        ("subtract", "rechecked", ">"),
    ),
    "never": (
        """  faded = Mul (mem, beta)
  mem_out = Add (faded, current)
  over = Greater (mem_out, th)
  spk = Cast <to = 11> (over)""",
        ("none", "now", ">"),
    ),
}


def leaky(reset: str) -> str:
    """The text of a cell with that reset."""
    return LEAKY.format(body=RESETS[reset][0])


# Recurrent: the spikes of the last tick come back as a state, reset the potential, and excite.
RECURRENT = (
    HEAD
    + """cell (double[N,3] x, double[N,2] mem, double[N,2] spk_in)
  => (double[N,2] spk_out, double[N,2] mem_out)
<double[3,2] w = {1.5, -0.25, 0.5, 0.75, 1.0, -0.5}, double[2,2] r = {0.25, 0.5, -0.5, 0.75},
 double th = {1.0}, double beta = {0.75}>
{
  ahead = MatMul (x, w)
  back = MatMul (spk_in, r)
  current = Add (ahead, back)
  faded = Mul (mem, beta)
  sum = Add (faded, current)
  drop = Mul (spk_in, th)
  mem_out = Sub (sum, drop)
  over = Greater (mem_out, th)
  spk_out = Cast <to = 11> (over)
}"""
)

# Two leaky populations, a residual sum around the second, a read-out that never fires.
RESIDUAL = (
    HEAD
    + """cell (double[N,2] x, double[N,2] a, double[N,2] b, double[N,1] v)
  => (double[N,2] a_out, double[N,2] b_out, double[N,1] v_out)
<double[2,2] w = {1.25, 0.5, 0.25, 1.0}, double[2,1] out = {0.5, -1.0},
 double th = {1.0}, double beta = {0.5}, double[2] betas = {0.75, 0.5}, double[1] shift = {0.125}>
{
  ia = MatMul (x, w)
  fa = Mul (a, beta)
  ua = Add (fa, ia)
  oa = Greater (ua, th)
  sa = Cast <to = 11> (oa)
  a_out = Sub (ua, sa)
  ib = MatMul (sa, w)
  fb = Mul (b, betas)
  ub = Add (fb, ib)
  ob = Greater (ub, th)
  sb = Cast <to = 11> (ob)
  b_out = Sub (ub, sb)
  both = Add (sa, sb)
  iv = MatMul (both, out)
  biased = Add (iv, shift)
  fv = Mul (v, beta)
  v_out = Add (fv, biased)
}"""
)

SCAN = (
    HEAD
    + """whole (double[7,N,3] x) => (double[7,N,2] spikes)
<double[1,2] mem0 = {0.0, 0.0}, double[3,2] w = {1.5, -0.25, 0.5, 0.75, 1.0, -0.5},
 double th = {1.0}, double beta = {0.75}>
{
  last, spikes = Scan <num_scan_inputs = 1, body = step (double[N,2] mem, double[N,3] now)
    => (double[N,2] mem_out, double[N,2] spk) {
      current = MatMul (now, w)
      faded = Mul (mem, beta)
      u = Add (faded, current)
      over = Greater (u, th)
      spk = Cast <to = 11> (over)
      drop = Mul (spk, th)
      mem_out = Sub (u, drop)
    }> (mem0, x)
}"""
)


def written(text: str, path: Path) -> str:
    """The name of a file with the model of this text."""
    model = parser.parse_model(text)
    onnx.save(model, path)
    return str(path)


def with_initial(model: ModelProto, **values: float) -> ModelProto:
    """A cell whose states start from these values, as ONNX says it: inputs with a default."""
    for state, value in values.items():
        info = next(each for each in model.graph.input if each.name == state)
        dims = [d.dim_value or 1 for d in info.type.tensor_type.shape.dim]
        model.graph.initializer.append(numpy_helper.from_array(np.full(dims, value), state))
    return model
