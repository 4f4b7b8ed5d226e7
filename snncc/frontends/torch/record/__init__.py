"""The user's code, run once on real tensors: what is called, by which line, in which precision.

* `recorder.py`: running the user's code and recording each call
* `recording.py`: what a recording consists of: values, calls, views
* `calling.py`: the ways to call a model: which axis is time, who keeps the states
* `function_mode.py`: functions kept whole, such as pad or layer_norm, and what dispatch does not
  see
* `precision.py`: float64, whatever dtype the user's code asks for
* `origin.py`: module path, file and line where something happens
"""
