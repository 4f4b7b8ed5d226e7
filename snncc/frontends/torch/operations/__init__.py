"""PyTorch's operations as ops of the network: the table and its rows. Never: a neuron.

* `operation_table.py`: the table itself (`ROWS`, `row`), reasons of refusals, and its element-wise
  rows: add, mul, relu, sum, mean
* `layouts.py`: what moves values: view, permute, slice, flip, cat, stack, repeat, index
  here
* `layers.py`: linear, matmul, einsum, conv, batch norm
* `products.py`: matrix products of two signals
* `pools.py`: average, maximum, adaptive pools
* `tick_windows.py`: convolutions and pools that slide over ticks
* `spans.py`: where the windows of a pool lie: ceil_mode, padding
* `borders.py`: pad, transposed convolutions, pixel shuffle
* `norms.py`: layer norm, group norm, instance norm
* `comparisons.py`: gt, ge, lt, le, eq, sign, heaviside, and, or, not, where: neurons by hand
* `picked.py`: values picked by a comparison, changed and written back: `v[mask] -= 1`
* `activations.py`: clamp, leaky_relu, elu, silu, gelu, pow
* `scores.py`: softmax, argmax, max and min
* `fixed_maps.py`: any operation without a row that only moves or weighs values, such as roll
* `replacements.py`: what to train with instead of a refused operation
"""
