"""A program on this machine: by arrays, or by the interpreter that a board would run.

* `simulate.py`: program to trace: by arrays, or by the interpreter
* `execute.py`: what each operator computes, on arrays: add an operator here
* `interpreter.py`: TFLite-Micro's or LiteRT's interpreter in a process of its own; how long it is
  waited for
* `child.py`: that process
"""
