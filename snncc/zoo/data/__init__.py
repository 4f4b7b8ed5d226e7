"""The zoo's data sets as arrays: where they come from, and how they are split; no models."""
