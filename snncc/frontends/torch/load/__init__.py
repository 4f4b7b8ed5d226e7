"""From MODEL and weights to a network: the order of things, and how a model is found and called.

* `importing.py`: the order of things, and the options of an import
* `absent_modules.py`: modules of ours in the place of compiled parts that are not installed
* `source.py`: MODEL as typed to a module: the only place where the user's code is run
* `weight_files.py`: checkpoint files: which kinds, by content; nothing of theirs is executed
* `weight_sets.py`: which tensors of a file are the model's: prefixes, wrappers, nested dicts
* `weights.py`: key to parameter: missing, unexpected, wrong shape, NaN
* `hyper_parameters.py`: settings that a file states beside weights, and contradictions with the
  model
* `lazy.py`: modules that get their sizes at their first call
* `search.py`: which way of calling the model is right, and which failure is shown
* `take_joined.py`: several inputs of a model, called with one signal
* `trace_model.py`: recording some ticks and rolling the loop up; how many ticks are tried
* `refused_neurons.py`: one message of all refused neurons, each with the line that calls it
"""
