"""The libraries of neurons: a table of classes each, and the form in which tables are written.

* `libraries.py`: the table of libraries, and what is said of unknown releases and neurons
* `library.py`: the form of such a table: what a row of a neuron class states
* `snntorch.py`: neurons of snnTorch: equations, resets, what is refused
* `spikingjelly.py`: neurons of SpikingJelly: equations, what is refused
* `spikingjelly_cext.py`: what its compiled part computes, where there is none
* `spikingjelly_calls.py`: how SpikingJelly calls them: step modes, kept states
* `norse.py`: neurons of Norse: equations, what is refused
* `norse_steps.py`: how Norse calls them: states, weights, the loop over ticks
* `sinabs.py`: neurons of Sinabs: equations, what is refused
* `sinabs_calls.py`: how Sinabs calls them: ticks, folded batches, states
* `rockpool.py`: neurons of Rockpool: equations, what is refused
* `own.py`: the user's own neurons: how their description becomes an op and a call
"""
