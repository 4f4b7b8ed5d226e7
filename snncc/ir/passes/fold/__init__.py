"""Passes that make a network simpler: norms, biases, products and dead nodes folded away.

* `canonicalize.py`: which nodes change nothing and go: identities, double reshapes, twins
* `fold_norm.py`: when a batch norm or an affine map goes into weights, and when it stays
* `fold_bias.py`: when a bias of weights becomes one of the neuron
* `move_constants.py`: how a constant current moves to weights before it; not a pass
* `merge_weights.py`: three convolutions in a row as one
* `split_shared.py`: rows that share weights get their own, where a norm scales them apart
* `logic_gates.py`: maxima and products of spikes as neurons
* `prune.py`: what no output sees is dropped
"""
