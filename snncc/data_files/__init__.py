"""Data as people have them → signals and classes: files, folders, and Datasets of their own.

* `read_data.py`: which reader takes a path; the class numbers of a folder per class
* `accepted_names.py`: which arrays or columns are samples, labels, times: add a name here
* `data_options.py`: options: how events become ticks, which axis is time
* `array_files.py`: `.npz` and `.npy`
* `join_arrays.py`: the arrays of a model with several inputs
* `csv_file.py`: tables of text
* `hdf5_file.py`: HDF5, SHD and SSC among it
* `hdf5_members.py`: what of an HDF5 file is read: no links, nothing that unfolds without end
* `event_columns.py`: columns of events: where a sample begins, its class
* `event_counts.py`: events to counts per tick: bins, grid
* `arrange.py`: axes and scale of values, NaN refused
* `recorded.py`: what a reader returns; when arrays lie on the disk; labels checked
* `user_dataset.py`: a Dataset of the user's own, `file.py:factory`
"""

from .data_options import DATA_OPTIONS, DataOptions, read_inputs, read_positive, show_inputs
from .read_data import read_data
from .recorded import Recorded

__all__ = [
    "DATA_OPTIONS",
    "DataOptions",
    "Recorded",
    "read_data",
    "read_inputs",
    "read_positive",
    "show_inputs",
]
