"""A program as files: the model, the application around it, what it takes. No decision.

* `emit.py`: which files there are; the model as an array
* `op_resolver.py`: which operators the C registers in its resolver, arena and variables:
  `op_resolver.h`
* `app_source.py`: the application: init, tick, reset, read
* `model.py`: which tensors and operators go into the model; the form of states
* `arena.py`: how many bytes of arena the model takes
* `writer.py`: bytes of the `.tflite` file
* `project.py`: these files inside a project (Arduino, Zephyr)
* `readme.py`: the README of the files
"""
