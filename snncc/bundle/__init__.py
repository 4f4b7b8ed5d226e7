"""The bundle: a compiled model as a folder that lists and proves what is in it."""

from .manifest import BuildRequest, manifest
from .read import Bundle
from .schema import CHECK, FLOAT, FORMAT_VERSION, LOG, MANIFEST, NETWORK, REPORT, TENSORS
from .write import BundleWriter, dump, network_files, writing

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
    "dump",
    "manifest",
    "network_files",
    "writing",
]
