"""The papers' models in PyTorch, one a file, and the authors' files as models; no training."""
