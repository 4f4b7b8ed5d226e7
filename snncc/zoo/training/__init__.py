"""Training a model of the zoo by its recipe; no model and no data set is defined here."""
