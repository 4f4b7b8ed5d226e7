"""A reader for the multivariate ARFF files of the UEA time-series archive."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snncc.ir import UsageError, read_text
from snncc.ir.untrusted import limits


def read_arff(path: Path) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    r"""Series float32 `[samples, channels, values]` and the label of each sample.

    A line of data is 'a,b,...\nc,d,...',label with one channel between two \n
    (UEA multivariate archive, Bagnall et al. 2018, arXiv 1811.00075).
    Raises: UsageError if the lines do not all have one shape.
    """
    lines = iter(read_text(path, limits.TEXT_BYTES).splitlines())
    for line in lines:
        if line.strip().lower() == "@data":
            break
    series: list[list[list[float]]] = []
    labels: list[str] = []
    try:
        for line in filter(str.strip, lines):
            values, label = line.strip().rsplit(",", 1)
            channels = values.strip("'\"").split("\\n")
            series.append([[float(value) for value in channel.split(",")] for channel in channels])
            labels.append(label.strip("'\""))
        return np.array(series, np.float32), tuple(labels)
    except ValueError as error:
        raise UsageError(f"{path} is not a multivariate ARFF file: {error}") from error
