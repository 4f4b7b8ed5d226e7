"""A program as C: the header, the source, its constants, a README. Never: a decision.

* `kernels/`: the arithmetic that all networks share, as C headers
* `emit.py`: which files there are; the source that calls the steps in order
* `header.py`: the header: types, state, what each input takes
* `header_constants.py`: the constants in the header: sizes, scales, classes, timing
* `interface.py`: the functions that a firmware calls: init, tick, read, reset, encode
* `c_names.py`: how nodes, wires and constants are named in C
* `population.py`: the function of a population: gather, update, list who fired
* `leaky_neurons.py`: leaky neurons in C, two to a word on a DSP core
* `steps.py`: the function of every other step
* `event_windows.py`: convolutions and pools that walk events
* `weight_arrays.py`: the constant arrays, in files of their own
* `example.py`: a program that shows one sample
* `project.py`: the face that projects (Arduino, Zephyr) call
* `readme.py`: the README of the files
"""
