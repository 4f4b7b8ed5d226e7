"""PyTorch's operations as ops of the network: the table and its rows. Never: a neuron."""
