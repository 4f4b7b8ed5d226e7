"""ONNX files and exported programs: opened with care, and run beside what was made of them.

* `importing.py`: the order of things for an `.onnx` file
* `exported.py`: the order of things for a `.pt2` file
* `open_model.py`: what is checked before an ONNX file is believed; oldest opset, external data
* `cells.py`: which part of a file is one tick: scans, state pairs by name or option
* `join_signals.py`: several signals put into one, for those who give data of one signal
* `pt2_archive.py`: which files of torch.export are read; graph and weights without unpickling
* `pt2_signals.py`: several signals of a `.pt2` file put into one
* `pt2_schema.py`: the JSON of an exported program: calls, arguments, inputs, outputs
* `run_program.py`: running a `.pt2` program by PyTorch, operation by operation
* `session.py`: running a cell in ONNX Runtime, tick after tick
* `ticks.py`: values of ticks and samples put together into windows
"""
