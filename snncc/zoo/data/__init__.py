"""The zoo's data sets as arrays: where they come from, and how they are split; no models.

* `data_sets.py`: the data sets, where they come from, how they are split: add one here
* `samples.py`: what a data set and its parts are
* `digits.py`: handwritten digits
* `symbols.py`: a text as symbols
* `arff.py`: a reader of ARFF files
"""
