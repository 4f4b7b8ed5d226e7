"""The papers' models in PyTorch, one a file, and the authors' files as models; no training.

* `families.py`: the families of models, a row each: add one here
* `config.py`: what all hyper-parameters share
* `multistep.py`: neurons and layers that several models share
* `graded.py`: units whose spikes carry a value
* `adaptive.py`: words of a large vocabulary
* `egru_files.py`, `ssm_files.py`: the authors' files, read

Each other file is a family of models, by its name.
"""
