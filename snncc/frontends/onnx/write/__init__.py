"""Networks as ONNX models of one tick: each op's own step, run on symbols.

* `write_onnx.py`: the model as a whole: states and late wires as inputs and outputs
* `op_functions.py`: an op as an ONNX function, by running its `step` on symbols; the opset
* `numpy_rules.py`: which ONNX nodes a function of numpy becomes: add one here
* `symbol.py`: an array that is not there yet, on which `step` runs
* `symbolic_arithmetic.py`: the float and the integer arithmetic on such symbols
"""
