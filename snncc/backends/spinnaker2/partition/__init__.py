"""How many neurons share a core, and what of an image or a convolution falls to each."""
