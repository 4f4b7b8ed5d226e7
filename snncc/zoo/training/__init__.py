"""Training a model of the zoo by its recipe; no model and no data set is defined here.

* `recipes.py`: the recipe of each model: add one here
* `train.py`: from data to checkpoint and card
* `fit.py`: the loss, augmentation, the loop
* `bptt.py`: the gradients of leaky L2MU networks, written out
"""
