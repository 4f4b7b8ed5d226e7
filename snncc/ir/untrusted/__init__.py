"""Files that may lie: how they are read, what they may ask for, and how they are quoted.

* `limits.py`: how large a file, a text, an array or a network may be: every limit
* `arrays.py`: archives of arrays (`.npz`): nothing is unfolded before its size is known
* `reading.py`: opening files: no pipe, no device, one sentence for what goes wrong
* `wording.py`: how texts of a file are quoted in messages: bounded, escaped
"""
