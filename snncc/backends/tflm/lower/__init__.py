"""A network as operators of TFLite-Micro: every decision, and the proof that int32 holds it.

* `lower.py`: the walk over the network; what later ticks read
* `convolution.py`: CONV_2D, DEPTHWISE_CONV_2D, or tap by tap
* `synapses.py`: FULLY_CONNECTED, or single products
* `matrices.py`: BATCH_MATMUL of two signals
* `populations.py`: neurons: threshold, reset, decay in int32
* `elements.py`: sums, products, reshapes, pools
* `requantized.py`: registers of another unit, functions from tables
* `sums.py`: ranges of sums, and splitting them until each fits
* `windows.py`: windows over an image: padding, taps
* `int32_arithmetic.py`: operators whose result is proven to fit int32, or a refusal
* `graph_builder.py`: tensors and operators written so far; the sentence of a refusal
"""
