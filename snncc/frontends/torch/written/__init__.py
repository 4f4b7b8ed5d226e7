"""Neurons that a model computes by hand: found by their comparisons, recognized by formula."""
