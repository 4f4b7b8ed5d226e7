"""A network as steps of C: every choice, the numbers that it needs, and what is kept how long.

* `lower.py`: the order of things, from a network to the steps
* `synapses.py`: which kernel weights outside populations get: events or dense, walks or products
* `current.py`: which weights a population gathers itself, and which it adds as wires
* `gathered_rows.py`: weights as rows fetched for each event; the C type of weights
* `event_convolution.py`: convolutions driven by events
* `taps.py`: which taps of a window meet which positions
* `elements.py`: ops without weights: element loops, pools, matrix products
* `element_order.py`: transposes and joins: strides, or events under other numbers
* `requantized.py`: registers, tables, norms, graded events
* `population_arithmetic.py`: lanes or scalar, and the C type of states in lanes (int16_t or
  int32_t)
* `leaky_neurons.py`: leaky neurons in lanes: when that is equal, and its numbers
* `scalar_neurons.py`: other neurons as C statements; the C type of their states
* `parameter_codes.py`: thresholds, decays, biases as integers per neuron
* `signal_uses.py`: who reads which wire how late; the C type of a wire; the sentence of a refusal
* `rates.py`: how often each signal carries an event
* `shared_memory.py`: which wires share memory
* `constant_arrays.py`: constant arrays, their byte order
* `unread.py`: locals and tables that nothing reads, left out
* `c_name.py`: the name of the network's files and functions
* `context.py`: what all these collect into
"""
