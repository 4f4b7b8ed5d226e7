"""What a network means: its inputs, one tick after the other, and the trace of what came of it.

* `inputs.py`: what may enter a network: shapes, and spikes where it takes spikes
* `reference.py`: in which order nodes step within a tick, and when a delayed value is read
* `trace.py`: what a run recorded; where two runs first differ (`Trace.compare`), with which lag

The differences that `snncc verify` reports are gathered in `snncc/run/comparison.py`.
"""
