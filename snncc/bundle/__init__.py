"""The bundle: a compiled model as a folder that lists and proves what is in it.

* `write.py`: which folder may be replaced (an older bundle that nobody has changed), and writing it
* `read.py`: when a bundle is whole, and its networks, report, check signal
* `checked_files.py`: links, strangers and changed files refused
* `file_names.py`: names of the files, and paths out of the folder refused
* `schema.py`: fields of the manifest, and the version of the format
* `manifest.py`: what is written into the manifest
* `content.py`: which files a bundle has
* `request.py`: what `snncc build` was asked for: add the field of a new option here
* `ranges.py`: what calibration saw, as a file
* `signature.py`: signing and verifying a signature
* `origin.py`: which bundles this user built, so that their code may run again

Whether a folder may be written at all (home, link, no rights): `snncc/files/place.py`.
"""

from .content import check_files, list_lowered_files, network_files, source_files
from .file_names import CHECK, FLOAT, LOG, MANIFEST, NETWORK, REPORT, TENSORS
from .manifest import Unfinished, manifest, port_lags
from .read import Bundle
from .request import BuildRequest
from .schema import FORMAT_VERSION, Manifest
from .write import BundleWriter, writing

__all__ = [
    "CHECK",
    "FLOAT",
    "FORMAT_VERSION",
    "LOG",
    "MANIFEST",
    "NETWORK",
    "REPORT",
    "TENSORS",
    "BuildRequest",
    "Bundle",
    "BundleWriter",
    "Manifest",
    "Unfinished",
    "check_files",
    "list_lowered_files",
    "manifest",
    "network_files",
    "port_lags",
    "source_files",
    "writing",
]
