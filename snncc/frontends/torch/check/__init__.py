"""The user's own code beside what was made of it: the whole network, and own neurons alone.

* `check_network.py`: model and network spike by spike: on which inputs, how close scores must be,
  ties
* `check_own_neurons.py`: each neuron of the user's own beside the op that describes it
* `eager.py`: running the user's module as it is
* `watched.py`: the spikes of its neurons, window by window of ticks
"""
