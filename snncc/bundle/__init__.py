"""The bundle: a compiled model as a folder that lists and proves what is in it."""

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
