"""A stand-in for py-spinnaker2 that checks every call and runs the network on a model of a chip.

Not a copy of that library: it enforces what its public scripts show of the interface (names,
order and ranges of arguments, lengths of parameters), and refuses with AssertionError what the
library would accept in silence and compute otherwise.
"""
