"""One tick of a file as formulas, and formulas as nodes of a network. Never: a format of files.

* `compute_rules.py`: ONNX operators that compute: Add, Gemm, Conv, pools, norms; add one here
* `layout_rules.py`: ONNX operators that move values: Reshape, Slice, Concat; add one here
* `aten_rules.py`: operations of torch.export (`.pt2`), most by the rule of the ONNX operator
* `evaluate.py`: the table of rules, and how a graph is computed on formulas
* `build_network.py`: formulas as nodes: neurons for states, ops between them
* `assembly.py`: the network of a tick, compared with the file on random and on given inputs
* `known_sizes.py`: how many numbers a node would make, before it is computed
* `origin.py`: which module and line of the user a node comes from
* `refused.py`: all refused operators at once, not the first alone

How a LIF is recognised in a cell is decided in `snncc/frontends/recognition/match_neurons.py`.
"""
