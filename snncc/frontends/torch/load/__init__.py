"""From MODEL and weights to a network: the order of things, and how a model is found and called."""
