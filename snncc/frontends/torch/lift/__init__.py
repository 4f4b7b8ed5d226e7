"""A recording turned into expressions, and these into a network.

* `assembly.py`: recording to network, and which module each population is
* `lift.py`: each recorded call through its row; calls of neurons into populations
* `decode.py`: whether the answer is the sum, the mean or the last of the ticks; which output counts
* `readouts.py`: neurons that never fire, softmax and argmax behind scores: what is left out
* `survey.py`: all that is refused of a model at once

The message where no known neuron ran: `snncc/frontends/torch/written/say_unwritten.py`.
"""
